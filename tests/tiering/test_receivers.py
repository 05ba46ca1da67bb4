"""A move of a tier becomes a notice for whoever looks after the customer, and stands in the customer's timeline."""

from datetime import date

import pytest

from core.accounts.models import User
from core.events.dispatching import work_off
from core.events.models import EventDelivery, OutboxEvent
from core.web.models import Notice
from customers import timeline
from customers.enums import Tier
from customers.models import Customer, Interaction
from tests.factories.tiering import set_override, ten_customers
from tiering.services import evaluate_tiers


@pytest.fixture
def customers(tenant, now, account_manager):
    ten_customers(now)
    evaluate_tiers(as_of=date(2026, 3, 1), at=now)
    Customer.objects.update(account_manager=account_manager)
    return Customer.objects.order_by("number")


def deliver_all(tenant, now):
    work_off(tenant_id=tenant.pk, now=lambda: now)


def test_first_tiers_are_no_news(customers, tenant, now):
    deliver_all(tenant, now)

    assert set(EventDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert (EventDelivery.objects.count(), Notice.objects.count()) == (30, 0)


def test_override_is_told_once_however_often_it_is_delivered(customers, tenant, supervisor, account_manager, now):
    deliver_all(tenant, now)
    set_override(customer=customers[5], tier=Tier.VIP, reason="Key client", expires_on=None, by=supervisor, at=now)
    deliver_all(tenant, now)
    EventDelivery.objects.update(state="due")
    deliver_all(tenant, now)

    notice = Notice.objects.get()
    assert (notice.user, notice.subject_id) == (account_manager, customers[5].pk)
    assert notice.facts == {"from": "low", "to": "vip", "reason": "override"}
    assert notice.source_id == OutboxEvent.objects.order_by("-pk")[0].pk


def test_moves_of_an_evaluation_are_told_from_its_statement(customers, tenant, now):
    deliver_all(tenant, now)
    Customer.objects.filter(number="c9").update(tier=Tier.VIP)
    evaluate_tiers(as_of=date(2026, 3, 1), at=now)
    evaluate_tiers(as_of=date(2026, 3, 2), at=now)
    deliver_all(tenant, now)

    assert [(notice.facts["from"], notice.facts["to"]) for notice in Notice.objects.all()] == [("vip", "low")]


@pytest.mark.parametrize("manager", ["nobody", "gone"])
def test_without_somebody_to_tell_nothing_is_told(customers, tenant, supervisor, now, manager):
    if manager == "nobody":
        Customer.objects.update(account_manager=None)
    else:
        User.objects.filter(role="account_manager").update(is_active=False)
    set_override(customer=customers[5], tier=Tier.VIP, reason="Key client", expires_on=None, by=supervisor, at=now)

    deliver_all(tenant, now)

    assert Notice.objects.count() == 0
    assert set(EventDelivery.objects.values_list("state", flat=True)) == {"done"}


def test_trial_of_a_policy_tells_nothing(customers, tenant, now):
    before = OutboxEvent.objects.count()
    Customer.objects.filter(number="c9").update(tier=Tier.VIP)

    evaluate_tiers(as_of=date(2026, 3, 1), dry_run=True, at=now)

    assert OutboxEvent.objects.count() == before


def test_moves_stand_in_the_timeline_once_however_often_they_are_delivered(customers, tenant, supervisor, now):
    deliver_all(tenant, now)
    set_override(customer=customers[5], tier=Tier.VIP, reason="Key client", expires_on=None, by=supervisor, at=now)
    deliver_all(tenant, now)
    EventDelivery.objects.update(state="due")
    deliver_all(tenant, now)

    told = Interaction.objects.filter(customer=customers[5]).order_by("recorded_at", "id")
    words = [entry.text for entry in timeline.entries(told, names=())]
    assert words == ["no tier → Low: Evaluation", "Low → VIP: Set by hand"]
    assert Interaction.objects.count() == len(customers) + 1
