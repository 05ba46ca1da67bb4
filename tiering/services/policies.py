from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from tiering.enums import PolicyMode
from tiering.models import TierPolicy
from tiering.turns import wait_for_turn

MOST_WINDOW_DAYS = 3660
MOST_DEMOTION_RUNS = 100
MOST_WEIGHT = 1000
MOST_MONTHLY = Decimal("999999999999.99")


class BadWindow(DomainError):
    code = "bad_window"
    message = _("The window is between 1 and 3660 days.")


class BadPolicy(DomainError):
    code = "bad_policy"
    message = _("These rules do not fit together.")


class SharesTooLarge(BadPolicy):
    code = "shares_too_large"
    message = _("VIP and mid together are more than all customers.")


class BadAmounts(BadPolicy):
    code = "bad_amounts"
    message = _("What makes a mid customer must not be more than what makes a VIP.")


class BadWeights(BadPolicy):
    code = "bad_weights"
    message = _("The weights together must be between 1 and 1000.")


class BadDemotionRuns(BadPolicy):
    code = "bad_demotion_runs"
    message = _("A demotion waits for 1 to 100 evaluations.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put a new version of the policy in force meanwhile.")


def current_policy() -> TierPolicy:
    """Return the policy in force. Raises TierPolicy.DoesNotExist."""
    policy = TierPolicy.objects.order_by("-version").first()
    if policy is None:
        raise TierPolicy.DoesNotExist
    return policy


def create_first_policy(*, at: datetime) -> TierPolicy:
    """Give the active tenant, a new one, the default rules as version 1."""
    return TierPolicy.objects.create(version=1, created_at=at)


def draft_policy(
    *,
    mode: str,
    window_days: int,
    vip_percent: int,
    mid_percent: int,
    vip_monthly: Decimal,
    mid_monthly: Decimal,
    weight_amount: int,
    weight_frequency: int,
    weight_tenure: int,
    demotion_runs: int,
    replaces: int | None = None,
) -> TierPolicy:
    """Return the version after the one in force, unsaved, to be tried.

    `replaces` is the version that its author has seen in force. Raises BadWindow, SharesTooLarge, BadAmounts,
    BadWeights, BadDemotionRuns, or PolicyChanged if another version is in force by now.
    """
    weights = (weight_amount, weight_frequency, weight_tenure)
    if not 1 <= window_days <= MOST_WINDOW_DAYS:
        raise BadWindow
    if min(vip_percent, mid_percent) < 0 or vip_percent + mid_percent > 100:
        raise SharesTooLarge
    if not 0 <= mid_monthly <= vip_monthly <= MOST_MONTHLY:
        raise BadAmounts
    if min(weights) < 0 or not 1 <= sum(weights) <= MOST_WEIGHT:
        raise BadWeights
    if not 1 <= demotion_runs <= MOST_DEMOTION_RUNS:
        raise BadDemotionRuns
    in_force = current_policy()
    if replaces is not None and replaces != in_force.version:
        raise PolicyChanged
    rules = {
        "mode": PolicyMode(mode),
        "window_days": window_days,
        "vip_percent": vip_percent,
        "mid_percent": mid_percent,
        "vip_monthly": vip_monthly,
        "mid_monthly": mid_monthly,
        "weight_amount": weight_amount,
        "weight_frequency": weight_frequency,
        "weight_tenure": weight_tenure,
        "demotion_runs": demotion_runs,
    }
    policy = TierPolicy(version=in_force.version + 1, **rules)
    # The trail tells what differs from the version before.
    policy.as_read = {name: getattr(in_force, name) for name in rules}
    return policy


@transaction.atomic
def create_policy(*, by: User | None, at: datetime, **rules: Any) -> TierPolicy:
    """Put a new version of the rules in force for the next evaluation; rules and errors are draft_policy's."""
    wait_for_turn()
    policy = draft_policy(**rules)
    policy.created_by = by
    policy.created_at = at
    policy.save()
    record("tier_policy.changed", subject=policy, by=by, at=at, details={"version": policy.version})
    return policy
