"""What a policy entitles a tier to, in words, and what that costs a month."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.enums import Tier
from tiering.models import TierPolicy

MONTH_DAYS = 30
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Entitled:
    """What customers of a tier get: hours of head start, an account manager, a rebate in percent, and an invitation."""

    head_start: int = 0
    has_manager: bool = False
    rebate: int = 0
    is_invited: bool = False

    @property
    def words(self) -> list[str]:
        """Say each; none for a tier that gets nothing."""
        said = []
        if self.head_start:
            hours = ngettext("%(count)s hour", "%(count)s hours", self.head_start) % {"count": self.head_start}
            said.append(_("Green channel: service requests stand %(hours)s earlier in the queue") % {"hours": hours})
        if self.has_manager:
            said.append(_("An account manager of its own"))
        if self.rebate:
            said.append(_("A rebate of %(percent)s %% of its contribution") % {"percent": self.rebate})
        if self.is_invited:
            said.append(_("Is offered to serve itself on the public pages"))
        return said


@dataclass(frozen=True)
class Standing:
    """How many customers stand in a tier, and what they brought in a window; who cost more than they paid, nothing."""

    customers: int
    contribution: Decimal


@dataclass(frozen=True)
class TierCost:
    """What the entitlements of a tier cost a month, as it is now and as it would be."""

    tier: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


def entitled(policy: TierPolicy, tier: str | None) -> Entitled:
    """Return what a policy gives a tier; nothing to who is in none."""
    if not tier:
        return Entitled()
    return Entitled(
        head_start=getattr(policy, f"{tier}_head_start"),
        has_manager=getattr(policy, f"{tier}_manager"),
        rebate=getattr(policy, f"{tier}_rebate"),
        is_invited=getattr(policy, f"{tier}_self_service"),
    )


def monthly_cost(policy: TierPolicy, tier: str, standing: Standing, *, window_days: int) -> Decimal:
    """Return what a tier's entitlements cost in 30 days: so much a customer, and the rebate on what a month brings."""
    gets = entitled(policy, tier)
    each = policy.head_start_cost * bool(gets.head_start) + policy.manager_cost * gets.has_manager
    brought = standing.contribution * MONTH_DAYS / window_days
    cost = Decimal(each) * standing.customers + brought * gets.rebate / 100
    return cost.quantize(CENT, ROUND_HALF_UP)


def costs(
    in_force: TierPolicy,
    draft: TierPolicy,
    *,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    window_days: int,
) -> list[TierCost]:
    """Compare what the policy in force costs as customers stand with what a draft would as they would then."""
    return [
        TierCost(
            tier,
            monthly_cost(in_force, tier, before[tier], window_days=window_days),
            monthly_cost(draft, tier, after[tier], window_days=window_days),
        )
        for tier in Tier.values
    ]
