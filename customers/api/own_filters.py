"""A tenant's own fields as filters of the API, beside those that every tenant has."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.http import QueryDict

from core.partners.filters import LOOKUPS, RANGE, ListField
from customers.custom_fields import MAX_DIGITS, MAX_PLACES, MAX_TEXT_LENGTH
from customers.enums import CustomFieldKind
from customers.models import CustomField, FilteredValue
from customers.models.values import PARTS_OF_A_NUMBER
from customers.querysets import active_fields

PREFIX = "filter[custom_values."
OPERATORS = {
    CustomFieldKind.TEXT: ("eq", "in"),
    CustomFieldKind.CHOICE: ("eq", "in"),
    CustomFieldKind.NUMBER: ("eq", *RANGE),
    CustomFieldKind.DATE: ("eq", *RANGE),
}
COLUMNS = {CustomFieldKind.NUMBER: "number", CustomFieldKind.DATE: "day"}
FORM_FIELDS: dict[CustomFieldKind, type[forms.Field]] = {
    CustomFieldKind.CHOICE: forms.ChoiceField,
    CustomFieldKind.NUMBER: forms.DecimalField,
    CustomFieldKind.DATE: forms.DateField,
}


class OwnFilter(django_filters.Filter):
    """The customers whose own field holds a value, by what stands beside them."""

    def __init__(self, own: CustomField, operator: str) -> None:
        kind = CustomFieldKind(own.kind)
        self.own, self.column = own, COLUMNS.get(kind, "text")
        form_field = FORM_FIELDS.get(kind, forms.CharField)
        is_list = operator == "in"
        self.field_class = type("ListOfOwn", (ListField, form_field), {}) if is_list else form_field
        super().__init__(field_name=own.key, lookup_expr=LOOKUPS[operator], label=own.label, **_options(own, kind))

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value in EMPTY_VALUES:
            return rows
        kept = int(value * PARTS_OF_A_NUMBER) if self.column == "number" else value
        asked = {f"{self.column}__{self.lookup_expr}": kept}
        values = FilteredValue.objects.filter(field_id=self.own.pk, **asked)
        return rows.filter(pk__in=values.values("customer_id"))


def with_own_filters(filters: type[django_filters.FilterSet], asked: QueryDict) -> type[django_filters.FilterSet]:
    """Return the filters with those of the fields by which the tenant filters, where any is asked for: one query."""
    if not any(name.startswith(PREFIX) for name in asked):
        return filters
    return type(filters.__name__, (filters,), _made(active_fields().filter(is_filtered=True)))


def _made(fields: Iterable[CustomField]) -> dict[str, OwnFilter]:
    return {
        f"{PREFIX}{field.key}][{operator}]": OwnFilter(field, operator)
        for field in fields
        for operator in OPERATORS[CustomFieldKind(field.kind)]
    }


def _options(field: CustomField, kind: CustomFieldKind) -> dict[str, Any]:
    if kind == CustomFieldKind.CHOICE:
        return {"choices": [(each, each) for each in field.choices]}
    if kind == CustomFieldKind.NUMBER:
        return {"max_digits": MAX_DIGITS, "decimal_places": MAX_PLACES}
    if kind == CustomFieldKind.DATE:
        return {"input_formats": ["%Y-%m-%d"]}
    return {"max_length": MAX_TEXT_LENGTH, "strip": False}
