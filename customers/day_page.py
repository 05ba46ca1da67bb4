"""The page of the day, which every step that is taken on it answers with anew."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from core.accounts.models import User
from core.tenancy.scope import current_tenant
from customers.day import SOON, Day, done_of, figures_of, work_of

# The part of the page that stands anew after each step.
DAY = "day"


def day_page(request: HttpRequest) -> HttpResponse:
    """Answer with the reader's day as it stands now: the same queries, whatever many there are."""
    return TemplateResponse(request, "customers/my_day.html", _context(request.user))


def _context(user: User) -> dict[str, Any]:
    # As lists count days, which its figures lead to.
    day = Day.of(user, at=timezone.now(), zone=current_tenant().time_zone)
    rows, has_more = work_of(day)
    figures, whole = figures_of(day)
    return {
        "rows": rows,
        "has_more": has_more,
        "done": done_of(day),
        "figures": figures,
        "whole": whole,
        "now": day.at,
        "soon": day.at + SOON,
    }
