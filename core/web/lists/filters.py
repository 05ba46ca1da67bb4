"""The kinds of filter a list page may declare."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.tenancy.clock import day_start
from core.web.reading_order import NamedChoiceField
from core.web.templatetags.web import format_money

Text = str | Promise
Cleaned = Mapping[str, Any]
YES, NO = _("Yes"), _("No")
NONE = "none"
# Days near the ends of the calendar have no first instant in every time zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_OUT_OF_RANGE = _("Enter a date from 1900 to 2200.")


@dataclass(kw_only=True)
class Filter:
    """One filter: its fields in the filter form, the rows it leaves, the words of its chip.

    `name` stands in the URL; `field` is the column, by default of the same name.
    """

    name: str
    label: Text
    field: str = ""
    suffixes: ClassVar[tuple[str, ...]] = ("",)

    @property
    def column(self) -> str:
        return self.field or self.name

    @property
    def parameters(self) -> list[str]:
        return [self.name + suffix for suffix in self.suffixes]

    def form_fields(self) -> dict[str, forms.Field]:
        raise NotImplementedError

    def check(self, cleaned: Cleaned) -> None:
        """Raise ValidationError where values that are right one by one do not fit together."""

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        raise NotImplementedError

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        """Return what is chosen, in words; empty when nothing is."""
        raise NotImplementedError


@dataclass(kw_only=True)
class ChoiceFilter(Filter):
    """One of the choices; where `none` has words, also the rows that have no value (in the URL: none)."""

    choices: Iterable[tuple[Any, Text]] | Callable[[], Iterable[tuple[Any, Text]]]
    none: Text = ""

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", _("Any")), *self._given()]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        if value == NONE and self.none:
            return rows.filter(**{f"{self.column}__isnull": True})
        return rows.filter(**{self.column: value}) if value else rows

    def _given(self) -> list[tuple[Any, Text]]:
        given = self.choices() if callable(self.choices) else self.choices
        return [*given, *([(NONE, self.none)] if self.none else [])]

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        labels = {str(value): label for value, label in self._given()}
        value = cleaned.get(self.name)
        return str(labels[value]) if value else ""


@dataclass(kw_only=True)
class GroupFilter(ChoiceFilter):
    """One of the choices, or a group of them; the first group, whose key is empty, unless told otherwise.

    `groups` have, by their key in the URL, their words and what leaves their rows.
    """

    groups: Mapping[str, tuple[Text, Callable[[QuerySet[Any]], QuerySet[Any]]]]

    def form_fields(self) -> dict[str, forms.Field]:
        (key, (words, _leave)), *others = self.groups.items()
        choices = [(key, words), *self._given(), *((name, label) for name, (label, _leave) in others)]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        group = self.groups.get(cleaned.get(self.name, ""))
        return group[1](rows) if group else super().apply(rows, cleaned, zone)

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        value = cleaned.get(self.name)
        return str(self.groups[value][0]) if value in self.groups and value else super().chip(cleaned, currency)


@dataclass(kw_only=True)
class BooleanFilter(Filter):
    yes: Text = YES
    no: Text = NO

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", _("Any")), ("yes", self.yes), ("no", self.no)]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        return rows.filter(**{self.column: value == "yes"}) if value else rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return {"yes": str(self.yes), "no": str(self.no)}.get(cleaned.get(self.name, ""), "")


@dataclass(kw_only=True)
class RuleFilter(BooleanFilter):
    """The rows of which a condition holds, or the others, to which those belong where it is unknown."""

    condition: Callable[[], Q]

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        if not value:
            return rows
        return rows.filter(self.condition()) if value == "yes" else rows.exclude(self.condition())


@dataclass(kw_only=True)
class DateRangeFilter(Filter):
    """Whole days, both included, of the tenant's time zone."""

    suffixes: ClassVar[tuple[str, ...]] = ("_from", "_to")

    def form_fields(self) -> dict[str, forms.Field]:
        def field(label: Text) -> forms.Field:
            return forms.DateField(
                label=label,
                required=False,
                input_formats=["%Y-%m-%d"],
                validators=[MinValueValidator(FIRST_DAY, _OUT_OF_RANGE), MaxValueValidator(LAST_DAY, _OUT_OF_RANGE)],
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            )

        return {
            f"{self.name}_from": field(_("%(label)s from") % {"label": self.label}),
            f"{self.name}_to": field(_("%(label)s to") % {"label": self.label}),
        }

    def check(self, cleaned: Cleaned) -> None:
        start, end = self._days(cleaned)
        if start and end and start > end:
            raise ValidationError({f"{self.name}_to": _("The last day lies before the first.")})

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        start, end = self._days(cleaned)
        is_time = isinstance(_model_field(rows.model, self.column), models.DateTimeField)
        if start:
            rows = rows.filter(**{f"{self.column}__gte": day_start(start, zone) if is_time else start})
        if end:
            after = end + timedelta(days=1)
            rows = rows.filter(**{f"{self.column}__lt": day_start(after, zone) if is_time else after})
        return rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return _range(*self._days(cleaned), date.isoformat)

    def _days(self, cleaned: Cleaned) -> tuple[date | None, date | None]:
        return cleaned.get(f"{self.name}_from"), cleaned.get(f"{self.name}_to")


