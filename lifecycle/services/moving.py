"""Moving customers from stage to stage: all of them by night, one by its shipment, one by hand."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.audit.statement import actor
from core.events.services import publish
from core.events.waking import wake_for
from core.partners.models import ApiKey
from core.tenancy.clock import day_start, local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.enums import Stage
from customers.models import Customer
from customers.services import lock_customer
from customers.stages import place_in_stage
from customers.turns import wait_for_imports
from lifecycle.enums import LeadState, MoveCause
from lifecycle.models import Lead, LifecyclePolicy, StageChange
from lifecycle.moves import is_allowed
from lifecycle.services.leads import LeadClosed, hold_lead
from lifecycle.services.policies import current_policy
from lifecycle.statement import ADOPTING, WINDOWS_BEFORE, evaluation_statement
from lifecycle.turns import wait_for_turn

LONGEST_HOLD = timedelta(days=366)
LONGEST_REASON = 500


class DateAhead(DomainError):
    code = "date_ahead"
    message = _("Stages are evaluated as of today at the latest.")


class NotAllowed(DomainError):
    code = "move_not_allowed"
    message = _("A customer does not come from this stage into that one by hand.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Say why the customer is put into another stage.")


class BadHold(DomainError):
    code = "bad_hold"
    message = _("A stage set by hand holds at least until today, and for a year at most.")


@transaction.atomic
def evaluate_stages(*, as_of: date, at: datetime) -> dict[str, Any]:
    """Move every customer of the active tenant as its shipments up to `as_of` say; return how many went where.

    One statement; a customer moves once a day at most, so the same date again changes nothing. Who is a lead that
    nobody has taken up is one from then on. Raises DateAhead.
    """
    if as_of > local_date(at, current_tenant().time_zone):
        raise DateAhead
    wait_for_imports()
    wait_for_turn()
    with connection.cursor() as cursor:
        cursor.execute(evaluation_statement(), _parameters(current_policy(), as_of, at))
        moves = {f"{before}>{after}": count for before, after, count in cursor.fetchall()}
        cursor.execute(ADOPTING, {"tenant": required_tenant_id()})
        [adopted] = cursor.fetchone()
    wake_for("customer.stage_changed", "lead.state_changed")
    return {"as_of": as_of.isoformat(), "moves": moves, "moved": sum(moves.values()), "leads": adopted}


def evaluate_last_day(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Do the nightly evaluation as of the day before `business_date`; return its figures."""
    return evaluate_stages(as_of=business_date - timedelta(days=1), at=at)


def _parameters(policy: LifecyclePolicy, as_of: date, at: datetime) -> dict[str, Any]:
    zone, window = current_tenant().time_zone, policy.window_days
    before = WINDOWS_BEFORE * window
    first_of_window = as_of - timedelta(days=window - 1)
    return {
        "tenant": required_tenant_id(),
        "zone": zone,
        "as_of": as_of,
        "at": at,
        "window": window,
        "before_days": before,
        "window_day": first_of_window,
        "window_start": day_start(first_of_window, zone),
        "before_start": day_start(first_of_window - timedelta(days=before), zone),
        "end": day_start(as_of + timedelta(days=1), zone),
        "growing_at": 100 + policy.growth_percent,
        "declining_at": 100 - policy.decline_percent,
        "policy_version": policy.version,
        **{
            name: getattr(policy, name)
            for name in ("new_days", "least_days", "won_back_days", "lost_days", "lost_least_days", "lost_rhythms")
        },
        **actor(None),
    }


@transaction.atomic
def move_by_shipment(*, customer_id: UUID, at: datetime) -> StageChange | None:
    """Move a lead that has shipped, or one that was lost and has shipped since; None where there is nothing to move."""
    wait_for_turn()
    customer = Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).first()
    if customer is None or customer.last_shipment_at is None:
        return None
    today = local_date(at, current_tenant().time_zone)
    last_day = local_date(customer.last_shipment_at, current_tenant().time_zone)
    if customer.stage == Stage.LEAD:
        return _move(customer, Stage.NEW, MoveCause.SHIPMENT, today=today, by=None, at=at)
    if customer.stage == Stage.LOST and last_day > customer.stage_since:
        return _move(customer, Stage.WON_BACK, MoveCause.SHIPMENT, today=today, by=None, at=at)
    return None


