"""Two things that happen at once, with real commits: sent twice, counted together, and withdrawn meanwhile."""

from datetime import timedelta

import pytest
from django.db import transaction

from behaviour.models import BehaviourEvent
from behaviour.services import record_events, tidy_behaviour
from behaviour.services.counting import count_figures
from behaviour.services.forgetting import TOLD
from core.events.dispatching import dispatch
from core.events.models import EventDelivery, OutboxEvent
from core.events.services import publish
from core.tenancy.scope import tenant_scope
from customers.models import Consent, Customer
from customers.services import add_contact
from tests.behaviour.sent import counts, sent, told
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.accounts import make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

LATER = timedelta(days=366)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def swift(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def customer(swift, now):
    with tenant_scope(swift):
        customer = make_customer(number="C-1", at=now)
        say(customer, GIVEN, purpose="behaviour", channels=["online"], at=now)
    return customer


def send(*, tenant, customer, event_id, at):
    with tenant_scope(tenant):
        events = [sent(customer, event_id, kind="quote", at=at)]
        record_events(sent=events, at=at)
        return str(getattr(events[0].outcome, "code", events[0].outcome))


def test_of_the_same_event_sent_at_once_one_is_kept(swift, customer, others, now):
    sending = [others(send, tenant=swift, customer=customer, event_id="e-1", at=now) for _ in range(3)]

    assert sorted(each.result() for each in sending) == ["created", "unchanged", "unchanged"]
    with tenant_scope(swift):
        assert (counts(customer), told(customer)) == ((0, 1, 0), ["Asked for a price online"])


def test_events_at_once_are_all_counted(swift, customer, others, now):
    sending = [others(send, tenant=swift, customer=customer, event_id=f"e-{place}", at=now) for place in range(6)]

    assert [each.result() for each in sending] == ["created"] * 6
    with tenant_scope(swift):
        assert (counts(customer), told(customer)) == ((0, 6, 0), ["Asked for prices online 6 times"])


def test_what_is_sent_while_the_consent_is_withdrawn_is_not_kept(swift, customer, others, now):
    with tenant_scope(swift), transaction.atomic():
        say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], at=now)
        sending = others(send, tenant=swift, customer=customer, event_id="e-1", at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert sending.result() == "no_consent"
    with tenant_scope(swift):
        assert not BehaviourEvent.objects.exists()


@pytest.fixture
def contact(swift, customer, now):
    with tenant_scope(swift):
        return add_contact(customer=customer, name="Lin Mei", is_primary=True, at=now)


def test_what_is_sent_while_a_contact_says_no_for_itself_is_not_kept(swift, customer, contact, others, now):
    with tenant_scope(swift), transaction.atomic():
        say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], contact=contact, at=now)
        sending = others(send, tenant=swift, customer=customer, event_id="e-1", at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert sending.result() == "no_consent"
    with tenant_scope(swift):
        assert not BehaviourEvent.objects.exists()


def withdraw(*, tenant, customer, contact, at):
    with tenant_scope(tenant):
        say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], contact=contact, at=at)


def test_contacts_own_no_deletes_what_is_sent_at_that_moment(swift, customer, contact, others, now):
    with tenant_scope(swift), transaction.atomic():
        record_events(sent=[sent(customer, "e-1", kind="quote", at=now)], at=now)
        withdrawing = others(withdraw, tenant=swift, customer=customer, contact=contact, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    withdrawing.result()
    with tenant_scope(swift):
        assert (counts(customer), told(customer), BehaviourEvent.objects.count()) == (None, [], 0)


def tidy(*, tenant, at):
    with tenant_scope(tenant):
        return tidy_behaviour(business_date=at.date(), at=at)


def test_night_and_a_merge_wait_for_each_other_in_one_order(swift, customer, others, now):
    with tenant_scope(swift):
        other = make_customer(number="C-2", at=now)
        say(other, GIVEN, purpose="behaviour", channels=["online"], at=now)
        for each, moment in ((other, now), (customer, now + LATER)):
            record_events(sent=[sent(each, each.number, at=moment)], at=moment)
        Consent.objects.filter(customer=customer).update(text_version=0)
    with tenant_scope(swift), transaction.atomic():
        held = Customer.objects.select_for_update(of=("self",)).order_by("pk")
        ids = [each.pk for each in held]
        tidying = others(tidy, tenant=swift, at=now + LATER)
        wait_until_waiting(1, for_lock="transactionid")
        count_figures(ids)

    assert tidying.result() == {"aged": 1, "forgotten": 1, "told": 0}
    with tenant_scope(swift):
        assert (counts(customer), counts(other)) == (None, None)


def test_what_is_sent_while_the_night_counts_anew_is_counted(swift, customer, others, now):
    with tenant_scope(swift):
        record_events(sent=[sent(customer, "e-1", at=now)], at=now)
    with tenant_scope(swift), transaction.atomic():
        record_events(sent=[sent(customer, "e-2", kind="quote", at=now + LATER)], at=now + LATER)
        tidying = others(tidy, tenant=swift, at=now + LATER)
        wait_until_waiting(1, for_lock="transactionid")

    assert tidying.result()["aged"] == 1
    with tenant_scope(swift):
        assert counts(customer) == (0, 1, 0)


def test_event_that_is_delivered_while_the_consent_is_withdrawn_goes_by_night(swift, customer, others, now):
    with tenant_scope(swift):
        record_events(sent=[sent(customer, "e-1", kind="quote", at=now)], at=now)
        wish = {"wish": "quote", "wished_on": "2026-03-01"}
        publish("customer.wish_unanswered", subject_id=customer.pk, payload=wish, at=now)
        dispatch(at=now)
    with tenant_scope(swift), transaction.atomic():
        assert EventDelivery.objects.select_for_update().get(event__name="customer.wish_unanswered").state == "due"
        others(withdraw, tenant=swift, customer=customer, contact=None, at=now).result()

    with tenant_scope(swift):
        told_of = OutboxEvent.objects.filter(name__in=TOLD)
        assert told_of.get().name == "customer.wish_unanswered"
        tidy_behaviour(business_date=now.date(), at=now)
        assert not told_of.exists()
