from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department, User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from customers.services import lock_customer
from service_requests.enums import CLOSED, RequestState, WaitsFor
from service_requests.models import ServiceRequest
from service_requests.policies import calendar_of, warn_at
from service_requests.services.opening import LONGEST_TEXT, TextTooLong, check_charge, tell_timeline, told_of
from service_requests.services.policies import current_policy


class RequestClosed(DomainError):
    code = "request_closed"
    message = _("Somebody else has closed this request already.")


class RequestChanged(RecordChanged):
    code = "request_changed"
    message = _("Somebody else changed this request in the meantime. Load the page again to see it.")


class RequestWaits(DomainError):
    code = "request_waits"
    message = _("This request waits already.")


class RequestNotWaiting(DomainError):
    code = "request_not_waiting"
    message = _("This request does not wait any more.")


class NothingSaid(DomainError):
    code = "nothing_said"
    message = _("Write down what came of it.")


@transaction.atomic
def take_request(*, request: ServiceRequest, by: User, at: datetime) -> ServiceRequest:
    """Put oneself in charge of a request, whoever was before. Raises RequestClosed or AssigneeCannotWork."""
    check_charge(None, by)
    request = _held(request)
    request.assignee = by
    if request.state == RequestState.OPEN:
        request.state = RequestState.IN_PROGRESS
    return _kept(request, "service_request.taken", by=by, at=at)


@transaction.atomic
def move_request(
    *,
    request: ServiceRequest,
    department: Department | None,
    assignee: User | None,
    version: int | None = None,
    by: User | ApiKey,
    at: datetime,
) -> ServiceRequest:
    """Put a department, and a colleague or for now nobody, in charge of a request; a team gives way to a department.

    With `version` it raises RequestChanged if there is another; also RequestClosed, DepartmentClosed or
    AssigneeCannotWork.
    """
    check_charge(department, assignee)
    request = _held(request, version)
    request.department = department
    request.team = None if department else request.team
    request.assignee = assignee
    if assignee is None and request.state == RequestState.IN_PROGRESS:
        request.state = RequestState.OPEN
    request = _kept(request, "service_request.moved", by=by, at=at)
    if assignee != by:
        publish("service_request.assigned", subject_id=request.pk, payload=told_of(request), at=at)
    return request


@transaction.atomic
def hand_over_request(*, row: ServiceRequest, of: User, to: User, by: User, at: datetime) -> bool:
    """Give a request that `of` is in charge of to a colleague; return whether it still was theirs to give."""
    request = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if request.assignee_id != of.pk or request.is_closed:
        return False
    move_request(request=request, department=request.department, assignee=to, by=by, at=at)
    return True


@transaction.atomic
def wait_with_request(
    *, request: ServiceRequest, waits_for: str, version: int | None = None, by: User | ApiKey, at: datetime
) -> ServiceRequest:
    """Let a request rest, and its deadline with it, until somebody has answered.

    Raises RequestChanged, RequestClosed or RequestWaits.
    """
    request = _held(request, version)
    if request.state == RequestState.WAITING:
        raise RequestWaits
    request.state = RequestState.WAITING
    request.waits_for = WaitsFor(waits_for)
    request.waiting_since = at
    return _kept(request, "service_request.waits", by=by, at=at)


@transaction.atomic
def resume_request(
    *, request: ServiceRequest, version: int | None = None, by: User | ApiKey, at: datetime
) -> ServiceRequest:
    """Go on with a request that waited; of that only working time puts off the deadline.

    Raises RequestChanged, RequestClosed or RequestNotWaiting.
    """
    request = _held(request, version)
    if request.state != RequestState.WAITING:
        raise RequestNotWaiting
    request.state = RequestState.IN_PROGRESS if request.assignee_id else RequestState.OPEN
    _end_waiting(request, at)
    return _kept(request, "service_request.resumed", by=by, at=at)


@transaction.atomic
def close_request(
    *,
    request: ServiceRequest,
    state: str,
    outcome: str,
    version: int | None = None,
    by: User | ApiKey,
    at: datetime,
) -> ServiceRequest:
    """Say what came of a request: DONE, or DECLINED and why; the colleague who closes it is in charge from then on.

    Raises RequestChanged, RequestClosed, NothingSaid, TextTooLong, or ValueError for another state.
    """
    if state not in CLOSED:
        raise ValueError(f"A request is not closed by being {state}.")
    outcome = outcome.strip()
    if not outcome:
        raise NothingSaid
    if len(outcome) > LONGEST_TEXT:
        raise TextTooLong
    # As whoever opens it: beside an erasure nothing personal is written.
    lock_customer(request.customer_id, lets_others_point_here=True)
    request = _held(request, version)
    if request.state == RequestState.WAITING:
        _end_waiting(request, at)
    request.state = RequestState(state)
    request.outcome = outcome
    request.closed_at = at
    if isinstance(by, User):
        request.assignee = by
    request = _kept(request, "service_request.closed", by=by, at=at)
    publish(
        "service_request.done",
        subject_id=request.pk,
        payload={**told_of(request), "kind": request.kind, "state": request.state.value},
        at=at,
    )
    told = {"number": request.number, "kind": request.kind, "state": request.state.value}
    tell_timeline(request, "service_request.done", told, at)
    return request


def _held(request: ServiceRequest, version: int | None = None) -> ServiceRequest:
    """Return an open request as it is stored, locked.

    Raises RequestChanged where a version is named, and it has another; or RequestClosed.
    """
    stored = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if version not in (None, stored.version):
        raise RequestChanged
    if stored.is_closed:
        raise RequestClosed
    return stored


def _end_waiting(request: ServiceRequest, at: datetime) -> None:
    calendar = calendar_of(current_policy())
    waited = calendar.between(request.waiting_since, at)
    request.waited_seconds += int(waited.total_seconds())
    if request.due_at > request.waiting_since:
        request.due_at = calendar.add(at, calendar.between(request.waiting_since, request.due_at))
        request.queue_at = request.due_at - timedelta(hours=request.head_start_hours)
        request.warn_at = warn_at(calendar, request.due_at, request.allowed_hours)
    request.waits_for = ""
    request.waiting_since = None


def _kept(request: ServiceRequest, action: str, *, by: User | ApiKey, at: datetime) -> ServiceRequest:
    request.version += 1
    request.save()
    record(action, subject=request, by=by, at=at)
    return request
