"""Service requests as work of somebody's day: those that run in their hands; what waits for others rests."""

from collections.abc import Mapping

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import ngettext

from customers.day import DONE, MOST, MOST_DONE, OVERDUE, TODAY, WHOLE, Day, KindOfWork, Work, in_order
from customers.needs.reading import with_needs
from service_requests.enums import RequestState
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.querysets import for_list, in_hands_of, late, running


def find(day: Day) -> list[Work]:
    requests = in_order(with_needs(for_list(_running(day))), "due_at", "id", at=day.at)
    return [_work(request) for request in requests[: MOST + 1]]


def done(day: Day) -> list[Work]:
    return [_work(request) for request in with_needs(for_list(_done(day))).order_by("-closed_at")[:MOST_DONE]]


def count(day: Day) -> Mapping[str, int]:
    is_late = late(day.at)
    found = _running(day).aggregate(overdue=Count("pk", filter=is_late), today=Count("pk", filter=~is_late))
    return {**found, DONE: _done(day).count()}


def address(day: Day, figure: str) -> str:
    """Return the list of what a figure counts."""
    due = {"hands": day.user.pk, "due_to": day.on, "sort": "due"}
    asked = {
        OVERDUE: {"overdue": "yes", **due},
        TODAY: {"overdue": "no", **due},
        WHOLE: due,
        DONE: {"state": RequestState.DONE, "assignee": day.user.pk, "closed_from": day.on},
    }[figure]
    return f"{reverse('service_requests:list')}?{urlencode(asked)}"


def _running(day: Day) -> QuerySet[ServiceRequest]:
    return in_hands_of(running(ServiceRequest.objects.filter(due_at__lt=day.ends)), day.user)


def _done(day: Day) -> QuerySet[ServiceRequest]:
    return ServiceRequest.objects.filter(assignee=day.user, state=RequestState.DONE, closed_at__gte=day.starts)


def _work(request: ServiceRequest) -> Work:
    place = request.department or request.team
    return Work(
        record=request,
        subject=f"{request.number} · {request.get_kind_display()}",
        url=reverse("service_requests:detail", args=[request.pk]),
        kind=request.get_state_display(),
        customer=request.customer,
        due_at=request.due_at,
        closed_at=request.closed_at,
        steps="service_requests/day_steps.html",
        charge=place.name if place and not request.assignee_id else "",
        is_nobodys=not (request.assignee_id or place),
    )


SERVICE_REQUESTS = KindOfWork(
    key="service_requests",
    permission=WORK,
    words=lambda count: ngettext("%(count)s service request", "%(count)s service requests", count) % {"count": count},
    find=find,
    done=done,
    count=count,
    address=address,
)
