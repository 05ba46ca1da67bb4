"""The shapes in which service plans are read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from core.crypto.fields import readable
from core.crypto.masking import UNREADABLE, mask_text
from customers.models import Customer
from customers.needs.reading import with_needs
from service_plans.enums import PlanState
from service_plans.models import PlanItem, PlanMonth, ServicePlan

SHOWN_ON_RECORD = 10
SHOWN_MONTHS = 6


@dataclass(frozen=True)
class MonthKept:
    """How often an item was kept in a month; None where nothing was measured."""

    month: date
    figures: PlanMonth | None
    target: int

    @property
    def percent(self) -> int:
        """The share kept, rounded down, so that it reaches its target only where the promise was kept."""
        return self.figures.kept * 100 // self.figures.measured

    @property
    def is_kept(self) -> bool:
        return self.figures.kept * 100 >= self.target * self.figures.measured


@dataclass(frozen=True)
class ItemShown:
    """An item as pages show it, what is personal in its words hidden, with its months, the newest first."""

    item: PlanItem
    text: str
    months: list[MonthKept]


def for_list(plans: QuerySet[ServicePlan]) -> QuerySet[ServicePlan]:
    """Bring customers and who approved, in one query."""
    related = plans.select_related("customer__account_manager", "approved_by", "written_by")
    return related.defer("share_word", "customer__special_needs", "customer__birthday")


def for_record(plans: QuerySet[ServicePlan]) -> QuerySet[ServicePlan]:
    """Bring the same with what the customer needs, items and their months: three queries."""
    items = PlanItem.objects.order_by("place", "id")
    months = PlanMonth.objects.order_by("-month")
    related = plans.select_related("customer__account_manager", "approved_by", "written_by", "proposed_by", "follows")
    return with_needs(related).prefetch_related(
        Prefetch("items", queryset=items), Prefetch("items__months", queryset=months)
    )


def of_customer(customer: Customer) -> QuerySet[ServicePlan]:
    """Return the newest editions of a customer's plans, but those that were dropped."""
    plans = for_list(ServicePlan.objects.filter(customer=customer)).exclude(state=PlanState.DROPPED)
    return plans.order_by("-starts_on", "-id")


def months_of(plan: ServicePlan) -> list[date]:
    """Return the newest months of which the plan has figures, the newest first; its items are prefetched."""
    months = {each.month for item in plan.items.all() for each in item.months.all()}
    return sorted(months, reverse=True)[:SHOWN_MONTHS]


def shown(plan: ServicePlan, *, names: Iterable[str], points: Collection[str] | None = None) -> list[ItemShown]:
    """Return a plan's items as pages show them; `names` are hidden in their words (see masked)."""
    names, months = list(names), months_of(plan)
    return [ItemShown(item, masked(item, names, points=points), _kept(item, months)) for item in plan.items.all()]


def masked(item: PlanItem, names: Iterable[str], *, points: Collection[str] | None = None) -> str:
    """Return the words of an item, what is personal hidden; empty where they were erased.

    What the customer is to read comes with the `points` of its contacts: other numbers stay as they were written.
    """
    text = readable(item, "text")
    if text is not None:
        return mask_text(text, names, points=points)
    return "" if item.plan.customer.erased_at else UNREADABLE


def overlapping(one: Customer, other: Customer) -> int:
    """Count the approved plans of one customer that hold on a day on which one of the other does."""
    approved = ServicePlan.objects.filter(state=PlanState.APPROVED)
    theirs = approved.filter(customer=other, starts_on__lte=OuterRef("ends_on"), ends_on__gte=OuterRef("starts_on"))
    return approved.filter(Exists(theirs), customer=one).count()


def _kept(item: PlanItem, months: Iterable[date]) -> list[MonthKept]:
    if item.target_percent is None:
        return []
    figures = {each.month: each for each in item.months.all()}
    return [MonthKept(month, figures.get(month), item.target_percent) for month in months]
