"""The shapes in which moves are read."""

from typing import Any

from django.db.models import QuerySet

from core.accounts.models import Team, User
from core.accounts.permissions import declared
from customers.enums import Tier
from customers.models import Customer
from tiering.enums import PolicyState
from tiering.models import TierOverride, TierPolicy, TierTeam
from tiering.permissions import APPROVE

UNSEEN = ("customer__special_needs", "customer__birthday")


def moves_for_list(moves: Any) -> QuerySet[Any]:
    """Bring each move with its customer, in one query; personal fields that are not shown stay in the database."""
    return moves.select_related("customer").defer(*UNSEEN)


def both_set_by_hand(one: Customer, other: Customer) -> int:
    """Count what stands in the way where the tiers of both customers are set by hand."""
    held = TierOverride.objects.filter(ended_at=None)
    return held.filter(customer=other).count() if held.filter(customer=one).exists() else 0


def waiting(overrides: Any) -> QuerySet[TierOverride]:
    """Leave the tiers by hand that wait for approval, the oldest first, with customer and asker; one query."""
    found = overrides.filter(ended_at=None, approved_at=None).select_related("customer", "asked_by")
    return found.defer(*UNSEEN).order_by("created_at", "id")


def approved_versions() -> list[tuple[int, str]]:
    """Return every version that was ever in force, for a select box; one query."""
    versions = TierPolicy.objects.filter(state=PolicyState.APPROVED).order_by("-version")
    return [(version, str(version)) for version in versions.values_list("version", flat=True)]


def holders_of(permission: str) -> QuerySet[User]:
    """Return the active colleagues whose role holds a permission."""
    return User.objects.filter(is_active=True, role__in=declared()[permission].roles).order_by("name", "id")


def serving() -> dict[str, list[Team]]:
    """Return the open teams that serve each tier, by name; one query."""
    found: dict[str, list[Team]] = {tier: [] for tier in Tier.values}
    rows = TierTeam.objects.filter(team__closed_at=None).select_related("team").order_by("team__name", "team")
    for row in rows:
        found[row.tier].append(row.team)
    return found


def others_who_may_approve(policy: TierPolicy) -> QuerySet[User]:
    return holders_of(APPROVE).exclude(pk=policy.created_by_id)
