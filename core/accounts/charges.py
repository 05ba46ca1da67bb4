"""What teams are in charge of, which goes elsewhere when one is closed; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from core.accounts.models import Team, User
from core.tenancy.models import TenantModel


def give(*, rows: QuerySet[Any], to: Team, by: User, at: datetime) -> None:
    """Give rows that have a `team` and a `version` to another team, in one statement."""
    rows.update(team=to, version=F("version") + 1)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One kind of record that a team is in charge of, by its foreign key `team`.

    `open(rows)` leaves those that somebody must look after. `move(rows=…, to=…, by=…, at=…)` gives them to another
    team, within the transaction that closes theirs. `words` says how many there are, with `%(count)s` for the number.
    """

    name: str
    words: Callable[[int], str]
    model: type[TenantModel]
    open: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    move: Callable[..., None] = give

    def rows(self, team: Team) -> QuerySet[Any]:
        """Return what a team is in charge of."""
        return self.open(self.model.objects.filter(team=team))

    def said(self, count: int) -> str:
        """Return how many there are in words, such as "12 follow-ups"."""
        return self.words(count) % {"count": f"{count:,}"}


_charges: dict[str, Charge] = {}


def register(charge: Charge) -> None:
    """Add a kind; raises ValueError for a name that is taken."""
    if _charges.setdefault(charge.name, charge) is not charge:
        raise ValueError(f"There is a charge {charge.name!r} already.")


def charges() -> dict[str, Charge]:
    """Return all kinds by name, in the order of their registration."""
    return dict(_charges)


def charges_of(team: Team) -> list[tuple[Charge, int]]:
    """Return what a team is in charge of, and of how much of it; one query for each kind."""
    counted = [(charge, charge.rows(team).count()) for charge in charges().values()]
    return [(charge, count) for charge, count in counted if count]


def in_words(counted: Iterable[tuple[Charge, int]]) -> str:
    """Return so much of each in words, such as "2 follow-ups, 1 tier"; empty for nothing."""
    return ", ".join(charge.said(count) for charge, count in counted)