@dataclass(kw_only=True)
class MoneyRangeFilter(Filter):
    """Amounts, both included, in the tenant's currency."""

    suffixes: ClassVar[tuple[str, ...]] = ("_min", "_max")

    def form_fields(self) -> dict[str, forms.Field]:
        def field(label: Text) -> forms.Field:
            return forms.DecimalField(label=label, required=False, max_digits=15, decimal_places=2)

        return {
            f"{self.name}_min": field(_("%(label)s at least") % {"label": self.label}),
            f"{self.name}_max": field(_("%(label)s at most") % {"label": self.label}),
        }

    def check(self, cleaned: Cleaned) -> None:
        least, most = self._amounts(cleaned)
        if least is not None and most is not None and least > most:
            raise ValidationError({f"{self.name}_max": _("The upper amount lies below the lower one.")})

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        least, most = self._amounts(cleaned)
        if least is not None:
            rows = rows.filter(**{f"{self.column}__gte": least})
        if most is not None:
            rows = rows.filter(**{f"{self.column}__lte": most})
        return rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return _range(*self._amounts(cleaned), lambda amount: self.words_of(amount, currency))

    def words_of(self, amount: Any, currency: str) -> str:
        return format_money(amount, currency)

    def _amounts(self, cleaned: Cleaned) -> tuple[Any, Any]:
        return cleaned.get(f"{self.name}_min"), cleaned.get(f"{self.name}_max")


@dataclass(kw_only=True)
class PrefixFilter(Filter):
    """Text that begins with what is typed, by the lookup that row-level security lets an index serve."""

    max_length: int = 64

    def form_fields(self) -> dict[str, forms.Field]:
        return {self.name: forms.CharField(label=self.label, required=False, max_length=self.max_length)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        return rows.filter(**{f"{self.column}__prefix": value}) if value else rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        value = cleaned.get(self.name)
        return _("begins with “%(text)s”") % {"text": value} if value else ""


@dataclass(kw_only=True)
class RecordFilter(Filter):
    """A linked record, by its id. `options` returns the queryset to choose from; the words are its str()."""

    options: Callable[[], QuerySet[Any]]

    def form_fields(self) -> dict[str, forms.Field]:
        return {
            self.name: NamedChoiceField(label=self.label, required=False, queryset=self.options(), empty_label=_("Any"))
        }

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        record = cleaned.get(self.name)
        return rows.filter(**{self.column: record}) if record else rows

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return str(cleaned.get(self.name) or "")


def _colleagues() -> QuerySet[User]:
    return User.objects.order_by("name", "id")


@dataclass(kw_only=True)
class UserFilter(RecordFilter):
    options: Callable[[], QuerySet[Any]] = _colleagues


@dataclass(kw_only=True)
class HandsFilter(UserFilter):
    """What a colleague has to do, their own and what is theirs to take, as the rule of the rows says."""

    leave: Callable[[QuerySet[Any], User], QuerySet[Any]]

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        user = cleaned.get(self.name)
        return self.leave(rows, user) if user else rows


def _range(least: Any, most: Any, words: Callable[[Any], str]) -> str:
    if least is not None and most is not None:
        return f"{words(least)} – {words(most)}"
    if least is not None:
        return f"≥ {words(least)}"
    if most is not None:
        return f"≤ {words(most)}"
    return ""


def _model_field(model: type[models.Model], path: str) -> models.Field:
    *steps, last = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(last)
