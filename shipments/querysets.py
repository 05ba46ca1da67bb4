"""The shapes in which shipments are read."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core.tenancy.clock import day_start
from customers.needs.reading import with_needs
from customers.numbers import spellings
from shipments.enums import Lateness
from shipments.models import IS_AWAITED, ScanEvent, Shipment


def for_list(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Bring what a list shows, its customers' names included, in one query."""
    return shipments.select_related("customer").defer("customer__special_needs", "customer__birthday")


def for_record(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Bring the customer with its needs and the scan trace, the newest scan first: two queries."""
    return with_needs(for_list(shipments)).prefetch_related(
        Prefetch("scans", queryset=ScanEvent.objects.order_by("-happened_at", "-id"))
    )


def past_promise(shipments: QuerySet[Shipment], *, at: datetime) -> QuerySet[Shipment]:
    """Leave those that are awaited for longer than was promised."""
    return shipments.filter(IS_AWAITED, promised_at__lt=at)


def delivered_late(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    return shipments.filter(delivered_at__gt=F("promised_at"))


def silent(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Leave those awaited of which nothing has been seen for long, and still is not."""
    return shipments.filter(IS_AWAITED, silent_since__isnull=False)


def standing(shipments: QuerySet[Shipment], lateness: str | None, *, at: datetime) -> QuerySet[Shipment]:
    """Leave those that stand so against their promise and the clock; all where nobody says how."""
    match lateness:
        case Lateness.PAST_PROMISE:
            return past_promise(shipments, at=at)
        case Lateness.DELIVERED_LATE:
            return delivered_late(shipments)
        case Lateness.SILENT:
            return silent(shipments)
    return shipments


def with_exception(shipments: QuerySet[Shipment], exception: str) -> QuerySet[Shipment]:
    """Leave those that once had an exception, whatever became of it, by the index that holds them alone."""
    return shipments.filter(exceptions__contains=[exception])


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
