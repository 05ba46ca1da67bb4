"""Shipments by their waybill numbers, for the search box and for those who look for the customer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from customers.numbered import Rows
from customers.numbers import spellings
from shipments.models import Shipment
from shipments.querysets import for_list, prefix_of


def find_shipments(query: str, user: Any) -> Sequence[Hit]:
    """Return the shipments whose waybill number begins with the query, in the order of their numbers."""
    return [
        replace(_shown(shipment), why=_("Waybill"), exact=shipment.waybill_number in spellings(query))
        for shipment in prefix_of(for_list(Shipment.objects.all()), query)[: MOST_HITS + 1]
    ]


def customers_of_waybills(text: str, limit: int) -> Rows:
    """Return the waybill numbers that begin so, each with whose shipment it is."""
    return prefix_of(Shipment.objects.all(), text).values_list("waybill_number", "customer_id")[:limit]


def shipments_by_id(ids: Collection[UUID]) -> Mapping[UUID, Hit]:
    """Return those of these shipments that are there."""
    return {each.pk: _shown(each) for each in for_list(Shipment.objects.filter(pk__in=ids))}


def _shown(shipment: Shipment) -> Hit:
    url = reverse("shipments:detail", args=[shipment.pk])
    return Hit(title=shipment.waybill_number, subtitle=shipment.customer.display_name, url=url)
