"""Two things that happen at once, with real commits: sent twice, counted together, and withdrawn meanwhile."""

import pytest
from django.db import transaction

from behaviour.models import BehaviourEvent
from behaviour.services import record_events
from core.tenancy.scope import tenant_scope
from customers.services import add_contact
from tests.behaviour.sent import counts, sent, told
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.accounts import make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

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
