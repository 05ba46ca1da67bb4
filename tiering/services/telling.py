"""Moves that no evaluation made, in the history and as events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.events.services import publish
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.models import Customer, CustomerMerge
from tiering.enums import MoveReason
from tiering.models import TierChange
from tiering.services.policies import current_policy


def tell_move(customer: Customer, *, before: str | None, reason: MoveReason, at: datetime) -> None:
    """Keep that a locked customer was moved to the tier that it has now, and let the rest of the system know."""
    policy, today = current_policy(), local_date(at, current_tenant().time_zone)
    TierChange.objects.create(
        customer=customer,
        from_tier=before,
        to_tier=customer.tier,
        reason=reason,
        as_of=today,
        window_days=policy.window_days,
        policy_version=policy.version,
        contribution=customer.contribution,
        shipment_count=customer.window_shipment_count,
        changed_at=at,
    )
    publish(
        "customer.tier_changed",
        subject_id=customer.pk,
        payload={
            "number": customer.number,
            "from": before,
            "to": customer.tier,
            "reason": reason.value,
            "as_of": today.isoformat(),
        },
        at=at,
    )


def tell_merged_tier(merge: CustomerMerge, stood: Mapping[str, Any], _by: Any) -> None:
    """Tell of the tier that a merge, or its undoing, gave to the customer that is kept."""
    if merge.kept.tier != stood["tier"]:
        reason = MoveReason.UNMERGE if merge.undone_at else MoveReason.MERGE
        tell_move(merge.kept, before=stood["tier"], reason=reason, at=merge.undone_at or merge.merged_at)
