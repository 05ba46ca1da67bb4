"""Filters of shipments that no column answers: how they stand against their promise and the clock."""

from collections.abc import Mapping, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from core.partners.filters import filters_for
from shipments.enums import Lateness
from shipments.models import Shipment
from shipments.querysets import standing


class LatenessFilter(django_filters.Filter):
    """Those past their promise now, delivered late, or silent now."""

    field_class = forms.ChoiceField
    schema = {"type": "string", "enum": Lateness.values}

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return standing(rows, value, at=timezone.now())


def with_lateness(allowed: Mapping[str, tuple[str, Sequence[str]]]) -> type[django_filters.FilterSet]:
    """Return the filters of shipments by their columns, and the one by lateness."""
    lateness = LatenessFilter(label="lateness", choices=Lateness.choices)
    return type("ShipmentFilters", (filters_for(Shipment, allowed),), {"filter[lateness][eq]": lateness})
