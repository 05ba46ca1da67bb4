"""Writing a plan while it is a draft: its dates, its items, and the next edition of one that holds."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.turns import wait_for_turn
from customers.models import Customer
from customers.services import lock_customer
from service_plans.enums import MEASURED, PlanState
from service_plans.models import PlanItem, ServicePlan

MOST_ITEMS = 30
LONGEST_TEXT = 1000
FACTS = (
    "kind",
    "text",
    "product",
    "packaging",
    "origin_city",
    "destination_city",
    "most_hours",
    "picked_up_from",
    "picked_up_until",
    "target_percent",
)


class PlanEndsBeforeItStarts(DomainError):
    code = "plan_ends_before_it_starts"
    message = _("The end lies before the start.")


class PlanNotDraft(DomainError):
    code = "plan_not_draft"
    message = _("This edition is no draft any more: what was agreed stays as it was written. Make the next edition.")


class PlanNotApproved(DomainError):
    code = "plan_not_approved"
    message = _("This plan is not approved.")


class TooManyItems(DomainError):
    code = "too_many_items"
    message = format_lazy(_("A plan holds {most} items at most."), most=MOST_ITEMS)


class NothingPromised(DomainError):
    code = "nothing_promised"
    message = _("Write down what is agreed.")


class MeasureIncomplete(DomainError):
    code = "measure_incomplete"
    message = _("With a target, say what is measured: hours of a route, both times of a pickup window, a packaging.")


@transaction.atomic
def create_plan(
    *, customer: Customer, starts_on: date, ends_on: date, remind_days: int = 30, by: User | None, at: datetime
) -> ServicePlan:
    """Begin a plan for a customer, as a draft without items. Raises PlanEndsBeforeItStarts or CustomerMerged."""
    customer = lock_customer(customer.pk, lets_others_point_here=True)
    _check_dates(starts_on, ends_on)
    serial = _next_serial()
    plan = ServicePlan.objects.create(
        serial=serial,
        number=f"SP{serial:06}",
        customer=customer,
        starts_on=starts_on,
        ends_on=ends_on,
        remind_days=remind_days,
        written_by=by,
        written_at=at,
    )
    record("service_plan.created", of=plan, by=by, at=at)
    return plan


@transaction.atomic
def update_plan(
    *, plan: ServicePlan, starts_on: date, ends_on: date, remind_days: int, by: User, at: datetime
) -> ServicePlan:
    """Change the dates of a draft. Raises PlanNotDraft or PlanEndsBeforeItStarts."""
    plan = lock_draft(plan)
    _check_dates(starts_on, ends_on)
    plan.starts_on, plan.ends_on, plan.remind_days = starts_on, ends_on, remind_days
    # Whoever wrote any of it does not approve it.
    plan.written_by = by
    plan.version += 1
    plan.save(update_fields=["starts_on", "ends_on", "remind_days", "written_by", "version"])
    record("service_plan.updated", subject=plan, by=by, at=at)
    return plan


@transaction.atomic
def add_item(*, plan: ServicePlan, facts: Mapping[str, Any], by: User | None, at: datetime) -> PlanItem:
    """Add an item to a draft. Raises PlanNotDraft, TooManyItems, NothingPromised or MeasureIncomplete."""
    plan = lock_draft(plan)
    last = plan.items.aggregate(last=Max("place"))["last"] or 0
    if plan.items.count() >= MOST_ITEMS:
        raise TooManyItems
    item = PlanItem(plan=plan, place=last + 1, **facts)
    _check_item(item)
    item.save(force_insert=True)
    _touch(plan, by)
    record("service_plan.item_added", of=plan, by=by, at=at, details={"item_kind": item.kind})
    return item


@transaction.atomic
def change_item(*, item: PlanItem, facts: Mapping[str, Any], by: User, at: datetime) -> PlanItem:
    """Change an item of a draft. Raises PlanNotDraft, NothingPromised or MeasureIncomplete."""
    plan = lock_draft(item.plan)
    item = PlanItem.objects.select_for_update().get(pk=item.pk)
    for name, value in facts.items():
        setattr(item, name, value)
    _check_item(item)
    item.save()
    _touch(plan, by)
    record("service_plan.item_changed", of=plan, by=by, at=at, details={"item_kind": item.kind})
    return item


@transaction.atomic
def remove_item(*, item: PlanItem, by: User, at: datetime) -> None:
    """Take an item out of a draft. Raises PlanNotDraft."""
    plan = lock_draft(item.plan)
    kind = item.kind
    item.delete()
    _touch(plan, by)
    record("service_plan.item_removed", of=plan, by=by, at=at, details={"item_kind": kind})


@transaction.atomic
def create_next_edition(*, plan: ServicePlan, by: User, at: datetime) -> ServicePlan:
    """Make a draft of the next edition, with the same items, for as long, from the day after the end.

    Raises PlanNotApproved or CustomerMerged.
    """
    customer = lock_customer(plan.customer_id, lets_others_point_here=True)
    plan = ServicePlan.objects.select_for_update().get(pk=plan.pk)
    if plan.state != PlanState.APPROVED:
        raise PlanNotApproved
    starts_on = plan.ends_on + timedelta(days=1)
    serial = _next_serial()
    following = ServicePlan.objects.create(
        serial=serial,
        number=f"SP{serial:06}",
        customer=customer,
        edition=plan.edition + 1,
        follows=plan,
        starts_on=starts_on,
        ends_on=starts_on + (plan.ends_on - plan.starts_on),
        remind_days=plan.remind_days,
        written_by=by,
        written_at=at,
    )
    for item in plan.items.order_by("place"):
        PlanItem.objects.create(plan=following, place=item.place, **{name: getattr(item, name) for name in FACTS})
    record("service_plan.created", of=following, by=by, at=at, details={"follows": plan.number})
    return following


def lock_draft(plan: ServicePlan) -> ServicePlan:
    """Return the plan's row, held. Raises PlanNotDraft."""
    plan = ServicePlan.objects.select_for_update().get(pk=plan.pk)
    if plan.state != PlanState.DRAFT:
        raise PlanNotDraft
    return plan


def _touch(plan: ServicePlan, by: User | None) -> None:
    plan.written_by = by
    plan.version += 1
    plan.save(update_fields=["written_by", "version"])


def _check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise PlanEndsBeforeItStarts


def _check_item(item: PlanItem) -> None:
    item.text = (item.text or "").strip()
    if not item.text:
        raise NothingPromised
    if item.kind not in MEASURED:
        item.target_percent = None
    needed = {
        "pickup": (item.picked_up_from, item.picked_up_until),
        "packaging": (item.packaging,),
        "route": (item.most_hours,),
    }.get(item.kind, ())
    if item.target_percent is not None and any(value in (None, "") for value in needed):
        raise MeasureIncomplete


def _next_serial() -> int:
    """Return the number after the last, held for this transaction: plans of a tenant are numbered one by one."""
    wait_for_turn("service_plans")
    return (ServicePlan.objects.aggregate(last=Max("serial"))["last"] or 0) + 1
