"""Which customers go to whom so that nobody has more than they can look after; without a database.

Everything is decided by points, tiers and days, and by ids where those are equal: the same always gives the same.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

MOVED_LAST = "vip"


class Reason(StrEnum):
    """Why a customer that nobody looks after could not be assigned."""

    NOBODY_SERVES = "nobody_serves"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Held:
    """A customer: the points of work it stands for, who looks after it, and since when."""

    id: UUID
    tier: str
    weight: int
    manager: UUID | None = None
    since: datetime | None = None


@dataclass(slots=True)
class Person:
    """Somebody with a portfolio of so many points; `takes` are the tiers that may come to them now, `load` what is."""

    id: UUID
    capacity: int
    takes: frozenset[str]
    load: int = 0

    @property
    def free(self) -> int:
        return self.capacity - self.load

    @property
    def excess(self) -> int:
        return max(0, self.load - self.capacity)


@dataclass(frozen=True, slots=True)
class Move:
    customer: UUID
    tier: str
    weight: int
    giver: UUID | None
    taker: UUID


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed: moves, who stays above their capacity and by how much, and what stays unassigned and why."""

    moves: list[Move] = field(default_factory=list)
    still_over: dict[UUID, int] = field(default_factory=dict)
    left: dict[UUID, Reason] = field(default_factory=dict)


def assign(customers: Iterable[Held], people: Collection[Person]) -> Plan:
    """Give customers, in this order, each to whoever serves its tier and has most room; nobody above their capacity."""
    plan = Plan()
    there = _copies(people)
    for customer in customers:
        if not any(customer.tier in person.takes for person in there):
            plan.left[customer.id] = Reason.NOBODY_SERVES
        elif (taker := _taker(customer, there)) is None:
            plan.left[customer.id] = Reason.NO_ROOM
        else:
            _give(customer, None, taker, plan)
    return plan


def rebalance(customers: Iterable[Held], people: Collection[Person]) -> Plan:
    """Move as few customers as will do from those above their capacity to those with room.

    VIPs go where nothing else helps; of equal ones who came last goes first. Nobody gets more than they can look
    after, and nobody gives away more than they must. Those with most to give away go first.
    """
    plan = Plan()
    there = _copies(people)
    owned: dict[UUID, list[Held]] = {person.id: [] for person in there}
    for customer in customers:
        if customer.manager in owned:
            owned[customer.manager].append(customer)
    excess = None
    # What one gave away and took back is room for another one, so again as long as that helps.
    while excess != (excess := sum(person.excess for person in there)):
        for giver in sorted(there, key=lambda person: (-person.excess, person.id)):
            _relieve(giver, owned[giver.id], there, plan)
    plan.still_over.update({person.id: person.excess for person in there if person.excess})
    return plan


def _relieve(giver: Person, owned: list[Held], there: list[Person], plan: Plan) -> None:
    """Bring one within their capacity: by others than VIPs, then by VIPs, which make some of the others needless."""
    others = [person for person in there if person.id != giver.id]
    _give_away(giver, [each for each in owned if each.tier != MOVED_LAST], others, plan)
    if not giver.excess:
        return
    _give_away(giver, [each for each in owned if each.tier == MOVED_LAST], others, plan)
    people = {person.id: person for person in there}
    for move in [each for each in plan.moves if each.giver == giver.id and each.tier != MOVED_LAST]:
        if giver.free >= move.weight:
            giver.load += move.weight
            people[move.taker].load -= move.weight
            plan.moves.remove(move)


def _give_away(giver: Person, movable: list[Held], others: list[Person], plan: Plan) -> None:
    """Give away the largest that are not more than is needed, the last one as small as will do."""
    gone = {move.customer for move in plan.moves}
    alike: dict[tuple[int, str], list[Held]] = {}
    for customer in sorted((each for each in movable if each.id not in gone), key=_newest_first, reverse=True):
        alike.setdefault((customer.weight, customer.tier), []).append(customer)
    while giver.excess:
        # Of those that are alike nobody takes one where nobody takes the newest.
        newest = _in_turn([each[-1] for each in alike.values() if each], giver.excess)
        chosen = next(((each, taker) for each in newest if (taker := _taker(each, others))), None)
        if chosen is None:
            return
        customer, taker = chosen
        alike[customer.weight, customer.tier].pop()
        _give(customer, giver, taker, plan)


def _in_turn(customers: list[Held], excess: int) -> list[Held]:
    """Return who may go, best first: the smallest that is enough by itself, else the largest."""
    enough = [each for each in customers if each.weight >= excess]
    less = [each for each in customers if each.weight < excess]
    return [
        *sorted(enough, key=lambda each: (each.weight, _newest_first(each))),
        *sorted(less, key=lambda each: (-each.weight, _newest_first(each))),
    ]


def _newest_first(customer: Held) -> tuple[float, UUID]:
    return (-customer.since.timestamp() if customer.since else 0.0, customer.id)


def _taker(customer: Held, people: Collection[Person]) -> Person | None:
    able = [each for each in people if customer.tier in each.takes and each.free >= customer.weight]
    return min(able, key=lambda person: (-person.free, person.id), default=None)


def _give(customer: Held, giver: Person | None, taker: Person, plan: Plan) -> None:
    taker.load += customer.weight
    if giver is not None:
        giver.load -= customer.weight
    plan.moves.append(Move(customer.id, customer.tier, customer.weight, giver and giver.id, taker.id))


def _copies(people: Collection[Person]) -> list[Person]:
    """Return the people by id, to be changed while planning."""
    return [Person(each.id, each.capacity, each.takes, each.load) for each in sorted(people, key=lambda each: each.id)]
