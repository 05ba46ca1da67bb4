"""The shapes in which shipments are read."""

from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core.tenancy.clock import day_start
from customers.needs.reading import with_needs
from customers.numbers import spellings
from shipments.models import ScanEvent, Shipment


def for_list(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Bring what a list shows, its customers' names included, in one query."""
    return shipments.select_related("customer").defer("customer__special_needs", "customer__birthday")


def for_record(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Bring the customer with its needs and the scan trace, the newest scan first: two queries."""
    return with_needs(for_list(shipments)).prefetch_related(
        Prefetch("scans", queryset=ScanEvent.objects.order_by("-happened_at", "-id"))
    )


def prefix_of(shipments: QuerySet[Shipment], text: str) -> QuerySet[Shipment]:
    """Leave the shipments whose waybill number begins with `text`, letter for letter, or with it in capitals."""
    any_spelling = reduce(or_, (Q(waybill_number__prefix=each) for each in spellings(text)))
    return shipments.filter(any_spelling).order_by("waybill_number")


def contribution_by_month(
    shipments: QuerySet[Shipment], *, first: date, months: int, time_zone: str
) -> list[tuple[date, Decimal]]:
    """Return the contribution of each of `months` months from `first` on, by local date of acceptance: one query."""
    starts = [first]
    while len(starts) <= months:
        starts.append((starts[-1] + timedelta(days=31)).replace(day=1))
    sums: dict[Any, Decimal] = dict(
        shipments.filter(
            accepted_at__gte=day_start(starts[0], time_zone), accepted_at__lt=day_start(starts[-1], time_zone)
        )
        .values(month=TruncMonth("accepted_at", tzinfo=ZoneInfo(time_zone)))
        .annotate(contribution_sum=Sum("contribution"))
        .values_list("month", "contribution_sum")
    )
    found = {month.date(): amount for month, amount in sums.items()}
    return [(start, found.get(start, Decimal("0.00"))) for start in starts[:-1]]
