"""What becomes of behaviour when the consent ends, with time, and with its customer."""

from datetime import timedelta

import pytest

from behaviour.models import BehaviourEvent
from behaviour.services import SentEvent, record_event, tidy_behaviour
from behaviour.services.forgetting import TOLD
from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.services import publish
from customers.models import Customer, FollowUp, Interaction, Purpose
from customers.relations import copied, erased
from customers.services.follow_up_steps import complete_follow_up
from customers.services.merging import merge_customers, undo_merge
from tests.behaviour.sent import counts, did, told
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.customers import make_customer

DAY = timedelta(days=1)


def tidy(at):
    return tidy_behaviour(business_date=at.date(), at=at)


def withdraw(customer, at, **facts):
    say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], at=at, **facts)


def test_a_withdrawal_deletes_at_once_what_was_kept(customer, now):
    other = make_customer(number="C-2", at=now)
    say(other, GIVEN, purpose="behaviour", channels=["online"], at=now)
    for each in (customer, other):
        did(each, "visit", "quote", at=now)

    withdraw(customer, now + DAY)

    assert (counts(customer), told(customer)) == (None, [])
    assert set(BehaviourEvent.objects.values_list("customer", flat=True)) == {other.pk}
    assert (counts(other), len(told(other))) == ((1, 1, 0), 2)
    (event,) = AuditEvent.objects.filter(action="behaviour.forgotten")
    assert (event.subject_id, event.details) == (customer.pk, {})


def behaviour_told(of):
    """Return the names of the events that tell of what a customer did."""
    return sorted(OutboxEvent.objects.filter(subject_id=of.pk, name__in=TOLD).values_list("name", flat=True))


def test_a_withdrawal_deletes_what_events_told_be_they_delivered_or_not(customer, tenant, account_manager, now):
    other = make_customer(number="C-2", at=now)
    say(other, GIVEN, purpose="behaviour", channels=["online"], at=now)
    for each in (customer, other):
        valued(each, account_manager)
        did(each, "quote", "basket", at=now)
    wait(tenant, now + 3 * DAY)
    assert behaviour_told(customer) == sorted(TOLD)
    assert EventDelivery.objects.filter(event__subject_id=customer.pk, event__name__in=TOLD).exists()
    wish = OutboxEvent.objects.get(subject_id=customer.pk, name="customer.wish_unanswered")
    again = publish(wish.name, subject_id=customer.pk, payload=wish.payload, at=now)

    withdraw(customer, now + 4 * DAY)

    assert (behaviour_told(customer), behaviour_told(other)) == ([], sorted(TOLD))
    assert not EventDelivery.objects.filter(event__in=[wish.pk, again.pk]).exists()
    assert not OutboxPending.objects.filter(pk=again.pk).exists()
    assert OutboxEvent.objects.filter(subject_id=customer.pk, name="consent.withdrawn").exists()


def test_a_withdrawal_after_a_merge_deletes_what_events_told_of_both(customer, supervisor, now):
    other = make_customer(number="C-2", at=now)
    say(other, GIVEN, purpose="behaviour", channels=["online"], at=now)
    did(other, "quote", at=now)
    merge(customer, other, supervisor, now)

    withdraw(customer, now + DAY)

    assert behaviour_told(other) == []


def test_an_older_no_and_another_purpose_take_nothing_away(customer, now):
    did(customer, "quote", at=now)

    withdraw(customer, now, decided_at=now - DAY)
    say(customer, WITHDRAWN, purpose="marketing", at=now)

    assert (counts(customer), told(customer)) == ((0, 1, 0), ["Asked for a price online"])


def test_the_night_deletes_what_is_older_than_a_year(customer, now):
    did(customer, "visit", at=now)
    later = now + 364 * DAY
    did(customer, "quote", at=later)
    assert tidy(later)["aged"] == 0

    done = tidy(now + 366 * DAY)

    assert (done["aged"], counts(customer), told(customer)) == (1, (0, 1, 0), ["Asked for a price online"])


def test_the_night_deletes_what_no_consent_allows_any_more(customer, now):
    did(customer, "visit", at=now)
    Purpose.objects.filter(key="behaviour").update(text_version=2, valid_from=2)

    assert tidy(now)["forgotten"] == 1

    assert (counts(customer), told(customer), tidy(now)["forgotten"]) == (None, [], 0)


def merge(kept, absorbed, by, at):
    kept, absorbed = (Customer.objects.get(pk=each.pk) for each in (kept, absorbed))
    return merge_customers(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=by, at=at)


