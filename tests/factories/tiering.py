"""Customers with the shipments that their tiers come from."""

from datetime import datetime
from itertools import count

from django.db.models import Count, Max, Min

from customers.models import Customer
from shipments.models import Shipment

_waybills = count(1)


def make_shipped(number: str, *shipments: tuple[datetime, str], at: datetime, **fields: object) -> Customer:
    """A customer with one shipment for each (accepted_at, freight), and the figures that importing keeps."""
    customer = Customer.objects.create(number=number, created_at=at, **fields)
    Shipment.objects.bulk_create(
        Shipment(
            waybill_number=f"T{next(_waybills):09}",
            customer=customer,
            accepted_at=moment,
            freight=freight,
        )
        for moment, freight in shipments
    )
    figures = Shipment.objects.filter(customer=customer).aggregate(
        shipment_count=Count("pk"), first_shipment_at=Min("accepted_at"), last_shipment_at=Max("accepted_at")
    )
    Customer.objects.filter(pk=customer.pk).update(**figures)
    customer.refresh_from_db()
    return customer
