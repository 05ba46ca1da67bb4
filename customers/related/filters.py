"""The group as a filter of a list, by its name."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet, Subquery

from core.web.lists import Filter
from core.web.lists.filters import Cleaned
from customers.forms.fields import GroupField
from customers.models import CustomerGroup


@dataclass(kw_only=True)
class CustomerGroupFilter(Filter):
    """Customers of the group that is called exactly so; which one it is stands in the list's own query."""

    def form_fields(self) -> dict[str, forms.Field]:
        return {self.name: GroupField(label=self.label, required=False)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        name = cleaned.get(self.name)
        # One value, not a set, so that the index of the group has the rows in their order.
        of_name = Subquery(CustomerGroup.objects.filter(name=name).values("pk")[:1])
        return rows.filter(**{self.column: of_name}) if name else rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return cleaned.get(self.name) or ""
