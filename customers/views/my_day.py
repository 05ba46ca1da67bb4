"""What somebody has to do today, in the order in which to do it; every step of it is one key."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from core.accounts.models import User
from core.tenancy.clock import day_start, local_date
from core.web.views import StaffView
from customers.enums import FollowUpState
from customers.follow_ups.querysets import SOON, counts_of_day, for_list, of_day
from customers.follow_ups.words import show
from customers.models import FollowUp
from customers.permissions import FOLLOW_UPS_WORK

# The part of the page that stands anew after each step.
DAY = "day"
MOST, MOST_CLOSED = 100, 5


class MyDayView(StaffView):
    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/my_day.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return day_page(request)


def day_page(request: HttpRequest) -> HttpResponse:
    """Answer with the reader's day as it stands now: eight queries at most, whatever many there are."""
    return TemplateResponse(request, MyDayView.template_name, _context(request.user))


def _context(user: User) -> dict[str, Any]:
    now = timezone.now()
    zone = timezone.get_current_timezone_name()
    today = local_date(now, zone)
    end = day_start(today + timedelta(days=1), zone)
    found = list(of_day(user, before=end, at=now)[: MOST + 1])
    closed = FollowUp.objects.filter(
        closed_by=user, state=FollowUpState.DONE, closed_at__gte=day_start(today, zone)
    ).order_by("-closed_at")
    return {
        "rows": show(found[:MOST]),
        "done": show(for_list(closed)[:MOST_CLOSED]),
        "has_more": len(found) > MOST,
        "counts": counts_of_day(user, before=end, at=now),
        "done_count": closed.count(),
        "now": now,
        "soon": now + SOON,
    }
