"""What customers are entitled to by their tier, for rooms to the left of tiering, which says it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet

from core.accounts.models import Team

_readers: dict[str, Callable[..., Any]] = {}


def register_head_start(reader: Callable[[str], timedelta]) -> None:
    """Say by whom the head start of a tier is told; raises ValueError where somebody says it already."""
    _register("head start", reader)


def register_managed_tiers(reader: Callable[[], frozenset[str]]) -> None:
    """Say by whom it is told which tiers have an account manager; raises ValueError where somebody says it already."""
    _register("account manager", reader)


def register_teams(reader: Callable[[str], list[Team]]) -> None:
    """Say by whom the teams that serve a tier are told; raises ValueError where somebody says it already."""
    _register("teams", reader)


def head_start_of(tier: str | None) -> timedelta:
    """Return by how much what a customer of this tier asks for stands earlier in a queue; one query at most."""
    return _readers["head start"](tier) if "head start" in _readers and tier else timedelta(0)


def managed_tiers() -> frozenset[str]:
    """Return the tiers whose customers are entitled to an account manager of their own; one query at most."""
    return _readers["account manager"]() if "account manager" in _readers else frozenset()


def team_for(tier: str | None, rows: QuerySet[Any]) -> Team | None:
    """Return the team that serves a tier, of several the one that has the fewest of `rows`; two queries at most.

    None where everybody serves it, as they do customers in no tier.
    """
    teams = _readers["teams"](tier) if "teams" in _readers and tier else []
    if len(teams) <= 1:
        return teams[0] if teams else None
    counted = dict(rows.filter(team__in=teams).order_by().values_list("team").annotate(count=Count("pk")))
    return min(teams, key=lambda team: counted.get(team.pk, 0))


def _register(what: str, reader: Callable[..., Any]) -> None:
    if _readers.setdefault(what, reader) is not reader:
        raise ValueError(f"The {what} of tiers is told by somebody already.")
