"""What follows for staff from events of service requests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.accounts.models import User
from core.accounts.permissions import may
from core.events.models import OutboxEvent
from core.web.notices import notify
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.services.opening import told_of

IN_CHARGE = "service_request_in_charge"


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


def _charge(told: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return told["department_id"], told["team_id"], told["assignee_id"]


def _in_charge(request: ServiceRequest) -> list[User]:
    if request.assignee is not None:
        return [request.assignee]
    if request.department_id is None and request.team_id is None:
        return []
    place = {"department": request.department_id} if request.department_id else {"team": request.team_id}
    return list(User.objects.filter(**place, is_active=True).order_by("pk"))
