"""The values of a tenant's own fields: what each kind takes, and how it is stored."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from customers.enums import CustomFieldKind
from customers.models import CustomField

MAX_FIELDS, MAX_FILTERED = 50, 5
MAX_CHOICES, MAX_CHOICE_LENGTH = 50, 100
MAX_TEXT_LENGTH = 500
MAX_DIGITS, MAX_PLACES = 15, 4
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class BadCustomValue(DomainError):
    """A value that its field does not take; `key` names the field."""

    code = "bad_custom_value"

    def __init__(self, key: str, message: str | Promise) -> None:
        super().__init__(message)
        self.key = key


class RequiredValueMissing(DomainError):
    """A field without which no customer is opened, and of which no value is taken away."""

    code = "required_value_missing"

    def __init__(self, field: CustomField) -> None:
        super().__init__(format_lazy(_("“{label}” has to be filled in."), label=field.label))
        self.key = field.key


def check_new(values: Mapping[str, Any], *, fields: Iterable[CustomField]) -> None:
    """Raise RequiredValueMissing where a required one of the fields has no value."""
    for field in missing(values, fields=fields):
        raise RequiredValueMissing(field)


def missing(values: Mapping[str, Any], *, fields: Iterable[CustomField]) -> Iterator[CustomField]:
    """Yield the required ones of the fields that have no value."""
    return (field for field in fields if field.is_required and not values.get(field.key))


def check_kept(values: Mapping[str, Any], *, fields: Iterable[CustomField], stored: Mapping[str, str]) -> None:
    """Raise RequiredValueMissing where a required one of the fields would lose the value that is stored."""
    check_new(values, fields=(field for field in fields if stored.get(field.key)))


def checked_values(
    given: Mapping[str, Any], *, fields: Iterable[CustomField], stored: Mapping[str, str]
) -> dict[str, str]:
    """Return the given values as they are stored, empty for none; a choice that was retired may stay.

    Raises BadCustomValue for a key that is not among the fields or a value that the field does not take.
    """
    by_key = {field.key: field for field in fields}
    checked = {}
    for key, value in given.items():
        if key not in by_key:
            raise BadCustomValue(key, _("There is no such field."))
        field = by_key[key]
        text = "" if value is None else str(value).strip()
        checked[key] = text if text in ("", stored.get(key)) else _CHECKS[CustomFieldKind(field.kind)](field, text)
    return checked


def _text(field: CustomField, text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH:
        raise BadCustomValue(field.key, _("Enter at most %(letters)s letters.") % {"letters": MAX_TEXT_LENGTH})
    return text


def _number(field: CustomField, text: str) -> str:
    refusal = BadCustomValue(field.key, _("Enter a number."))
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise refusal from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** (MAX_DIGITS - MAX_PLACES):
        raise refusal
    if number != round(number, MAX_PLACES):
        raise refusal
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _date(field: CustomField, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadCustomValue(field.key, _("Enter a date such as 2026-01-31.")) from error


def _choice(field: CustomField, text: str) -> str:
    if text not in field.choices:
        raise BadCustomValue(field.key, _("Choose one of those that are offered."))
    return text


_CHECKS = {
    CustomFieldKind.TEXT: _text,
    CustomFieldKind.NUMBER: _number,
    CustomFieldKind.DATE: _date,
    CustomFieldKind.CHOICE: _choice,
}
