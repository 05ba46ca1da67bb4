"""Filters of the API: `filter[field][operator]=value`, from an allow-list per resource, by django-filter."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from core.tenancy.fields import MoneyField

Schema = dict[str, Any]
PARAMETER = re.compile(r"filter\[(?P<field>[^\[\]]*)\]\[(?P<operator>[^\[\]]*)\]", re.DOTALL)
LOOKUPS = {
    "eq": "exact",
    "ne": "exact",
    "in": "in",
    "contains": "contains",
    "gt": "gt",
    "gte": "gte",
    "lt": "lt",
    "lte": "lte",
    "is_null": "isnull",
}
RANGE = ("gt", "gte", "lt", "lte")
CHOICE = ("eq", "ne", "in")
MOST_VALUES = 100
# No zone lies further from UTC, and PostgreSQL reads no offset of sixteen hours and more.
MOST_OFFSET = timedelta(hours=15, minutes=59)


class MomentField(forms.Field):
    """A point in time that says its offset from UTC."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or abs(moment.utcoffset()) > MOST_OFFSET:
            raise ValidationError(
                _("Give a time with its offset from UTC, such as 2026-01-31T08:00:00Z."), code="invalid"
            )
        return moment


class ListField(django_filters.fields.BaseCSVField):
    """Values between commas."""

    def clean(self, value: Any) -> list[Any] | None:
        if isinstance(value, list) and (len(value) > MOST_VALUES or not all(value)):
            raise ValidationError(
                _("Give 1 to %(most)s values, with commas between them.") % {"most": MOST_VALUES}, code="invalid"
            )
        return super().clean(value)


@dataclass(frozen=True)
class _Kind:
    """How values of one kind of column are read, and how the description tells of them."""

    form_field: type[forms.Field]
    options: Callable[[Any], dict[str, Any]]
    schema: Callable[[Any], Schema]


class HoldsFilter(django_filters.Filter):
    """The lists that hold a value."""

    def filter(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return super().filter(rows, [value] if value else value)


def _nothing(_field: Any) -> dict[str, Any]:
    return {}


_CHOICE = _Kind(
    forms.ChoiceField,
    lambda field: {"choices": field.choices},
    lambda field: {"type": "string", "enum": [value for value, _label in field.flatchoices]},
)
_TEXT = _Kind(
    forms.CharField,
    lambda field: {"max_length": field.max_length, "strip": False},
    lambda field: {"type": "string", "maxLength": field.max_length},
)
_ID = _Kind(forms.UUIDField, _nothing, lambda _field: {"type": "string", "format": "uuid"})
_MOMENT = _Kind(MomentField, _nothing, lambda _field: {"type": "string", "format": "date-time"})
_DAY = _Kind(
    forms.DateField, lambda _field: {"input_formats": ["%Y-%m-%d"]}, lambda _field: {"type": "string", "format": "date"}
)
_AMOUNT = _Kind(
    forms.DecimalField,
    lambda _field: {"max_digits": 15, "decimal_places": 2},
    lambda _field: {"type": "string", "format": "decimal", "examples": ["12.50"]},
)
_FLAG = _Kind(
    forms.TypedChoiceField,
    lambda _field: {"choices": [("true", "true"), ("false", "false")], "coerce": lambda value: value == "true"},
    lambda _field: {"type": "boolean"},
)


def _kind(field: models.Field, operator: str) -> _Kind:
    if operator == "is_null":
        return _FLAG
    if isinstance(field, ArrayField):
        field = field.base_field
    if field.choices:
        return _CHOICE
    for column_type, kind in (
        (models.DateTimeField, _MOMENT),
        (models.DateField, _DAY),
        (MoneyField, _AMOUNT),
        (models.UUIDField, _ID),
        (models.ForeignKey, _ID),
        (models.CharField, _TEXT),
        (models.BooleanField, _FLAG),
    ):
        if isinstance(field, column_type):
            return kind
    raise TypeError(f"{field} cannot be a filter of the API.")


def filters_for(
    model: type[models.Model],
    allowed: Mapping[str, tuple[str, Sequence[str]]],
    *,
    listed: type[models.Model] | None = None,
) -> type[django_filters.FilterSet]:
    """Return the filters of a resource: by public name, the column that an index serves, and its operators.

    `listed` is the model whose rows are listed, where `model` is an abstract one that only describes them.
    """
    made = {}
    for name, (column, operators) in allowed.items():
        field = _column(model, column)
        for operator in operators:
            kind = _kind(field, operator)
            form_field, schema = kind.form_field, kind.schema(getattr(field, "base_field", field))
            if operator == "in":
                form_field = type(f"List{form_field.__name__}", (ListField, form_field), {})
                schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_VALUES}
            each = _filter_for(field, operator)(
                field_name=column,
                lookup_expr=_lookup(field, operator),
                exclude=operator == "ne",
                label=name,
                **kind.options(getattr(field, "base_field", field)),
            )
            each.field_class = form_field
            each.schema = schema
            made[f"filter[{name}][{operator}]"] = each
    meta = type("Meta", (), {"model": listed or model, "fields": ()})
    return type(f"{model.__name__}Filters", (django_filters.FilterSet,), {**made, "Meta": meta})


def _filter_for(field: models.Field, operator: str) -> type[django_filters.Filter]:
    return HoldsFilter if operator == "contains" and isinstance(field, ArrayField) else django_filters.Filter


def _lookup(field: models.Field, operator: str) -> str:
    """Text is found in any case; what a list contains is exact."""
    is_text = operator == "contains" and not isinstance(field, ArrayField)
    return "icontains" if is_text else LOOKUPS[operator]


def _column(model: type[models.Model], path: str) -> models.Field:
    *steps, last = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(last)


class FilterBackend(BaseFilterBackend):
    """Applies the filters, whose values the view has checked already."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if view.action != "list":
            return queryset
        return view.parameters.filters(data=request.query_params, queryset=queryset).qs

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        return [
            {
                "name": name,
                "in": "query",
                "schema": each.schema,
                **({"style": "form", "explode": False} if each.lookup_expr == "in" else {}),
            }
            for name, each in view.filters.base_filters.items()
        ]
