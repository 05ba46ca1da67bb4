from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department, Team, User
from core.web.lists import BooleanFilter, Filter
from core.web.lists.filters import Cleaned
from core.web.reading_order import in_reading_order
from service_requests.enums import RequestState
from service_requests.querysets import overdue, unfinished

EVERY = "all"


@dataclass(kw_only=True)
class StateFilter(Filter):
    """One state, or all; those that are not closed unless told, for they are the queue."""

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", _("Unfinished")), *RequestState.choices, (EVERY, _("All"))]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        state = cleaned.get(self.name)
        if state == EVERY:
            return rows
        return rows.filter(state=state) if state else unfinished(rows)

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return str({**dict(RequestState.choices), EVERY: _("All")}.get(cleaned.get(self.name, ""), ""))


@dataclass(kw_only=True)
class OverdueFilter(BooleanFilter):
    """Those whose deadline has passed while it ran, or those others."""

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        if not value:
            return rows
        late = overdue(rows, at=timezone.now())
        return late if value == "yes" else rows.exclude(pk__in=late.order_by().values("pk"))


def colleagues() -> list[tuple[str, str]]:
    """Return who may be in charge of a request, and who once was, for a select box."""
    return [(str(user.pk), user.name) for user in in_reading_order(User.objects.order_by("name", "id"))]


def departments() -> list[tuple[str, str]]:
    """Return all departments for a select box, closed ones, too, for what they once did."""
    return [(str(each.pk), each.name) for each in in_reading_order(Department.objects.order_by("name", "id"))]


def teams() -> list[tuple[str, str]]:
    """Return all teams in the same way."""
    return [(str(each.pk), each.name) for each in in_reading_order(Team.objects.order_by("name", "id"))]
