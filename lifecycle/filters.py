from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.web.lists import Filter
from core.web.lists.filters import Cleaned
from core.web.reading_order import in_reading_order
from lifecycle.enums import LeadState
from lifecycle.models import LeadSource, LostReason
from lifecycle.querysets import unfinished

EVERY = "all"


@dataclass(kw_only=True)
class StateFilter(Filter):
    """One state, or all; the open ones unless told, for they are the work."""

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", pgettext_lazy("leads", "Open")), *LeadState.choices, (EVERY, _("All"))]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        state = cleaned.get(self.name)
        if state == EVERY:
            return rows
        return rows.filter(state=state) if state else unfinished(rows)

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        return str({**dict(LeadState.choices), EVERY: _("All")}.get(cleaned.get(self.name, ""), ""))


def colleagues() -> list[tuple[str, str]]:
    """Return who may be in charge of a lead, and who once was, for a select box."""
    return [(str(user.pk), user.name) for user in in_reading_order(User.objects.order_by("name", "id"))]


def sources() -> list[tuple[str, str]]:
    """Return all sources for a select box, retired ones, too, for what came by them."""
    return [(str(each.pk), str(each)) for each in in_reading_order(LeadSource.objects.order_by("id"))]


def reasons() -> list[tuple[str, str]]:
    return [(str(each.pk), str(each)) for each in in_reading_order(LostReason.objects.order_by("id"))]
