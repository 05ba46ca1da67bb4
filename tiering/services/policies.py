from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError
from customers.enums import Tier
from tiering.enums import PolicyMode, PolicyState
from tiering.models import PolicyTrial, TierPolicy
from tiering.rules import LABELS
from tiering.turns import wait_for_turn

TRIAL_JOB = "tier_trial"
MOST_WINDOW_DAYS = 3660
MOST_DEMOTION_RUNS = 100
MOST_WEIGHT = 1000
MOST_HEAD_START = 240
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


class BadEntitlements(BadPolicy):
    code = "bad_entitlements"
    message = _("A head start is 240 hours at most, a rebate 100 percent, and no cost is negative.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put a new version of the policy in force meanwhile.")


class PolicyNotDraft(DomainError):
    code = "policy_not_draft"
    message = _("This version is no draft any more: it stays as it was written. Go on from its rules with a new one.")


class PolicyClosed(DomainError):
    code = "policy_closed"
    message = _("This version is in force, or was, or it was given up already.")


class NotYourDraft(DomainError):
    code = "not_your_draft"
    message = _("This draft is somebody else's. Go on from its rules with one of your own.")


def current_policy() -> TierPolicy:
    """Return the policy in force. Raises TierPolicy.DoesNotExist."""
    policy = TierPolicy.objects.filter(state=PolicyState.APPROVED).order_by("-version").first()
    if policy is None:
        raise TierPolicy.DoesNotExist
    return policy


def create_first_policy(*, at: datetime) -> TierPolicy:
    """Give the active tenant, a new one, the default rules as version 1."""
    return TierPolicy.objects.create(version=1, state=PolicyState.APPROVED, created_at=at, approved_at=at)


def draft_policy(*, replaces: int | None = None, **rules: Any) -> TierPolicy:
    """Return a version after all others, unsaved, to be tried; `rules` are those of tiering.rules.LABELS.

    `replaces` is the version that its author has seen in force. Raises BadWindow, SharesTooLarge, BadAmounts,
    BadWeights, BadDemotionRuns, BadEntitlements, or PolicyChanged if another version is in force by now.
    """
    if set(rules) != set(LABELS):
        raise TypeError(f"A policy says {sorted(LABELS)}, not {sorted(rules)}.")
    _check_tiers(rules)
    _check_entitlements(rules)
    in_force = current_policy()
    if replaces is not None and replaces != in_force.version:
        raise PolicyChanged
    newest = TierPolicy.objects.aggregate(version=Max("version"))["version"]
    return TierPolicy(version=newest + 1, replaces=in_force.version, **{**rules, "mode": PolicyMode(rules["mode"])})


def _check_tiers(rules: dict[str, Any]) -> None:
    weights = [rules[name] for name in ("weight_amount", "weight_frequency", "weight_tenure")]
    shares = rules["vip_percent"], rules["mid_percent"]
    if not 1 <= rules["window_days"] <= MOST_WINDOW_DAYS:
        raise BadWindow
    if min(shares) < 0 or sum(shares) > 100:
        raise SharesTooLarge
    if not 0 <= rules["mid_monthly"] <= rules["vip_monthly"] <= MOST_MONTHLY:
        raise BadAmounts
    if min(weights) < 0 or not 1 <= sum(weights) <= MOST_WEIGHT:
        raise BadWeights
    if not 1 <= rules["demotion_runs"] <= MOST_DEMOTION_RUNS:
        raise BadDemotionRuns


def _check_entitlements(rules: dict[str, Any]) -> None:
    hours = [rules[f"{tier}_head_start"] for tier in Tier.values]
    rebates = [rules[f"{tier}_rebate"] for tier in Tier.values]
    amounts = [rules["head_start_cost"], rules["manager_cost"]]
    if min(*hours, *rebates, *amounts) < 0 or max(hours) > MOST_HEAD_START or max(rebates) > 100:
        raise BadEntitlements
    if max(amounts) > MOST_MONTHLY:
        raise BadEntitlements


@transaction.atomic
def write_policy(*, draft: TierPolicy | None = None, by: User | None, at: datetime, **rules: Any) -> TierPolicy:
    """Keep rules as a new draft, or in place of those of one's own `draft`; it is in force when it was approved.

    A job tries it for whoever wrote it; what was found of other rules is gone. Raises PolicyNotDraft, NotYourDraft, and
    what draft_policy does.
    """
    wait_for_turn()
    written = draft_policy(**rules)
    if draft is not None:
        draft = lock_draft(draft, by=by)
        written.pk, written.version = draft.pk, draft.version
        written._state.adding = False
    written.created_by = by
    written.created_at = at
    written.save()
    PolicyTrial.objects.filter(policy=written).delete()
    record("tier_policy.written", of=written, by=by, at=at, details={"version": written.version})
    if by is not None:
        ask_for_trial(policy=written, by=by, at=at)
    return written


@transaction.atomic
def ask_for_trial(*, policy: TierPolicy, by: User, at: datetime) -> BackgroundJob:
    """Have a job find what a version would do as of yesterday. Raises PolicyClosed, NotAllowed or AlreadyRunning."""
    policy = TierPolicy.objects.get(pk=policy.pk)
    if not policy.is_open:
        raise PolicyClosed
    return start_job(
        kind=TRIAL_JOB,
        title=gettext("Trial of version %(version)s of the tier policy") % {"version": policy.version},
        # The moment tells rules that were written since apart.
        parameters={"policy": str(policy.pk), "written_at": policy.created_at.isoformat()},
        by=by,
        at=at,
    )


def lock_draft(policy: TierPolicy, *, by: User | None) -> TierPolicy:
    """Return a draft of that person's, held. Raises PolicyNotDraft or NotYourDraft."""
    policy = TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if policy.state != PolicyState.DRAFT:
        raise PolicyNotDraft
    if policy.created_by_id != (by.pk if by else None):
        raise NotYourDraft
    return policy
