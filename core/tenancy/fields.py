"""Money: bigint minor units in the database, Decimal with two places in Python.

bigint, because under row-level security an index serves only operators that PostgreSQL marks leakproof, and
those of numeric are not.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

CENT = Decimal("0.01")
LIMIT = Decimal("90000000000000.00")


def to_minor(value: Decimal) -> int:
    """Return whole minor units. Raises ValidationError for more than two places, NaN or too large a sum."""
    if not value.is_finite() or abs(value) >= LIMIT:
        raise ValidationError(_("Enter an amount of money."), code="invalid")
    scaled = value * 100
    if scaled != scaled.to_integral_value():
        raise ValidationError(_("An amount has at most two decimal places."), code="max_decimal_places")
    return int(scaled)


def from_minor(value: int) -> Decimal:
    """Return the Decimal of whole minor units."""
    return Decimal(value).scaleb(-2)


class MoneyField(models.Field):
    """An amount in the tenant's currency, which has two decimal places."""

    description = _("Amount of money")

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_minor(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        if isinstance(value, float):
            raise ValidationError(_("Enter an amount of money."), code="invalid")
        try:
            amount = value if isinstance(value, Decimal) else Decimal(str(value))
        except InvalidOperation as error:
            raise ValidationError(_("Enter an amount of money."), code="invalid") from error
        return from_minor(to_minor(amount))

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_minor(self.to_python(value))

    def value_to_string(self, obj: Any) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": forms.DecimalField, "decimal_places": 2, "max_digits": 15, **kwargs})


def money(amount: str | Decimal) -> Value:
    """Make an amount fit for arithmetic in a query, as in F("freight") plus it; a bare Decimal would add fen."""
    return Value(Decimal(amount), output_field=MoneyField())
