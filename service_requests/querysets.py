"""The shapes in which service requests are read."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from core.accounts.models import User
from core.accounts.permissions import declared, may
from customers.models import Customer
from customers.needs.reading import with_needs
from customers.permissions import FOLLOW_UPS_MANAGE
from service_requests.enums import RUNNING, RequestState
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from shipments.models import Shipment

SHOWN_ON_RECORD = 10
TEXTS = ("text", "outcome")


def workers() -> QuerySet[User]:
    """Return the colleagues who may be in charge of a request."""
    return User.objects.filter(is_active=True, role__in=declared()[WORK].roles).order_by("name", "id")


def for_list(requests: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    """Bring customers, waybills and who is in charge, in one query; what was said stays in the database."""
    related = requests.select_related("customer", "shipment", "department", "team", "assignee")
    return related.defer(*TEXTS, "customer__special_needs", "customer__birthday")


def for_record(requests: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    """Bring the same with what was said, what the customer needs, and who opened it."""
    related = requests.select_related("customer", "shipment", "department", "team", "assignee", "opened_by")
    return with_needs(related.defer("customer__special_needs", "customer__birthday"))


def unfinished(requests: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    return requests.filter(closed_at=None)


def running(requests: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    """Leave those that can be worked on: neither closed nor waiting for anybody."""
    return unfinished(requests).filter(state__in=RUNNING)


def late(at: datetime) -> Q:
    """Return whether a deadline runs and has passed, as a condition."""
    return Q(state__in=RUNNING, due_at__lt=at)


def is_overdue(at: datetime) -> Q:
    """Return whether it is not closed, and its deadline runs and has passed, as a condition."""
    return Q(closed_at=None) & late(at)


def overdue(requests: QuerySet[ServiceRequest], *, at: datetime) -> QuerySet[ServiceRequest]:
    """Leave those whose deadline runs and has passed."""
    return requests.filter(is_overdue(at))


def in_hands_of(requests: QuerySet[ServiceRequest], user: User) -> QuerySet[ServiceRequest]:
    """Leave those that somebody has to do: their own, their team's and department's that nobody has, and nobody's for
    who leads.
    """
    own = Q(assignee=user)
    if user.team_id:
        own |= Q(assignee=None, team=user.team_id)
    if user.department_id:
        own |= Q(assignee=None, department=user.department_id)
    if may(user, FOLLOW_UPS_MANAGE):
        own |= Q(assignee=None, team=None, department=None)
    return requests.filter(own)


def newest_of(**owner: Customer | Shipment) -> list[ServiceRequest]:
    """Return the newest requests of a customer or a shipment, those that are not closed first, in one query."""
    requests = for_list(ServiceRequest.objects.filter(**owner))
    in_order = requests.order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-id")
    return list(in_order[:SHOWN_ON_RECORD])


def counts_for(user: User, *, at: datetime) -> dict[str, Any]:
    """Count what is unfinished: overdue, nobody's and the user's own to be worked on, and waiting; one query."""
    is_running = Q(state__in=RUNNING)
    return unfinished(ServiceRequest.objects).aggregate(
        overdue=Count("pk", filter=late(at)),
        nobodys=Count("pk", filter=is_running & Q(assignee=None)),
        own=Count("pk", filter=is_running & Q(assignee=user)),
        waiting=Count("pk", filter=Q(state=RequestState.WAITING)),
    )


def prefix_of(requests: QuerySet[ServiceRequest], text: str) -> QuerySet[ServiceRequest]:
    """Leave the requests whose number begins with `text`, in any case."""
    return requests.filter(number__prefix=text.upper()).order_by("number")
