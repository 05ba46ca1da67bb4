"""What a customer's page shows of service plans."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.models import Customer
from customers.timeline import known_names
from service_plans.models import ServicePlan
from service_plans.permissions import WRITE
from service_plans.querysets import SHOWN_ON_RECORD, ItemShown, for_record, months_of, of_customer, shown


@dataclass(frozen=True)
class PlanPanel:
    """The editions of a customer's plans, what holds today in full, and where another is begun, for who may."""

    plans: list[ServicePlan]
    current: ServicePlan | None
    items: list[ItemShown]
    months: list[date]
    create_url: str


def plans_of_customer(customer: Customer, user: Any) -> PlanPanel:
    """Return what a customer's page shows; six queries."""
    today = local_date(timezone.now(), current_tenant().time_zone)
    plans = list(of_customer(customer)[:SHOWN_ON_RECORD])
    held = next((plan for plan in plans if plan.holds_on(today)), None)
    current = for_record(ServicePlan.objects.all()).get(pk=held.pk) if held else None
    return PlanPanel(
        plans=plans,
        current=current,
        items=shown(current, names=known_names(customer)) if current else [],
        months=months_of(current) if current else [],
        create_url=create_url(customer) if may(user, WRITE) else "",
    )


def create_url(customer: Customer) -> str:
    """Return where a plan of this customer is begun."""
    return f"{reverse('service_plans:create')}?{urlencode({'customer': customer.pk})}"
