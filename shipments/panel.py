from typing import Any

from customers.models import Customer
from shipments.models import Shipment

NEWEST = 20


def newest_shipments(customer: Customer, user: Any) -> list[Shipment]:
    """Return what a customer's page shows of its shipments, the newest first, in one query."""
    return list(Shipment.objects.filter(customer=customer).order_by("-accepted_at", "-id")[:NEWEST])
