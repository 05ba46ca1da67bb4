"""The shapes in which moves are read."""

from typing import Any

from django.db.models import QuerySet

from tiering.models import TierChange

UNSEEN = ("customer__special_needs", "customer__birthday")


def moves_for_list(moves: Any) -> QuerySet[TierChange]:
    """Bring each move with its customer, in one query; personal fields that are not shown stay in the database."""
    return moves.select_related("customer").defer(*UNSEEN)
