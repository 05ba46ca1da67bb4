"""What a customer's page shows of its shipments."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.models import Customer
from shipments.models import Shipment
from shipments.querysets import contribution_by_month

NEWEST = 20
MONTHS = 24


def newest_shipments(customer: Customer, user: Any) -> list[Shipment]:
    """Return what a customer's page shows of its shipments, the newest first, in one query."""
    return list(Shipment.objects.filter(customer=customer).order_by("-accepted_at", "-id")[:NEWEST])


def value_chart(customer: Customer, user: Any) -> dict[str, Any] | None:
    """Return the figures of the value chart; None for who has never shipped."""
    if customer.last_shipment_at is None:
        return None
    tenant = current_tenant()
    first = first_month(customer.last_shipment_at, at=timezone.now(), time_zone=tenant.time_zone)
    months = contribution_by_month(
        Shipment.objects.filter(customer=customer), first=first, months=MONTHS, time_zone=tenant.time_zone
    )
    return {
        "title": _("Contribution by month"),
        "kind": "bar",
        "money": tenant.currency,
        "labels": [f"{start:%Y-%m}" for start, _amount in months],
        "series": [{"name": _("Contribution"), "values": [amount for _start, amount in months]}],
    }


def first_month(last_shipment_at: datetime, *, at: datetime, time_zone: str) -> date:
    """Return the month MONTHS - 1 before this one, or before the last shipment's where that is longer ago."""
    this, last = local_date(at, time_zone), local_date(last_shipment_at, time_zone)
    first = _months_before(this)
    return first if last >= first else _months_before(last)


def _months_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - MONTHS, 12)
    return date(year, month + 1, 1)
