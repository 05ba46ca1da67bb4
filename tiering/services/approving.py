"""From a draft of a policy to what is in force: sent for approval by one, approved or declined by another."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record, record_many
from core.events.services import publish
from core.tenancy.errors import DomainError
from tiering.enums import OPEN, PolicyState
from tiering.models import PolicyTrial, TierPolicy
from tiering.rules import LABELS
from tiering.services.policies import PolicyChanged, PolicyClosed, current_policy, lock_draft
from tiering.turns import wait_for_turn

LONGEST_REASON = 500
# Shipments of later days may have moved others meanwhile.
TRIAL_HOLDS = timedelta(days=7)
GIVEN_UP = {PolicyState.DECLINED: "tier_policy.declined", PolicyState.WITHDRAWN: "tier_policy.withdrawn"}


class AnotherWaits(DomainError):
    code = "another_policy_waits"
    message = _("Another version waits for approval. It has to be approved, declined or withdrawn first.")


class PolicyNotWaiting(DomainError):
    code = "policy_not_waiting"
    message = _("This version does not wait for approval any more.")


class OwnPolicy(DomainError):
    code = "own_policy"
    message = _("You wrote this version yourself: somebody else has to approve it.")


class PolicyUntried(DomainError):
    code = "policy_untried"
    message = _("Nobody knows yet what this version would do. Have it tried first.")


class TrialTooOld(DomainError):
    code = "policy_trial_too_old"
    message = _("The trial of this version is more than 7 days old. Try it anew, look at what it would do, and decide.")


class DecisionReasonMissing(DomainError):
    code = "decision_reason_missing"
    message = _("Say why.")


@transaction.atomic
def submit_policy(*, policy: TierPolicy, by: User | None, at: datetime) -> TierPolicy:
    """Send one's own draft for approval. Raises PolicyNotDraft, NotYourDraft, PolicyChanged or AnotherWaits."""
    wait_for_turn()
    policy = lock_draft(policy, by=by)
    if policy.replaces != current_policy().version:
        raise PolicyChanged
    if TierPolicy.objects.filter(state=PolicyState.SUBMITTED).exists():
        raise AnotherWaits
    policy.state = PolicyState.SUBMITTED
    policy.submitted_at = at
    policy.save(update_fields=["state", "submitted_at"])
    record("tier_policy.submitted", of=policy, by=by, at=at, details={"version": policy.version})
    publish("tier_policy.submitted", subject_id=policy.pk, payload=_told(policy), at=at)
    return policy


@transaction.atomic
def approve_policy(*, policy: TierPolicy, by: User | None, at: datetime) -> TierPolicy:
    """Put a version that waits in force for the next evaluation; drafts written before are overtaken.

    Raises PolicyNotWaiting, OwnPolicy, PolicyUntried or TrialTooOld.
    """
    wait_for_turn()
    policy = _lock_waiting(policy)
    if by is not None and by.pk == policy.created_by_id:
        raise OwnPolicy
    trial = PolicyTrial.objects.filter(policy=policy).first()
    if trial is None:
        raise PolicyUntried
    if is_too_old(trial, at=at):
        raise TrialTooOld
    in_force = current_policy()
    policy.state = PolicyState.APPROVED
    policy.approved_by, policy.approved_at = by, at
    policy.save(update_fields=["state", "approved_by", "approved_at"])
    # The trail tells what differs from the version before.
    policy.as_read = {name: getattr(in_force, name) for name in LABELS}
    record("tier_policy.approved", subject=policy, by=by, at=at, details={"version": policy.version})
    _overtake(by=by, at=at)
    publish("tier_policy.approved", subject_id=policy.pk, payload=_told(policy), at=at)
    return policy


def is_too_old(trial: PolicyTrial, *, at: datetime) -> bool:
    """Say whether a trial was made too long ago to approve anything by it."""
    return at - trial.made_at > TRIAL_HOLDS


@transaction.atomic
def decline_policy(*, policy: TierPolicy, reason: str, by: User, at: datetime) -> TierPolicy:
    """Refuse a version that waits. Raises DecisionReasonMissing or PolicyNotWaiting."""
    wait_for_turn()
    policy = _close(_lock_waiting(policy), PolicyState.DECLINED, reason=_needed(reason), by=by, at=at)
    record(
        "tier_policy.declined",
        of=policy,
        by=by,
        at=at,
        reason=policy.closed_reason,
        details={"version": policy.version},
    )
    publish("tier_policy.declined", subject_id=policy.pk, payload=_told(policy), at=at)
    return policy


@transaction.atomic
def withdraw_policy(*, policy: TierPolicy, reason: str, by: User, at: datetime) -> TierPolicy:
    """Give a draft up, or what waits for approval; it stays on record. Raises DecisionReasonMissing or PolicyClosed."""
    wait_for_turn()
    policy = TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if not policy.is_open:
        raise PolicyClosed
    policy = _close(policy, PolicyState.WITHDRAWN, reason=_needed(reason), by=by, at=at)
    record(
        "tier_policy.withdrawn",
        of=policy,
        by=by,
        at=at,
        reason=policy.closed_reason,
        details={"version": policy.version},
    )
    return policy


def _needed(reason: str) -> str:
    if not reason.strip():
        raise DecisionReasonMissing
    return reason.strip()[:LONGEST_REASON]


def _lock_waiting(policy: TierPolicy) -> TierPolicy:
    policy = TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if policy.state != PolicyState.SUBMITTED:
        raise PolicyNotWaiting
    return policy


def _close(policy: TierPolicy, state: PolicyState, *, reason: str, by: User | None, at: datetime) -> TierPolicy:
    policy.state = state
    policy.closed_by, policy.closed_at, policy.closed_reason = by, at, reason
    policy.save(update_fields=["state", "closed_by", "closed_at", "closed_reason"])
    return policy


def _overtake(*, by: User | None, at: datetime) -> None:
    """Close whatever was written against a version that is in force no longer."""
    older = TierPolicy.objects.select_for_update(of=("self",)).filter(state__in=OPEN)
    for policy in (overtaken := list(older)):
        _close(policy, PolicyState.STALE, reason="", by=by, at=at)
    record_many(
        "tier_policy.overtaken",
        overtaken,
        of=lambda policy: policy,
        by=by,
        at=at,
        details=lambda policy: {"version": policy.version},
    )


def _told(policy: TierPolicy) -> dict[str, int | None]:
    """Return what every event of a version tells."""
    return {"version": policy.version, "replaces": policy.replaces}
