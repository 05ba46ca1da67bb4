"""Loads of account managers before and after moves between them; without a database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID


def percent_of(points: int, capacity: int) -> int:
    """Return how full a portfolio is; one that may hold nothing is full where it holds anything."""
    return round(100 * points / capacity) if capacity else 100 * bool(points)


@dataclass(frozen=True, slots=True)
class Load:
    """How many customers somebody looks after, the points of work that these are, and how many may be."""

    customers: int
    points: int
    capacity: int

    @property
    def percent(self) -> int:
        return percent_of(self.points, self.capacity)

    @property
    def is_over(self) -> bool:
        return self.points > self.capacity


@dataclass(frozen=True, slots=True)
class LoadChange:
    person: UUID
    before: Load
    after: Load


@dataclass(frozen=True, slots=True)
class Shift:
    """A customer of so many points that goes from one to another, or from nobody."""

    giver: UUID | None
    taker: UUID
    points: int


def load_changes(before: Mapping[UUID, Load], shifts: Iterable[Shift]) -> list[LoadChange]:
    """Return what shifts make of the loads of those whom they touch, in the order of `before`."""
    customers: dict[UUID, int] = defaultdict(int)
    points: dict[UUID, int] = defaultdict(int)
    for shift in shifts:
        customers[shift.taker] += 1
        points[shift.taker] += shift.points
        if shift.giver is not None:
            customers[shift.giver] -= 1
            points[shift.giver] -= shift.points
    return [
        LoadChange(person, load, Load(load.customers + customers[person], load.points + points[person], load.capacity))
        for person, load in before.items()
        if person in customers
    ]
