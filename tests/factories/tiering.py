"""Customers with the shipments that their tiers come from."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from django.db.models import Count, Max, Min

from core.events.models import OutboxEvent
from customers.models import Customer
from shipments.models import Shipment
from tiering.models import PolicyTrial, TierChange, TierOverride, TierPolicy
from tiering.services import approve_override, approve_policy, ask_for_tier, submit_policy, try_policy, write_policy

IN_WINDOW = datetime(2026, 2, 20, 4, tzinfo=UTC)
RULES = {
    "mode": "percentile",
    "window_days": 90,
    "vip_percent": 5,
    "mid_percent": 15,
    "vip_monthly": Decimal(10000),
    "mid_monthly": Decimal(2000),
    "weight_amount": 100,
    "weight_frequency": 0,
    "weight_tenure": 0,
    "demotion_runs": 2,
    "vip_head_start": 24,
    "mid_head_start": 0,
    "low_head_start": 0,
    "head_start_cost": Decimal(0),
    "vip_manager": True,
    "mid_manager": False,
    "low_manager": False,
    "manager_cost": Decimal(0),
    "vip_rebate": 0,
    "mid_rebate": 0,
    "low_rebate": 0,
    "vip_self_service": False,
    "mid_self_service": False,
    "low_self_service": True,
}
# What the policy's form sends for the same rules, but for the demotions.
FORM = {
    "mode": "percentile",
    "window_days": "90",
    "vip_percent": "5",
    "mid_percent": "15",
    "vip_monthly": "10000.00",
    "mid_monthly": "2000.00",
    "weight_amount": "100",
    "weight_frequency": "0",
    "weight_tenure": "0",
    "demotion_runs": "1",
    "vip_head_start": "24",
    "mid_head_start": "0",
    "low_head_start": "0",
    "head_start_cost": "0",
    "vip_manager": "True",
    "mid_manager": "False",
    "low_manager": "False",
    "manager_cost": "0",
    "vip_rebate": "0",
    "mid_rebate": "0",
    "low_rebate": "0",
    "vip_self_service": "False",
    "mid_self_service": "False",
    "low_self_service": "True",
    "replaces": "1",
}

_waybills = count(1)


def make_shipped(number: str, *shipments: tuple[datetime, str], at: datetime, **fields: object) -> Customer:
    """A customer with one shipment for each (accepted_at, freight), and the figures that importing keeps."""
    customer = Customer.objects.create(number=number, created_at=at, **fields)
    Shipment.objects.bulk_create(
        Shipment(
            waybill_number=f"T{next(_waybills):09}",
            customer=customer,
            accepted_at=moment,
            freight=freight,
        )
        for moment, freight in shipments
    )
    figures = Shipment.objects.filter(customer=customer).aggregate(
        shipment_count=Count("pk"), first_shipment_at=Min("accepted_at"), last_shipment_at=Max("accepted_at")
    )
    Customer.objects.filter(pk=customer.pk).update(**figures)
    customer.refresh_from_db()
    return customer


def ten_customers(now: datetime) -> None:
    """Ten with 100 down to 10 each; by the default policy a single VIP, one mid, and eight low."""
    for n in range(10):
        make_shipped(f"c{n}", (IN_WINDOW, str(100 - 10 * n)), at=now)


def put_in_force(*, by: object = None, approver: object = None, at: datetime, **rules: object) -> TierPolicy:
    """A version written by one, tried, and approved by another; without either it is the system."""
    policy = submit_policy(policy=write_policy(**rules, by=by, at=at), by=by, at=at)
    try_policy(policy=policy, at=at)
    return approve_policy(policy=policy, by=approver, at=at)


def set_override(*, by: object, asker: object = None, at: datetime, **facts: object) -> TierOverride:
    """A tier set by hand, approved by `by`."""
    return approve_override(override=ask_for_tier(**facts, by=asker, at=at), by=by, at=at)


def tiering_state() -> tuple[object, ...]:
    """All that an evaluation or a policy writes."""
    return (
        list(Customer.objects.order_by("pk").values()),
        TierChange.objects.count(),
        TierPolicy.objects.count(),
        list(PolicyTrial.objects.order_by("pk").values()),
        TierOverride.objects.count(),
        OutboxEvent.objects.count(),
    )
