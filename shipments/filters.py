from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.web.lists import ChoiceFilter, Filter
from core.web.lists.filters import Cleaned
from customers.models import Customer
from shipments.querysets import standing, with_exception


@dataclass(kw_only=True)
class CustomerFilter(Filter):
    """The shipments of one customer, by its number in full.

    The number is looked up first: joined to the list it made the planner walk all shipments of the tenant.
    """

    def form_fields(self) -> dict[str, forms.Field]:
        return {self.name: forms.CharField(label=self.label, required=False, max_length=40)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        number = cleaned.get(self.name)
        if not number:
            return rows
        standing = Customer.with_merged.annotate(standing=Coalesce("merged_into", "pk"))
        customer_id = standing.filter(number=number).values_list("standing", flat=True).first()
        return rows.none() if customer_id is None else rows.filter(**{self.column: customer_id})

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return cleaned.get(self.name) or ""


@dataclass(kw_only=True)
class ExceptionFilter(ChoiceFilter):
    """The shipments that had one exception, past or present."""

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        exception = cleaned.get(self.name)
        return with_exception(rows, exception) if exception else rows


@dataclass(kw_only=True)
class LatenessFilter(ChoiceFilter):
    """The shipments that stand in one way against their promise and the clock, now."""

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        return standing(rows, cleaned.get(self.name), at=timezone.now())
