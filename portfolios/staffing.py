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
    """Of one tier: customers, those that serve themselves by now, and those that would; and how many people they need.

    `before` is when all were looked after, `now` without those that serve themselves, `after` without those that would,
    too; full-time equivalents. One of the people looks after `capacity` points: the mean of the `servers` whom the tier
    has, assumed where there is none.
    """

    tier: str
    customers: int
    served: int
    moved: int
    before: float
    now: float
    after: float
    servers: int
    capacity: int


def staffing(
    counts: Mapping[str, int],
    weights: Mapping[str, int],
    *,
    served: Mapping[str, int],
    people: Sequence[Server],
    assumed: int,
    share_percent: int,
) -> list[Need]:
    """Return what each tier needs, in the order of `counts`.

    One person looks after as many points as those who serve the tier do on average, whoever may hold nothing left out;
    `assumed` is that of a tier that nobody serves. `served` serve themselves by now, and of the others of the low tier
    `share_percent`, rounded down, move to self-service.
    """
    found = []
    for tier, count in counts.items():
        own = [each.capacity for each in people if tier in each.tiers and each.capacity]
        capacity = fmean(own) if own else assumed
        already = served.get(tier, 0)
        moved = (count - already) * share_percent // 100 if tier == SELF_SERVED else 0
        left = (count, count - already, count - already - moved)
        needed = [round(each * weights[tier] / capacity, 2) for each in left]
        found.append(Need(tier, count, already, moved, *needed, len(own), round(capacity)))
    return found