@transaction.atomic
def convert_lead(*, lead: Lead, version: int | None = None, by: User | ApiKey, at: datetime) -> StageChange:
    """Win an open lead before it has shipped: its customer is new.

    Raises LeadChanged, LeadClosed, NotAllowed or CustomerMerged.
    """
    wait_for_turn()
    customer = lock_customer(lead.customer_id)
    if not hold_lead(lead, version).is_open:
        raise LeadClosed
    if customer.stage != Stage.LEAD:
        raise NotAllowed
    today = local_date(at, current_tenant().time_zone)
    return _move(customer, Stage.NEW, MoveCause.HAND, today=today, by=by, at=at)


@transaction.atomic
def move_by_hand(
    *, customer: Customer, stage: str, reason: str, held_until: date, by: User, at: datetime
) -> StageChange:
    """Put a customer into another stage, which rules leave alone through `held_until`, but for a shipment.

    Raises NotAllowed, ReasonMissing, BadHold or CustomerMerged.
    """
    today = local_date(at, current_tenant().time_zone)
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing
    if not today <= held_until <= today + LONGEST_HOLD:
        raise BadHold
    wait_for_turn()
    customer = lock_customer(customer.pk)
    if not is_allowed(customer.stage, stage, by=MoveCause.HAND):
        raise NotAllowed
    return _move(
        customer, Stage(stage), MoveCause.HAND, today=today, reason=reason, held_until=held_until, by=by, at=at
    )


def _move(
    customer: Customer,
    stage: Stage,
    cause: MoveCause,
    *,
    today: date,
    reason: str = "",
    held_until: date | None = None,
    by: User | ApiKey | None,
    at: datetime,
) -> StageChange:
    """Move a locked customer, keep why, and tell of it; a lead that is one no longer is won."""
    before = customer.stage
    place_in_stage(customer=customer, stage=stage, since=today, held_until=held_until)
    change = tell_move(customer, before, cause, today=today, reason=reason, by=by, at=at)
    if before == Stage.LEAD:
        _win_lead(customer, by=by, at=at)
    record("customer.stage_moved", subject=customer, by=by, at=at, reason=reason)
    return change


def tell_move(
    customer: Customer,
    before: str,
    cause: MoveCause,
    *,
    today: date,
    reason: str = "",
    by: User | None,
    at: datetime,
) -> StageChange:
    """Keep how a locked customer came into the stage in which it is now, and tell of it."""
    last = customer.last_shipment_at
    change = StageChange.objects.create(
        customer=customer,
        from_stage=before,
        to_stage=customer.stage,
        cause=cause,
        reason=reason,
        moved_by=by if isinstance(by, User) else None,
        as_of=today,
        policy_version=current_policy().version,
        shipment_count=customer.shipment_count,
        silent_days=max((today - local_date(last, current_tenant().time_zone)).days, 0) if last else None,
        changed_at=at,
    )
    publish(
        "customer.stage_changed",
        subject_id=customer.pk,
        payload={
            "number": customer.number,
            "from": str(before),
            "to": str(customer.stage),
            "cause": cause.value,
            "as_of": today.isoformat(),
        },
        at=at,
    )
    return change


def _win_lead(customer: Customer, *, by: User | ApiKey | None, at: datetime) -> None:
    """Close the customer's newest lead as converted, one that was given up, too."""
    leads = Lead.objects.select_for_update(of=("self",)).filter(customer=customer)
    lead = leads.order_by("-captured_at", "-pk").first()
    if lead is None or lead.state == LeadState.CONVERTED:
        return
    lead.state = LeadState.CONVERTED
    lead.closed_at = at
    lead.lost_reason = None
    lead.version += 1
    lead.save(update_fields=["state", "closed_at", "lost_reason", "version"])
    record("lead.converted", subject=lead, by=by, at=at)
    publish(
        "lead.state_changed",
        subject_id=lead.pk,
        payload={"customer_id": str(customer.pk), "state": lead.state.value},
        at=at,
    )
