"""A tenant's own fields as filters of a list, by the values that stand beside the customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.web.lists import ChoiceFilter, DateRangeFilter, Filter, MoneyRangeFilter
from core.web.lists.filters import Cleaned
from customers.custom_fields import MAX_DIGITS, MAX_PLACES, MAX_TEXT_LENGTH
from customers.enums import CustomFieldKind
from customers.forms.custom_fields import PREFIX
from customers.models import CustomField, FilteredValue
from customers.models.values import PARTS_OF_A_NUMBER

# No key with what the name of a range ends on reads as another field's.
RANGE_PREFIX = "range_"


class _Own(Protocol):
    own: CustomField


def _having(rows: QuerySet[Any], each: _Own, **bounds: Any) -> QuerySet[Any]:
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if not given:
        return rows
    values = FilteredValue.objects.filter(field_id=each.own.pk, **given)
    return rows.filter(pk__in=values.values("customer_id"))


@dataclass(kw_only=True)
class OwnTextFilter(Filter):
    """Whose field holds exactly this text."""

    own: CustomField

    def form_fields(self) -> dict[str, forms.Field]:
        return {self.name: forms.CharField(label=self.label, required=False, max_length=MAX_TEXT_LENGTH)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        return _having(rows, self, text=cleaned.get(self.name) or None)

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return cleaned.get(self.name) or ""


@dataclass(kw_only=True)
class OwnChoiceFilter(ChoiceFilter):
    own: CustomField

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        return _having(rows, self, text=cleaned.get(self.name) or None)


@dataclass(kw_only=True)
class OwnDayFilter(DateRangeFilter):
    own: CustomField

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        start, end = self._days(cleaned)
        return _having(rows, self, day__gte=start, day__lte=end)


@dataclass(kw_only=True)
class OwnNumberFilter(MoneyRangeFilter):
    """Numbers, both included, with as many places as the field takes."""

    own: CustomField

    def form_fields(self) -> dict[str, forms.Field]:
        labels = {"_min": _("%(label)s at least"), "_max": _("%(label)s at most")}
        return {
            self.name + suffix: forms.DecimalField(
                label=label % {"label": self.label}, required=False, max_digits=MAX_DIGITS, decimal_places=MAX_PLACES
            )
            for suffix, label in labels.items()
        }

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        least, most = (each if each is None else int(each * PARTS_OF_A_NUMBER) for each in self._amounts(cleaned))
        return _having(rows, self, number__gte=least, number__lte=most)

    def words_of(self, amount: Any, currency: str) -> str:
        return f"{amount.normalize():,f}"


def own_filters(fields: Iterable[CustomField]) -> list[Filter]:
    """Return a filter for each of the fields by which the tenant filters."""
    return [_filter_of(field) for field in fields if field.is_filtered]


def _filter_of(field: CustomField) -> Filter:
    facts: dict[str, Any] = {"label": field.label, "own": field}
    match CustomFieldKind(field.kind):
        case CustomFieldKind.NUMBER:
            return OwnNumberFilter(name=RANGE_PREFIX + field.key, **facts)
        case CustomFieldKind.DATE:
            return OwnDayFilter(name=RANGE_PREFIX + field.key, **facts)
        case CustomFieldKind.CHOICE:
            return OwnChoiceFilter(name=PREFIX + field.key, choices=[(each, each) for each in field.choices], **facts)
        case CustomFieldKind.TEXT:
            return OwnTextFilter(name=PREFIX + field.key, **facts)
