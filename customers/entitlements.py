"""What customers are entitled to by their tier, for rooms to the left of tiering, which says it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Count, QuerySet

from core.accounts.models import Team

Reader = TypeVar("Reader", bound=Callable[[str], Any])

_head_starts: list[Callable[[str], timedelta]] = []
_teams: list[Callable[[str], list[Team]]] = []


def register_head_start(reader: Callable[[str], timedelta]) -> None:
    """Say by whom the head start of a tier is told; raises ValueError where somebody says it already."""
    _register(_head_starts, reader)


def register_teams(reader: Callable[[str], list[Team]]) -> None:
    """Say by whom the teams that serve a tier are told; raises ValueError where somebody says it already."""
    _register(_teams, reader)


def head_start_of(tier: str | None) -> timedelta:
    """Return by how much what a customer of this tier asks for stands earlier in a queue; one query at most."""
    return _head_starts[0](tier) if _head_starts and tier else timedelta(0)


def team_for(tier: str | None, rows: QuerySet[Any]) -> Team | None:
    """Return the team that serves a tier, of several the one that has the fewest of `rows`; two queries at most.

    None where everybody serves it, as they do customers in no tier.
    """
    teams = _teams[0](tier) if _teams and tier else []
    if len(teams) <= 1:
        return teams[0] if teams else None
    counted = dict(rows.filter(team__in=teams).order_by().values_list("team").annotate(count=Count("pk")))
    return min(teams, key=lambda team: counted.get(team.pk, 0))


def _register(readers: list[Reader], reader: Reader) -> None:
    if readers and readers != [reader]:
        raise ValueError("That is told by somebody already.")
    readers[:] = [reader]
