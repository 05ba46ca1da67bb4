"""What follows for staff from events of service requests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.accounts.models import User
from core.accounts.permissions import may
from core.events.models import OutboxEvent
from core.web.notices import notify
from customers.follow_ups.querysets import leaders_among
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.querysets import running
from service_requests.services.opening import told_of

IN_CHARGE = "service_request_in_charge"
DUE_SOON = "service_request_due_soon"
OVERDUE = "service_request_overdue"


def tell_those_in_charge(*, event: OutboxEvent, at: datetime) -> None:
    """Tell the colleague in charge, or for want of one everybody of the department or team who may work on it.

    Whoever opened it knows that. Of one that is closed by now nobody need know, and of one that went on to others
    these are told by the event of that.
    """
    found = ServiceRequest.objects.filter(pk=event.subject_id, closed_at=None).select_related("assignee")
    request = found.defer("text", "outcome").first()
    if request is None or _charge(told_of(request)) != _charge(event.payload):
        return
    knows = request.opened_by_id if event.name == "service_request.opened" else None
    for person in _in_charge(request):
        if person.pk != knows and may(person, WORK):
            notify(
                user=person,
                kind=IN_CHARGE,
                source_id=event.pk,
                subject_id=request.pk,
                facts={"is_own": request.assignee_id is not None, "is_of_team": request.team_id is not None},
                at=event.occurred_at,
            )


def warn_those_in_charge(*, event: OutboxEvent, at: datetime) -> None:
    """Tell who is in charge that most of the time is used up; where nobody is, those who lead."""
    request = _running(event)
    if request is None:
        return
    for person in [each for each in _in_charge(request) if may(each, WORK)] or _leaders(request):
        _notify(person, DUE_SOON, event)


def tell_leaders(*, event: OutboxEvent, at: datetime) -> None:
    """Tell those who lead where the request is in charge that its deadline has passed."""
    request = _running(event)
    if request is None:
        return
    for person in _leaders(request):
        _notify(person, OVERDUE, event)


def _notify(person: User, kind: str, event: OutboxEvent) -> None:
    notify(user=person, kind=kind, source_id=event.pk, subject_id=event.subject_id, facts={}, at=event.occurred_at)


def _running(event: OutboxEvent) -> ServiceRequest | None:
    """Return the request of an event, unless it is closed or waits by now."""
    found = running(ServiceRequest.objects.filter(pk=event.subject_id)).select_related("assignee", "department", "team")
    return found.defer("text", "outcome").first()


def _leaders(request: ServiceRequest) -> list[User]:
    assignee = request.assignee
    department = request.department_id or (assignee and assignee.department_id)
    team = request.team_id or (assignee and assignee.team_id)
    return leaders_among(team=team, department=department, but=request.assignee_id)


def _charge(told: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return told["department_id"], told["team_id"], told["assignee_id"]


def _in_charge(request: ServiceRequest) -> list[User]:
    if request.assignee is not None:
        return [request.assignee]
    if request.department_id is None and request.team_id is None:
        return []
    place = {"department": request.department_id} if request.department_id else {"team": request.team_id}
    return list(User.objects.filter(**place, is_active=True).order_by("pk"))
