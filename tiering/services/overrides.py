from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.enums import Tier
from customers.models import Customer
from customers.services import lock_customer
from customers.tiers import place_by_hand
from tiering.enums import MoveReason
from tiering.models import TierOverride
from tiering.services.telling import tell_move
from tiering.turns import wait_for_turn


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Say why the tier is set by hand.")


class OverrideExpired(DomainError):
    code = "override_expired"
    message = _("A tier set by hand holds at least until today.")


class OverrideEnded(DomainError):
    code = "override_ended"
    message = _("This tier is no longer set by hand.")


class OverrideWaits(DomainError):
    code = "override_waits"
    message = _("A tier is asked for already. It has to be approved, declined or taken back first.")


class OverrideNotWaiting(DomainError):
    code = "override_not_waiting"
    message = _("This tier does not wait for approval any more.")


class OwnOverride(DomainError):
    code = "own_override"
    message = _("You asked for this tier yourself: somebody else has to approve it.")


@transaction.atomic
def ask_for_tier(
    *, customer: Customer, tier: str, reason: str, expires_on: date | None, by: User | None, at: datetime
) -> TierOverride:
    """Ask that a customer's tier be set by hand, through the day `expires_on`; somebody else approves it.

    Raises ReasonMissing, OverrideExpired, OverrideWaits or CustomerMerged.
    """
    if not reason.strip():
        raise ReasonMissing
    _check_last_day(expires_on, at)
    wait_for_turn()
    customer = lock_customer(customer.pk)
    if TierOverride.objects.filter(customer=customer, ended_at=None, approved_at=None).exists():
        raise OverrideWaits
    override = TierOverride.objects.create(
        customer=customer, tier=Tier(tier), reason=reason.strip(), asked_by=by, created_at=at, expires_on=expires_on
    )
    details = {"tier": str(override.tier), **({"expires_on": expires_on.isoformat()} if expires_on else {})}
    record("tier.asked", of=customer, by=by, at=at, details=details, reason=override.reason)
    publish(
        "tier_override.asked",
        subject_id=override.pk,
        payload={"customer_id": str(customer.pk), "tier": str(override.tier)},
        at=at,
    )
    return override


@transaction.atomic
def approve_override(*, override: TierOverride, by: User | None, at: datetime) -> TierOverride:
    """Set the tier that somebody asked for, at once; an earlier one by hand of the same customer ends.

    Raises OverrideNotWaiting, OwnOverride, OverrideExpired or CustomerMerged.
    """
    wait_for_turn()
    customer = lock_customer(override.customer_id)
    override = _lock_waiting(override)
    if by is not None and by.pk == override.asked_by_id:
        raise OwnOverride
    today = _check_last_day(override.expires_on, at)
    earlier = TierOverride.objects.filter(customer=customer, ended_at=None, approved_at__isnull=False)
    earlier.filter(end_requested_at=None).update(ended_by=by)
    earlier.update(ended_at=at)
    override.approved_by, override.approved_at = by, at
    override.save(update_fields=["approved_by", "approved_at"])
    details = {"expires_on": override.expires_on.isoformat()} if override.expires_on else {}
    if customer.tier != override.tier:
        _move_by_hand(customer, override.tier, today, at)
    else:
        details["tier"] = str(override.tier)
    record("tier.set", subject=customer, by=by, at=at, details=details, reason=override.reason)
    return override


@transaction.atomic
def decline_override(*, override: TierOverride, reason: str, by: User, at: datetime) -> TierOverride:
    """Refuse a tier that somebody asked for; who asked takes it back so. Raises ReasonMissing or OverrideNotWaiting."""
    if not reason.strip():
        raise ReasonMissing
    wait_for_turn()
    override = _lock_waiting(override)
    override.refusal = reason.strip()
    override.ended_by, override.ended_at = by, at
    override.save(update_fields=["refusal", "ended_by", "ended_at"])
    record(
        "tier.declined", of=override.customer, by=by, at=at, details={"tier": override.tier}, reason=override.refusal
    )
    return override


def _lock_waiting(override: TierOverride) -> TierOverride:
    override = TierOverride.objects.select_for_update(of=("self",)).get(pk=override.pk)
    if override.approved_at is not None or override.ended_at is not None:
        raise OverrideNotWaiting
    return override


def _check_last_day(expires_on: date | None, at: datetime) -> date:
    """Return today. Raises OverrideExpired."""
    today = local_date(at, current_tenant().time_zone)
    if expires_on is not None and expires_on < today:
        raise OverrideExpired
    return today


def _move_by_hand(customer: Customer, tier: str, today: date, at: datetime) -> None:
    old = customer.tier
    place_by_hand(customer=customer, tier=tier, since=today)
    tell_move(customer, before=old, reason=MoveReason.OVERRIDE, at=at)


@transaction.atomic
def end_override(*, override: TierOverride, by: User, at: datetime) -> TierOverride:
    """Let a tier set by hand hold no longer; what was approved stays as it was written.

    The customer keeps it until the next evaluation, which closes the override and moves without waiting, as
    it does for one that expired. Raises OverrideEnded.
    """
    wait_for_turn()
    override = TierOverride.objects.select_for_update(of=("self",)).get(pk=override.pk)
    today = local_date(at, current_tenant().time_zone)
    if override.ended_at is not None or not override.holds_on(today):
        raise OverrideEnded
    override.end_requested_at = at
    override.ended_by = by
    override.save(update_fields=["end_requested_at", "ended_by"])
    record("tier.released", subject=override.customer, by=by, at=at, details={"tier": override.tier})
    return override
