"""What is to be done about customers who fall into a lower tier."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind, Priority, Tier
from customers.follow_ups.rules import Rule, Wanted
from customers.models import Customer
from tiering.enums import OF_MERGES

RANK = {tier: rank for rank, tier in enumerate((Tier.VIP, Tier.MID, Tier.LOW, None))}


def wanted_for_fall(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask whoever looks after a customer to find out why it fell; without an account manager nobody is asked.

    Whose merge was undone fell by nothing that it did.
    """
    before, after = event.payload["from"], event.payload["to"]
    if before is None or RANK[after] <= RANK[before] or event.payload["reason"] in OF_MERGES:
        return None
    customer = Customer.objects.filter(pk=event.subject_id, account_manager__is_active=True).first()
    if customer is None:
        return None
    return Wanted(customer=customer, cause=f"tier:{customer.pk}", parameters={"from": before, "to": after})


def say_fall(facts: Mapping[str, Any]) -> str:
    after = str(Tier(facts["to"]).label) if facts["to"] else _("no tier")
    return _("Fell from %(before)s to %(after)s: find out why, and what would bring the shipments back.") % {
        "before": Tier(facts["from"]).label,
        "after": after,
    }


TIER_FELL = Rule(
    code="tier_fell",
    label=gettext_lazy("A customer fell into a lower tier"),
    event="customer.tier_changed",
    wanted=wanted_for_fall,
    say=say_fall,
    hours=18,
    kind=FollowUpKind.CALL,
    priority=Priority.HIGH,
)
