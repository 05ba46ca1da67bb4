from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department, Team, User
from core.web.lists import GroupFilter
from core.web.lists.filters import Cleaned
from core.web.reading_order import in_reading_order
from service_requests.enums import CLOSED, RequestState
from service_requests.querysets import running, unfinished


@dataclass(kw_only=True)
class StateFilter(GroupFilter):
    """One state, or several; those that can be worked on unless told, for they are the queue."""

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        # What is unfinished has an index of its own.
        is_of_state = cleaned.get(self.name, "") not in self.groups
        rows = unfinished(rows) if is_of_state and cleaned[self.name] not in CLOSED else rows
        return super().apply(rows, cleaned, zone)


UNFINISHED = "unfinished"
STATES = StateFilter(
    name="state",
    label=_("State"),
    choices=RequestState.choices,
    groups={
        "": (_("To be worked on"), running),
        UNFINISHED: (_("Unfinished"), unfinished),
        "all": (_("All"), lambda rows: rows),
    },
)


def colleagues() -> list[tuple[str, str]]:
    """Return who may be in charge of a request, and who once was, for a select box."""
    return [(str(user.pk), user.name) for user in in_reading_order(User.objects.order_by("name", "id"))]


def departments() -> list[tuple[str, str]]:
    """Return all departments for a select box, closed ones, too, for what they once did."""
    return [(str(each.pk), each.name) for each in in_reading_order(Department.objects.order_by("name", "id"))]


def teams() -> list[tuple[str, str]]:
    """Return all teams in the same way."""
    return [(str(each.pk), each.name) for each in in_reading_order(Team.objects.order_by("name", "id"))]
