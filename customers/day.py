"""The work of somebody's day: kinds of it that rooms add, read together in the order in which to do it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from core.accounts.models import User
from core.accounts.permissions import may
from core.tenancy.clock import day_start, local_date
from customers.enums import Priority, Tier
from customers.models import Customer

# What is due within this time presses as much as the clock can.
SOON = timedelta(hours=2)
MOST, MOST_DONE = 100, 5
OVERDUE, TODAY, SNOOZED, DONE = "overdue", "today", "snoozed", "done"
FIGURES = (OVERDUE, TODAY, SNOOZED, DONE)
# Overdue and due today together: all that is in the order of the day.
WHOLE = "whole"
_TIERS = (Tier.VIP, Tier.MID, Tier.LOW)


@dataclass(frozen=True)
class Day:
    """Whose day, the moment at which it is read, and its bounds."""

    user: User
    at: datetime
    on: date
    starts: datetime
    ends: datetime

    @classmethod
    def of(cls, user: User, *, at: datetime, zone: str) -> Self:
        on = local_date(at, zone)
        return cls(user, at, on, day_start(on, zone), day_start(on + timedelta(days=1), zone))


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of work. `record` is what with_needs brought; `charge` names the team or department that has it, as
    nobody in person does; `steps` and `undo` are the templates of its buttons, while it is to be done and afterwards.
    """

    record: Any
    subject: str
    url: str
    kind: str
    customer: Customer | None
    due_at: datetime
    steps: str
    undo: str = ""
    closed_at: datetime | None = None
    is_promised: bool = False
    priority: int = Priority.NORMAL
    charge: str = ""
    is_nobodys: bool = False

    @property
    def pk(self) -> UUID:
        return self.record.pk

    @property
    def pressing(self) -> str:
        """Return in words that its priority is above the usual."""
        return str(Priority(self.priority).label) if self.priority < Priority.NORMAL else ""


@dataclass(frozen=True, kw_only=True)
class KindOfWork:
    """What a room adds: at most MOST + 1 pieces in the order of the day, and at most MOST_DONE that are done.

    `count` gives those of FIGURES that the kind has, and `address` a list that holds what a figure, or WHOLE, counts.
    """

    key: str
    permission: str
    words: Callable[[int], str]
    find: Callable[[Day], Sequence[Work]]
    done: Callable[[Day], Sequence[Work]]
    count: Callable[[Day], Mapping[str, int]]
    address: Callable[[Day, str], str]


@dataclass(frozen=True)
class Part:
    """What one kind has of a figure, in words, and its list."""

    words: str
    count: int
    url: str


@dataclass(frozen=True)
class Figure:
    name: str
    parts: Sequence[Part]

    @property
    def value(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def url(self) -> str:
        """Return the list that holds all it counts, where one does."""
        told = self.told
        return (told or self.parts)[0].url if len(told) < 2 and self.parts else ""

    @property
    def told(self) -> list[Part]:
        return [part for part in self.parts if part.count]


_kinds: dict[str, KindOfWork] = {}


def register(kind: KindOfWork) -> None:
    """Add a kind of work to everybody's day; raises ValueError for a key that is taken."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"There is work {kind.key!r} already.")


def in_order(rows: QuerySet[Any], *ties: str, at: datetime) -> QuerySet[Any]:
    """Order rows with a customer and a due time by tier, then what is overdue, due soon and due later; `ties` decide
    between those that press alike.
    """
    ranks = (When(customer__tier=tier, then=Value(rank)) for rank, tier in enumerate(_TIERS))
    clock = Case(
        When(due_at__lt=at, then=Value(0)),
        When(due_at__lte=at + SOON, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rank = Case(*ranks, default=Value(len(_TIERS)), output_field=IntegerField())
    return rows.order_by(rank, clock, *ties)


def work_of(day: Day) -> tuple[list[Work], bool]:
    """Return what somebody has to do, the first MOST of it in order, and whether there is more."""
    found = [work for kind in _kinds_for(day.user) for work in kind.find(day)]
    found.sort(key=lambda work: _place(work, day.at))
    return found[:MOST], len(found) > MOST


def done_of(day: Day) -> list[Work]:
    """Return what somebody did today, the newest first."""
    found = [each for kind in _kinds_for(day.user) for each in kind.done(day)]
    return sorted(found, key=lambda work: work.closed_at or day.starts, reverse=True)[:MOST_DONE]


def figures_of(day: Day) -> tuple[dict[str, Figure], list[Part]]:
    """Return each figure of the day by its name, and for each kind the whole of what is to be done."""
    kinds = [(kind, kind.count(day)) for kind in _kinds_for(day.user)]
    figures = {
        name: Figure(name, [_part(kind, day, name, counts[name]) for kind, counts in kinds if name in counts])
        for name in FIGURES
    }
    whole = [_part(kind, day, WHOLE, counts[OVERDUE] + counts[TODAY]) for kind, counts in kinds]
    return figures, [part for part in whole if part.count]


def _kinds_for(user: User) -> list[KindOfWork]:
    return [kind for kind in _kinds.values() if may(user, kind.permission)]


def _part(kind: KindOfWork, day: Day, name: str, count: int) -> Part:
    return Part(kind.words(count), count, kind.address(day, name))


def _place(work: Work, at: datetime) -> tuple[Any, ...]:
    """Return what in_order orders by, and then what was promised, the priority and the time."""
    tier = work.customer and work.customer.tier
    rank = _TIERS.index(Tier(tier)) if tier in _TIERS else len(_TIERS)
    clock = 0 if work.due_at < at else 1 if work.due_at <= at + SOON else 2
    return rank, clock, not work.is_promised, work.priority, work.due_at, work.pk
