"""From a draft to what holds: proposed by one, approved by another, ended, and shared with the customer."""

import secrets
import uuid
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.services import lock_customer, tell_in_timeline
from service_plans.enums import PlanState
from service_plans.models import ServicePlan
from service_plans.services.measuring import measure_plan
from service_plans.services.writing import PlanNotApproved, lock_draft

SHARED = timedelta(days=180)


class PlanEmpty(DomainError):
    code = "plan_empty"
    message = _("Add at least one item first.")


class PlanNotProposed(DomainError):
    code = "plan_not_proposed"
    message = _("This plan does not wait for approval any more.")


class OwnPlan(DomainError):
    code = "own_plan"
    message = _("You wrote or proposed this plan yourself: somebody else has to approve it.")


class PlansOverlap(DomainError):
    code = "plans_overlap"
    message = _(
        "Another approved plan of this customer holds on some of these days. Change the dates, or end that one."
    )


class EndsTooLate(DomainError):
    code = "ends_too_late"
    message = _("A plan is ended early, between its start and its agreed end, and not before yesterday.")


@transaction.atomic
def propose_plan(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """Ask for the approval of a draft. Raises PlanNotDraft or PlanEmpty."""
    plan = lock_draft(plan)
    if not plan.items.exists():
        raise PlanEmpty
    plan.state = PlanState.PROPOSED
    plan.proposed_by, plan.proposed_at = by, at
    _save(plan, "state", "proposed_by", "proposed_at")
    record("service_plan.proposed", subject=plan, by=by, at=at)
    return plan


@transaction.atomic
def approve_plan(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """Let a proposed plan hold on its days; the edition that it follows ends the day before at the latest.

    Raises PlanNotProposed, OwnPlan, PlansOverlap or CustomerMerged.
    """
    customer = lock_customer(plan.customer_id, lets_others_point_here=True)
    plan = _lock_proposed(plan)
    if by.pk in (plan.written_by_id, plan.proposed_by_id):
        raise OwnPlan
    _end_before(plan, by=by, at=at)
    plan.state = PlanState.APPROVED
    plan.approved_by, plan.approved_at = by, at
    try:
        with transaction.atomic():
            _save(plan, "state", "approved_by", "approved_at")
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "service_plan_one_a_day":
            raise
        raise PlansOverlap from error
    record("service_plan.approved", subject=plan, by=by, at=at)
    tell_in_timeline(
        customer=customer,
        code="service_plan.approved",
        parameters={"number": plan.number, "edition": plan.edition, **_dates(plan)},
        source=f"service_plan.approved:{plan.pk}",
        happened_at=at,
        at=at,
    )
    publish("service_plan.approved", subject_id=plan.pk, payload=_told(plan), at=at)
    measure_plan(plan=plan, business_date=local_date(at, current_tenant().time_zone), at=at)
    return plan


@transaction.atomic
def send_back_plan(*, plan: ServicePlan, reason: str, by: User, at: datetime) -> ServicePlan:
    """Make a proposed plan a draft again, with the reason in the trail. Raises PlanNotProposed."""
    plan = _lock_proposed(plan)
    plan.state = PlanState.DRAFT
    plan.proposed_by = plan.proposed_at = None
    _save(plan, "state", "proposed_by", "proposed_at")
    record("service_plan.sent_back", subject=plan, by=by, at=at, reason=reason)
    return plan


@transaction.atomic
def drop_plan(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """Give a draft up; it stays on record. Raises PlanNotDraft."""
    plan = lock_draft(plan)
    plan.state = PlanState.DROPPED
    _save(plan, "state")
    record("service_plan.dropped", subject=plan, by=by, at=at)
    return plan


@transaction.atomic
def end_plan(*, plan: ServicePlan, ends_on: date, by: User, at: datetime) -> ServicePlan:
    """Let an approved plan end earlier than agreed. Raises PlanNotApproved or EndsTooLate."""
    plan = _lock_approved(plan)
    yesterday = local_date(at, current_tenant().time_zone) - timedelta(days=1)
    if not max(plan.starts_on, yesterday) <= ends_on < plan.ends_on:
        raise EndsTooLate
    plan.ends_on = ends_on
    _save(plan, "ends_on")
    record("service_plan.ended", subject=plan, by=by, at=at)
    return plan


@transaction.atomic
def share_plan(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """Make the link by which the customer reads an approved plan, in place of one before. Raises PlanNotApproved."""
    plan = _lock_approved(plan)
    plan.share_word, plan.shared_until = secrets.token_urlsafe(16), at + SHARED
    _save(plan, "share_word", "shared_until")
    record("service_plan.shared", of=plan, by=by, at=at)
    return plan


@transaction.atomic
def stop_sharing_plan(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """End the customer's link. Raises PlanNotApproved."""
    plan = _lock_approved(plan)
    plan.share_word = plan.shared_until = None
    _save(plan, "share_word", "shared_until")
    record("service_plan.unshared", of=plan, by=by, at=at)
    return plan


def share_token(plan: ServicePlan) -> str:
    """Return what proves in an address that its holder was given the link."""
    return signing.dumps([plan.pk.hex, plan.share_word], salt=_salt())


def shared_plan(token: str, *, at: datetime) -> ServicePlan | None:
    """Return the plan that a token of the active tenant opens; None for one that is over, ended or made up."""
    try:
        pk, word = signing.loads(token, salt=_salt())
    except signing.BadSignature:
        return None
    plans = ServicePlan.objects.filter(pk=uuid.UUID(pk), state=PlanState.APPROVED, shared_until__gt=at)
    plan = plans.exclude(customer__erased_at__isnull=False).select_related("customer").first()
    is_good = plan is not None and plan.share_word and secrets.compare_digest(plan.share_word, word)
    return plan if is_good else None


def remind_of_ends(*, business_date: date, at: datetime) -> dict[str, int]:
    """Tell once of each approved plan that ends soon and has no successor, so that somebody renews it."""
    successors = ServicePlan.objects.exclude(state=PlanState.DROPPED).filter(follows__isnull=False).values("follows")
    plans = ServicePlan.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=PlanState.APPROVED,
        reminded_at=None,
        ends_on__gte=business_date,
        ends_on__lte=business_date + F("remind_days"),
    )
    told = 0
    for plan in plans.exclude(pk__in=successors).order_by("pk"):
        plan.reminded_at = at
        plan.save(update_fields=["reminded_at"])
        publish("service_plan.ends_soon", subject_id=plan.pk, payload=_told(plan), at=at)
        told += 1
    return {"told": told}


def _end_before(plan: ServicePlan, *, by: User, at: datetime) -> None:
    """Let the edition before end the day before this one starts, where it began earlier and would last longer."""
    if plan.follows_id is None:
        return
    before = ServicePlan.objects.select_for_update().get(pk=plan.follows_id)
    if before.state == PlanState.APPROVED and before.starts_on < plan.starts_on <= before.ends_on:
        before.ends_on = plan.starts_on - timedelta(days=1)
        _save(before, "ends_on")
        record("service_plan.ended", subject=before, by=by, at=at)


def _lock_proposed(plan: ServicePlan) -> ServicePlan:
    plan = ServicePlan.objects.select_for_update().get(pk=plan.pk)
    if plan.state != PlanState.PROPOSED:
        raise PlanNotProposed
    return plan


def _lock_approved(plan: ServicePlan) -> ServicePlan:
    plan = ServicePlan.objects.select_for_update().get(pk=plan.pk)
    if plan.state != PlanState.APPROVED:
        raise PlanNotApproved
    return plan


def _save(plan: ServicePlan, *names: str) -> None:
    plan.version += 1
    plan.save(update_fields=[*names, "version"])


def _dates(plan: ServicePlan) -> dict[str, str]:
    return {"starts_on": plan.starts_on.isoformat(), "ends_on": plan.ends_on.isoformat()}


def _told(plan: ServicePlan) -> dict[str, object]:
    return {
        "number": plan.number,
        "customer_id": str(plan.customer_id),
        "edition": plan.edition,
        "version": plan.version,
        **_dates(plan),
    }


def _salt() -> str:
    return f"service_plans.shared:{required_tenant_id()}"
