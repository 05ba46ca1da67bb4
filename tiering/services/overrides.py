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
from tiering.models import TierChange, TierOverride
from tiering.services.policies import current_policy
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


@transaction.atomic
def set_override(
    *, customer: Customer, tier: str, reason: str, expires_on: date | None, by: User, at: datetime
) -> TierOverride:
    """Set a customer's tier by hand, at once, through the day `expires_on`; `by` approves it.

    An earlier one of the same customer ends. Raises ReasonMissing or OverrideExpired.
    """
    today = local_date(at, current_tenant().time_zone)
    if not reason.strip():
        raise ReasonMissing
    if expires_on is not None and expires_on < today:
        raise OverrideExpired
    wait_for_turn()
    customer = lock_customer(customer.pk)
    earlier = TierOverride.objects.filter(customer=customer, ended_at=None)
    earlier.filter(end_requested_at=None).update(ended_by=by)
    earlier.update(ended_at=at)
    override = TierOverride.objects.create(
        customer=customer,
        tier=Tier(tier),
        reason=reason.strip(),
        approved_by=by,
        created_at=at,
        expires_on=expires_on,
    )
    details = {"expires_on": expires_on.isoformat()} if expires_on else {}
    if customer.tier != override.tier:
        _move_by_hand(customer, override.tier, today, at)
    else:
        details["tier"] = str(override.tier)
    record("tier.set", subject=customer, by=by, at=at, details=details, reason=override.reason)
    return override


def _move_by_hand(customer: Customer, tier: str, today: date, at: datetime) -> None:
    policy = current_policy()
    old = customer.tier
    place_by_hand(customer=customer, tier=tier, since=today)
    TierChange.objects.create(
        customer=customer,
        from_tier=old,
        to_tier=tier,
        reason=MoveReason.OVERRIDE,
        as_of=today,
        window_days=policy.window_days,
        policy_version=policy.version,
        contribution=customer.contribution,
        shipment_count=customer.window_shipment_count,
        changed_at=at,
    )
    publish(
        "customer.tier_changed",
        subject_id=customer.pk,
        payload={
            "number": customer.number,
            "from": old,
            "to": str(tier),
            "reason": MoveReason.OVERRIDE.value,
            "as_of": today.isoformat(),
        },
        at=at,
    )


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
