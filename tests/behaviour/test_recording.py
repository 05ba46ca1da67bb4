from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from behaviour.models import BehaviourEvent, CustomerBehaviour
from behaviour.services import (
    EventIdTaken,
    HappenedTooLongAgo,
    NoSuchCustomer,
    NotAgreed,
    NotYetHappened,
    record_event,
    record_events,
)
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.models import Interaction, Purpose
from customers.services import add_contact
from tests.behaviour.sent import counts, did, sent, told
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

DAY = timedelta(days=1)


def nothing_is_kept():
    assert list(BehaviourEvent.objects.all()) == []
    assert list(CustomerBehaviour.objects.all()) == []
    assert not Interaction.objects.filter(code="behaviour.day").exists()
    assert not OutboxEvent.objects.filter(name__in=["customer.quote_asked", "customer.basket_left"]).exists()


def test_an_event_is_kept_counted_told_in_the_timeline_and_to_the_house(customer, now):
    event, is_new = record_event(
        sent=sent(customer, "e-1", kind="quote", at=now, product="Next day", origin_city="Shanghai", amount=12), at=now
    )

    assert is_new
    assert (event.customer, event.kind, event.product, event.received_at) == (customer, "quote", "Next day", now)
    assert counts(customer) == (0, 1, 0)
    assert CustomerBehaviour.objects.get().last_wish_at == now - timedelta(hours=1)
    assert told(customer) == ["Asked for a price online"]
    (published,) = OutboxEvent.objects.filter(name="customer.quote_asked")
    assert (published.subject_id, published.payload["event_id"]) == (customer.pk, str(event.pk))
    assert not AuditEvent.objects.filter(action__startswith="behaviour").exists()


def test_a_day_is_one_entry_of_each_kind_however_much_happened(customer, now):
    did(customer, "visit", "app_opened", "tracking", "basket", at=now)
    did(customer, "visit", at=now)
    did(customer, "visit", at=now, ago=DAY)

    assert told(customer) == [
        "Left an order unfinished online",
        "Came to the web page or the app 4 times",
        "Came to the web page or the app",
    ]
    assert counts(customer) == (5, 0, 1)


def test_the_same_event_sent_again_counts_once(customer, now):
    first, _is_new = record_event(sent=sent(customer, "e-1", at=now), at=now)

    again, is_new = record_event(sent=sent(customer, "e-1", at=now), at=now)

    assert (again.pk, is_new, counts(customer)) == (first.pk, False, (1, 0, 0))
    assert told(customer) == ["Came to the web page or the app"]


def test_an_event_id_that_says_something_else_is_refused(customer, now):
    record_event(sent=sent(customer, "e-1", at=now), at=now)

    with pytest.raises(EventIdTaken):
        record_event(sent=sent(customer, "e-1", kind="quote", at=now), at=now)

    assert counts(customer) == (1, 0, 0)


@pytest.mark.parametrize(
    ("ago", "refusal"), [(-timedelta(minutes=6), NotYetHappened), (timedelta(days=30, seconds=1), HappenedTooLongAgo)]
)
def test_an_event_of_another_time_is_refused(customer, now, ago, refusal):
    with pytest.raises(refusal):
        record_event(sent=sent(customer, "e-1", at=now, ago=ago), at=now)

    nothing_is_kept()


def test_a_customer_that_nobody_knows_is_refused(customer, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now)
        say(theirs, GIVEN, purpose="behaviour", channels=["online"], at=now)

    with pytest.raises(NoSuchCustomer):
        record_event(sent=sent(theirs, "e-1", at=now), at=now)

    nothing_is_kept()
    with inside(other_tenant, leaving=tenant):
        assert record_event(sent=sent(theirs, "e-1", at=now), at=now)[1]


def test_without_a_consent_nothing_is_kept(tenant, now):
    stranger = make_customer(at=now)

    with pytest.raises(NotAgreed):
        record_event(sent=sent(stranger, "e-1", kind="quote", at=now), at=now)

    nothing_is_kept()


def withdraw(customer, now):
    say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], at=now)


def of_a_contact(customer, now):
    contact = add_contact(customer=customer, name="Lin Mei", at=now)
    say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], contact=contact, at=now)


def retire(customer, now):
    Purpose.objects.filter(key="behaviour").update(is_active=False)


def write_anew(customer, now):
    Purpose.objects.filter(key="behaviour").update(text_version=2, valid_from=2)


def lapse(customer, now):
    Purpose.objects.filter(key="behaviour").update(lapses_after_months=1)


@pytest.mark.parametrize(
    ("end", "later"),
    [(withdraw, DAY), (of_a_contact, DAY), (retire, DAY), (write_anew, DAY), (lapse, timedelta(days=31))],
)
def test_a_consent_that_does_not_hold_any_more_keeps_nothing(customer, now, end, later):
    end(customer, now)

    with pytest.raises(NotAgreed):
        record_event(sent=sent(customer, "e-1", at=now + later), at=now + later)

    nothing_is_kept()


def test_a_consent_that_has_not_lapsed_yet_holds(customer, now):
    lapse(customer, now)

    assert record_event(sent=sent(customer, "e-1", at=now + 20 * DAY), at=now + 20 * DAY)[1]


def test_a_thousand_events_cost_as_many_statements_as_three(customer, now):
    people = [make_customer(at=now) for _ in range(20)]
    for each in people:
        say(each, GIVEN, purpose="behaviour", channels=["online"], at=now)

    def statements(count, mark):
        events = [
            sent(people[place % 20], f"{mark}-{place}", kind=("visit", "quote", "basket")[place % 3], at=now)
            for place in range(count)
        ]
        with CaptureQueriesContext(connection) as queries:
            record_events(sent=events, at=now)
        assert {str(each.outcome) for each in events} == {"created"}
        return len(queries)

    assert (statements(3, "a"), statements(1000, "b")) == (14, 14)
