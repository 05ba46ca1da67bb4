"""The rules of portfolios and of the pool."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from customers.enums import Stage
from portfolios.models import TIERS, PortfolioPolicy
from portfolios.turns import wait_for_settings

MOST_POINTS = 1_000_000
NUMBERS = {
    "weight_vip": (1, 1000),
    "weight_mid": (1, 1000),
    "weight_low": (1, 1000),
    "capacity": (1, MOST_POINTS),
    "claims_a_day": (0, 1000),
    "rest_days": (0, 3660),
    "silent_days": (0, 3660),
    "warn_days": (1, 90),
}
CHOICES = {"assigned_tiers": TIERS, "pool_tiers": TIERS, "pool_stages": tuple(Stage.values)}
RULES = (*NUMBERS, *CHOICES)


class BadRule(DomainError):
    code = "bad_rule"
    message = _("A figure is outside of its limits.")


class WarnedTooLate(DomainError):
    code = "warned_too_late"
    message = _("A customer returns to the pool later than whoever looks after it is warned.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other rules in force meanwhile. Look at them first.")


def current_policy() -> PortfolioPolicy:
    """Return the rules in force; of a tenant that never decided, those of a new one."""
    return PortfolioPolicy.objects.order_by("-version").first() or PortfolioPolicy(version=0)


@transaction.atomic
def create_policy(
    *,
    assigned_tiers: Sequence[str],
    pool_tiers: Sequence[str],
    pool_stages: Sequence[str],
    replaces: int,
    by: User,
    at: datetime,
    **numbers: int,
) -> PortfolioPolicy:
    """Put new rules in force from now on; `numbers` are those of NUMBERS.

    `replaces` is the version that its author has seen in force. Raises BadRule, WarnedTooLate, or PolicyChanged if
    another version is in force by now.
    """
    chosen = {"assigned_tiers": assigned_tiers, "pool_tiers": pool_tiers, "pool_stages": pool_stages}
    _check(numbers, chosen)
    wait_for_settings()
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    lists = {name: [each for each in CHOICES[name] if each in values] for name, values in chosen.items()}
    policy = PortfolioPolicy(version=in_force.version + 1, **numbers, **lists, created_by=by, created_at=at)
    policy.save(force_insert=True)
    changed = [name for name in RULES if getattr(in_force, name) != getattr(policy, name)]
    details = {"version": policy.version, "changed": changed}
    record("portfolio_policy.changed", of=policy, by=by, at=at, details=details)
    return policy


def _check(numbers: dict[str, int], chosen: dict[str, Sequence[str]]) -> None:
    if set(numbers) != set(NUMBERS):
        raise BadRule
    if not all(least <= numbers[name] <= most for name, (least, most) in NUMBERS.items()):
        raise BadRule
    if any(set(values) - set(CHOICES[name]) for name, values in chosen.items()):
        raise BadRule
    if numbers["silent_days"] and numbers["silent_days"] <= numbers["warn_days"]:
        raise WarnedTooLate