def test_a_merge_counts_what_both_did_and_its_undoing_parts_it(customer, supervisor, now):
    other = make_customer(number="C-2", at=now)
    say(other, GIVEN, purpose="behaviour", channels=["online"], at=now)
    did(customer, "visit", at=now)
    did(other, "visit", "quote", at=now)

    done = merge(customer, other, supervisor, now)

    assert counts(customer) == (2, 1, 0)
    assert told(customer) == ["Asked for a price online", "Came to the web page or the app 2 times"]
    by_old_number = SentEvent(
        event_id="n-1", customer_number="C-2", facts={"kind": "quote", "source": "app", "happened_at": now}
    )
    event, _is_new = record_event(sent=by_old_number, at=now)
    assert event.customer == customer
    undo_merge(merge=done, by=supervisor, at=now)
    assert (counts(customer), counts(other)) == ((1, 1, 0), (1, 1, 0))
    assert told(other) == ["Asked for a price online", "Came to the web page or the app"]


def test_a_merge_with_somebody_who_said_no_uses_nothing_any_more(customer, supervisor, now):
    other = make_customer(number="C-2", at=now)
    withdraw(other, now)
    did(customer, "quote", at=now)

    merge(customer, other, supervisor, now)

    assert told(customer) == []
    assert (tidy(now)["forgotten"], counts(customer)) == (1, None)


def test_an_erasure_deletes_it_and_a_copy_holds_it(customer, now):
    did(customer, "visit", "quote", at=now)
    assert copied()["behaviour"].rows(customer).count() == 2
    assert erased()["behaviour"].personal(customer) == 2

    erased()["behaviour"].erase(customer)

    assert (counts(customer), told(customer), BehaviourEvent.objects.count()) == (None, [], 0)
    assert behaviour_told(customer) == []


def valued(customer, manager, tier="vip", **facts):
    Customer.objects.filter(pk=customer.pk).update(tier=tier, account_manager=manager, **facts)


def wait(tenant, at):
    tidy(at)
    work_off(tenant_id=tenant.pk, now=lambda: at)


def test_a_wish_without_a_shipment_is_followed_up_once(customer, tenant, account_manager, now):
    valued(customer, account_manager)
    did(customer, "quote", at=now)
    wait(tenant, now + DAY)
    assert not FollowUp.objects.exists()

    for days in (2, 3, 4):
        wait(tenant, now + days * DAY)

    follow_up = FollowUp.objects.get()
    assert (follow_up.assignee, follow_up.code, follow_up.state) == (account_manager, "unanswered_wish", "open")
    assert follow_up.parameters == {"wish": "quote", "wished_on": "2026-03-02"}


@pytest.mark.parametrize("facts", [{"tier": "low"}, {"tier": None}, {"shipped": True}])
def test_nobody_is_followed_up_who_has_shipped_or_is_not_valued(customer, tenant, account_manager, now, facts):
    facts = dict(facts)
    shipped = {"last_shipment_at": now} if facts.pop("shipped", False) else {}
    valued(customer, account_manager, **{"tier": "mid", **facts}, **shipped)
    did(customer, "basket", at=now)

    wait(tenant, now + 3 * DAY)

    assert not FollowUp.objects.exists()


def test_timeline_says_of_what_was_done_nothing_that_a_withdrawal_would_leave(customer, tenant, account_manager, now):
    valued(customer, account_manager)
    did(customer, "basket", at=now)
    wait(tenant, now + 3 * DAY)
    follow_up = FollowUp.objects.get()
    complete_follow_up(follow_up=follow_up, outcome="They ship on Friday.", by=account_manager, at=now + 3 * DAY)

    withdraw(customer, now + 4 * DAY)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.parameters) == ("done", {})
    entries = Interaction.objects.filter(customer=customer).exclude(kind="system")
    assert [each.text for each in entries] == ["Offered help with a shipment.\nThey ship on Friday."]
    assert told(customer) == []


def test_a_withdrawal_gives_up_what_was_asked_for_and_says_no_more_why(customer, tenant, account_manager, now):
    valued(customer, account_manager)
    did(customer, "basket", at=now)
    wait(tenant, now + 3 * DAY)

    withdraw(customer, now + 4 * DAY)

    follow_up = FollowUp.objects.get()
    assert (follow_up.state, follow_up.parameters) == ("cancelled", {})
    wait(tenant, now + 5 * DAY)
    assert FollowUp.objects.count() == 1
