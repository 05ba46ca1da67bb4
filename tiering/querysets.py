"""The shapes in which moves are read."""

from typing import Any

from django.db.models import QuerySet

from customers.models import Customer
from tiering.models import TierChange, TierOverride

UNSEEN = ("customer__special_needs", "customer__birthday")


def moves_for_list(moves: Any) -> QuerySet[TierChange]:
    """Bring each move with its customer, in one query; personal fields that are not shown stay in the database."""
    return moves.select_related("customer").defer(*UNSEEN)


def both_set_by_hand(one: Customer, other: Customer) -> int:
    """Count what stands in the way where the tiers of both customers are set by hand."""
    held = TierOverride.objects.filter(ended_at=None)
    return held.filter(customer=other).count() if held.filter(customer=one).exists() else 0
