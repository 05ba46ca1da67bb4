"""A tenant's own fields as columns of a list."""

from collections.abc import Iterable
from datetime import date
from functools import partial

from core.web.lists import Column, ColumnKind
from customers.enums import CustomFieldKind
from customers.forms.custom_fields import PREFIX
from customers.models import Customer, CustomField

KINDS = {CustomFieldKind.NUMBER: ColumnKind.NUMBER, CustomFieldKind.DATE: ColumnKind.TIME}


def own_columns(fields: Iterable[CustomField]) -> list[Column]:
    """Return a column for each of the fields, to choose beside those that every tenant has."""
    return [
        Column(
            field.label,
            partial(value_of, field),
            name=PREFIX + field.key,
            kind=KINDS.get(CustomFieldKind(field.kind), ColumnKind.TEXT),
        )
        for field in fields
    ]


def value_of(field: CustomField, customer: Customer) -> str | float | date | None:
    """Return what a customer's field holds, as what it is; a number has more places than money."""
    text = customer.custom_values.get(field.key)
    if not text:
        return None
    if field.kind == CustomFieldKind.NUMBER:
        number = float(text)
        return int(number) if number.is_integer() else number
    return date.fromisoformat(text) if field.kind == CustomFieldKind.DATE else text
