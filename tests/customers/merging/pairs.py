"""Customers with something of every kind, and what a merge may change of them."""

from datetime import timedelta

from core.tenancy.fields import money
from customers.enums import InteractionKind
from customers.models import Address, Contact, Customer, FollowUp, Interaction
from customers.services import (
    NewContactPoint,
    add_address,
    add_contact,
    merge_customers,
    record_interaction,
)
from shipments.models import Shipment
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer
from tiering.models import TierOverride

PHONES = {"K-1": "+8613800138001", "A-1": "+8613800138002", "B-1": "+8613800138003"}


def make(number, *, at, by, shipments=2, **facts):
    """A customer with something of every kind."""
    facts.setdefault("company_name", f"Kingsway {number}")
    customer = make_customer(number=number, at=at, **facts)
    points = [NewContactPoint(kind="phone", value=PHONES[number])]
    contact = add_contact(customer=customer, name=f"Mary {number}", is_primary=True, points=points, at=at)
    add_address(customer=customer, street=f"{number} Dock Road", is_primary=True, by=by, at=at)
    record_interaction(customer=customer, contact=contact, kind=InteractionKind.NOTE, text=f"of {number}", by=by, at=at)
    make_follow_up(customer=customer, subject=f"Call {number}", at=at)
    for place in range(shipments):
        Shipment.objects.create(
            waybill_number=f"W-{number}-{place}",
            customer=customer,
            accepted_at=at + timedelta(days=place),
            freight="9.00",
        )
    Customer.objects.filter(pk=customer.pk).update(
        contribution=money("90.00"),
        window_shipment_count=shipments,
        shipment_count=shipments,
        first_shipment_at=at,
        last_shipment_at=at + timedelta(days=shipments - 1),
        tier="mid",
        tier_since=at.date(),
    )
    return Customer.objects.get(pk=customer.pk)


def hanging(customer):
    """What hangs on a customer, each with its primary mark."""
    return {
        "contacts": sorted(Contact.objects.filter(customer=customer).values_list("pk", "is_primary")),
        "addresses": sorted(Address.objects.filter(customer=customer).values_list("pk", "is_primary")),
        "entries": sorted(Interaction.objects.filter(customer=customer).values_list("pk", flat=True)),
        "follow_ups": sorted(FollowUp.objects.filter(customer=customer).values_list("pk", flat=True)),
        "shipments": sorted(Shipment.objects.filter(customer=customer).values_list("waybill_number", flat=True)),
        "overrides": sorted(TierOverride.objects.filter(customer=customer).values_list("pk", flat=True)),
    }


def state(customer):
    """All that a merge may change of a customer but its version."""
    customer = Customer.with_merged.get(pk=customer.pk)
    names = [
        field.attname for field in Customer._meta.concrete_fields if field.attname not in {"version", "token_rank"}
    ]
    return {name: getattr(customer, name) for name in names} | hanging(customer)


def merge(kept, absorbed, supervisor, now, take=()):
    kept, absorbed = (Customer.with_merged.get(pk=each.pk) for each in (kept, absorbed))
    versions = (kept.version, absorbed.version)
    return merge_customers(kept=kept, absorbed=absorbed, versions=versions, take=take, by=supervisor, at=now)
