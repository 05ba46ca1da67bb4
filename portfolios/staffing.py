"""How many people each tier needs, now and when some customers serve themselves; without a database."""

from collections.abc import Mapping
from dataclasses import dataclass

from customers.enums import Tier

# Who serves themselves needs nobody; those of the other tiers go on as they are.
SELF_SERVED = Tier.LOW.value


@dataclass(frozen=True, slots=True)
class Need:
    """Of one tier: customers and the people they need, now and after; full-time equivalents."""

    tier: str
    customers: int
    moved: int
    before: float
    after: float


def staffing(counts: Mapping[str, int], weights: Mapping[str, int], *, capacity: int, share_percent: int) -> list[Need]:
    """Return what each tier needs, in the order of `counts`.

    One person looks after `capacity` points; of the low tier `share_percent` of the customers, rounded down, move to
    self-service.
    """
    found = []
    for tier, count in counts.items():
        moved = count * share_percent // 100 if tier == SELF_SERVED else 0
        before, after = count * weights[tier] / capacity, (count - moved) * weights[tier] / capacity
        found.append(Need(tier, count, moved, round(before, 2), round(after, 2)))
    return found
