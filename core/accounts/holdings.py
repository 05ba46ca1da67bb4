"""What colleagues are in charge of, for handing it over; rooms register theirs in AppConfig.ready()."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise

from core.accounts import permissions
from core.accounts.models import User
from core.tenancy.models import TenantModel


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One kind of record that somebody is in charge of, by the foreign key `field`.

    `open(rows, at)` leaves those that somebody must look after. `hand_over(row=…, of=…, to=…, by=…, at=…)` is atomic,
    gives one that `of` still has to a colleague, who holds `permission` (empty: anybody), and tells whether it did.
    `words` says how many there are, with `%(count)s` for the number, and `page` leads to those of one person.
    """

    name: str
    label: str | Promise
    words: Callable[[int], str]
    model: type[TenantModel]
    field: str
    hand_over: Callable[..., bool]
    permission: str = ""
    open: Callable[[QuerySet[Any], datetime], QuerySet[Any]] = lambda rows, _at: rows
    page: Callable[[User], str] | None = None

    def rows(self, user: Any, *, at: datetime) -> QuerySet[Any]:
        """Return what somebody, or each of several, is in charge of."""
        several = isinstance(user, Collection)
        return self.open(self.model.objects.filter(**{f"{self.field}__in" if several else self.field: user}), at)

    def said(self, count: int) -> str:
        """Return how many there are in words, such as "12 customers"."""
        return self.words(count) % {"count": f"{count:,}"}

    def heirs(self, user: User) -> QuerySet[User]:
        """Return who may have it in the place of somebody."""
        colleagues = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("name", "id")
        if self.permission:
            colleagues = colleagues.filter(role__in=permissions.declared()[self.permission].roles)
        return colleagues


_holdings: dict[str, Holding] = {}
_labels: dict[str, str | Promise] = {}


def register(holding: Holding) -> None:
    """Add a kind; raises ValueError for a name that is taken."""
    if _holdings.setdefault(holding.name, holding) is not holding:
        raise ValueError(f"There is a holding {holding.name!r} already.")
    _labels[holding.name] = holding.label


def holdings() -> dict[str, Holding]:
    """Return all kinds by name, in the order of their registration."""
    return dict(_holdings)


def labels() -> dict[str, str | Promise]:
    """Return what each kind is called; the same mapping always, which grows as rooms register theirs."""
    return _labels


def held_by(user: User, *, at: datetime) -> list[tuple[Holding, int]]:
    """Return what somebody is in charge of, and of how much of it; one query for each kind."""
    counted = [(holding, holding.rows(user, at=at).count()) for holding in _holdings.values()]
    return [(holding, count) for holding, count in counted if count]


def left_behind(people: Collection[User], *, at: datetime) -> dict[uuid.UUID, list[str]]:
    """Return in words what those who left are still in charge of; one query for each kind, none where nobody left."""
    gone = [person.pk for person in people if not person.is_active]
    found: dict[uuid.UUID, list[str]] = {}
    for holding in _holdings.values() if gone else ():
        rows = holding.rows(gone, at=at).order_by().values_list(holding.field)
        for person, count in rows.annotate(count=Count("pk")):
            found.setdefault(person, []).append(holding.said(count))
    return found


def holding_something(people: QuerySet[User], *, at: datetime) -> QuerySet[User]:
    """Leave those who are in charge of anything."""
    anything = Q()
    for holding in _holdings.values():
        anything |= Q(Exists(holding.rows(OuterRef("pk"), at=at)))
    return people.filter(anything)
