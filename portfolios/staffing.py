"""How many people each tier needs, now and when some customers serve themselves; without a database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from customers.enums import Tier

# Who serves themselves needs nobody; those of the other tiers go on as they are.
SELF_SERVED = Tier.LOW.value


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who looks after customers of these tiers, up to so many points."""

    capacity: int
    tiers: Collection[str]


@dataclass(frozen=True, slots=True)
class Need:
    """Of one tier: customers and the people they need, now and after; full-time equivalents.

    One of the people looks after `capacity` points: the mean of the `servers` whom the tier has, assumed where there is
    none.
    """

    tier: str
    customers: int
    moved: int
    before: float
    after: float
    servers: int
    capacity: int


def staffing(
    counts: Mapping[str, int],
    weights: Mapping[str, int],
    *,
    people: Sequence[Server],
    assumed: int,
    share_percent: int,
) -> list[Need]:
    """Return what each tier needs, in the order of `counts`.

    One person looks after as many points as those who serve the tier do on average, whoever may hold nothing left out;
    `assumed` is that of a tier that nobody serves. Of the low tier `share_percent` of the customers, rounded down, move
    to self-service.
    """
    found = []
    for tier, count in counts.items():
        own = [each.capacity for each in people if tier in each.tiers and each.capacity]
        capacity = fmean(own) if own else assumed
        moved = count * share_percent // 100 if tier == SELF_SERVED else 0
        before, after = count * weights[tier] / capacity, (count - moved) * weights[tier] / capacity
        found.append(Need(tier, count, moved, round(before, 2), round(after, 2), len(own), round(capacity)))
    return found
