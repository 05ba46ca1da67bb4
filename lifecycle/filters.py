from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.web.lists import GroupFilter
from core.web.reading_order import in_reading_order
from lifecycle.enums import LeadState
from lifecycle.models import LeadSource, LostReason
from lifecycle.querysets import unfinished

STATES = GroupFilter(
    name="state",
    label=_("State"),
    choices=LeadState.choices,
    groups={"": (pgettext_lazy("leads", "Open"), unfinished), "all": (_("All"), lambda rows: rows)},
)


def colleagues() -> list[tuple[str, str]]:
    """Return who may be in charge of a lead, and who once was, for a select box."""
    return [(str(user.pk), user.name) for user in in_reading_order(User.objects.order_by("name", "id"))]


def sources() -> list[tuple[str, str]]:
    """Return all sources for a select box, retired ones, too, for what came by them."""
    return [(str(each.pk), str(each)) for each in in_reading_order(LeadSource.objects.order_by("id"))]


def reasons() -> list[tuple[str, str]]:
    return [(str(each.pk), str(each)) for each in in_reading_order(LostReason.objects.order_by("id"))]
