"""Two customers of a demo courier that were lost and have come back."""

from datetime import date, timedelta

from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import Stage
from customers.models import Customer
from lifecycle.services import move_by_shipment
from shipments.models import Shipment
from shipments.upserting import record_shipments

RETURNED = 2
DAYS_AGO = (6, 4, 2)
LIKE_BEFORE = (
    "service_product",
    "transport_mode",
    "goods_category",
    "origin_city",
    "origin_region",
    "destination_city",
    "destination_region",
)


def make_returns(courier: Courier, *, today: date) -> None:
    """Let those who shipped most before they were lost ship again this week, as they did before."""
    before = today - timedelta(days=max(DAYS_AGO) + 1)
    lost = Customer.objects.filter(stage=Stage.LOST, stage_since__lt=before).order_by("-shipment_count", "number")
    for place, customer in enumerate(lost[:RETURNED]):
        last = Shipment.objects.filter(customer=customer).order_by("-accepted_at", "-id")[0]
        rows = [
            {
                "waybill_number": f"{courier.prefix}{today.year}9{place}{days_ago:04}",
                "customer_number": customer.number,
                "accepted_at": f"{today - timedelta(days=days_ago)} 10:20",
                "delivered_at": f"{today - timedelta(days=days_ago - 1)} 16:40",
                "freight": f"{last.freight:.2f}",
                **{name: getattr(last, name) for name in LIKE_BEFORE},
            }
            for days_ago in DAYS_AGO
        ]
        record_shipments(rows=rows, by=None, at=day_start(today, courier.time_zone))
        first = day_start(today - timedelta(days=max(DAYS_AGO)), courier.time_zone) + timedelta(hours=10, minutes=20)
        move_by_shipment(customer_id=customer.pk, at=first)
