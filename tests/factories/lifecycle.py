"""Customers with lives of their own, and leads."""

from datetime import datetime, timedelta
from itertools import count

from django.db.models import Count, Max, Min

from core.events.models import OutboxEvent
from core.events.registry import event_type
from customers.models import Customer
from lifecycle.models import Lead, LeadSource
from lifecycle.services import capture_lead
from shipments.models import Shipment
from tests.factories.customers import make_customer

_waybills = count(1)


def ship(customer: Customer, *, at: datetime, freight: str = "100.00") -> Shipment:
    """Send one more, and keep the figures that importing keeps."""
    shipment = Shipment.objects.create(
        waybill_number=f"L{next(_waybills):09}", customer=customer, accepted_at=at, freight=freight
    )
    keep_figures(customer)
    return shipment


def keep_figures(customer: Customer) -> None:
    figures = Shipment.objects.filter(customer=customer).aggregate(
        shipment_count=Count("pk"), first_shipment_at=Min("accepted_at"), last_shipment_at=Max("accepted_at")
    )
    Customer.objects.filter(pk=customer.pk).update(**figures)
    customer.refresh_from_db()


def make_regular(*, at: datetime, since: int, until: int = 0, every: int = 7, freight: str = "100.00") -> Customer:
    """A customer that shipped every few days, from so many days before `at` until so many."""
    customer = make_customer(at=at)
    Shipment.objects.bulk_create(
        Shipment(
            waybill_number=f"L{next(_waybills):09}",
            customer=customer,
            accepted_at=at - timedelta(days=day),
            freight=freight,
        )
        for day in range(since, until - 1, -every)
        if day >= until
    )
    keep_figures(customer)
    return customer


def in_stage(customer: Customer, stage: str, *, since: datetime) -> Customer:
    Customer.objects.filter(pk=customer.pk).update(stage=stage, stage_since=since.date())
    customer.refresh_from_db()
    return customer


def make_lead(*, at: datetime, name: str = "Harbour Foods", source: LeadSource | None = None, **facts: object) -> Lead:
    return capture_lead(facts={"company_name": name}, source=source, by=facts.pop("by", None), at=at, **facts)


def make_leads(rows: int, *, at: datetime) -> list[Lead]:
    return [make_lead(at=at, name=f"Company {row}") for row in range(rows)]


def told(name: str) -> list[dict]:
    """Return the payloads of the events of a name, each as declared, in their order."""
    events = OutboxEvent.objects.filter(name=name).order_by("pk")
    for event in events:
        event_type(name).check(event.payload)
    return [event.payload for event in events]
