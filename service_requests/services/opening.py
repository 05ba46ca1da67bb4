from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department, User
from core.accounts.permissions import may
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.turns import wait_for_turn
from customers.entitlements import head_start_of, team_for
from customers.models import Customer
from customers.services import lock_customer, tell_in_timeline
from service_requests.enums import RequestKind
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.policies import allowed_hours, calendar_of, warn_at
from service_requests.querysets import unfinished
from service_requests.services.policies import current_policy
from shipments.models import Shipment

LONGEST_TEXT = 5000


class NothingAsked(DomainError):
    code = "nothing_asked"
    message = _("Write down what the customer wishes.")


class TextTooLong(DomainError):
    code = "text_too_long"
    message = _("A text holds 5,000 characters at most.")


class ShipmentOfAnother(DomainError):
    code = "shipment_of_another"
    message = _("This shipment is another customer's.")


class DepartmentClosed(DomainError):
    code = "department_closed"
    message = _("This department is closed.")


class AssigneeCannotWork(DomainError):
    code = "assignee_cannot_work"
    message = _("This colleague does not work on service requests.")


@transaction.atomic
def open_request(
    *,
    customer: Customer,
    kind: str,
    text: str,
    shipment: Shipment | None = None,
    department: Department | None = None,
    assignee: User | None = None,
    by: User | ApiKey | None,
    at: datetime,
) -> ServiceRequest:
    """Write down a wish of a customer, with the deadline and the place in the queue that its kind and tier give it.

    Where nobody is named, the team that serves the tier is in charge; of several the one with the fewest unfinished.
    Raises NothingAsked, TextTooLong, ShipmentOfAnother, DepartmentClosed, AssigneeCannotWork, or CustomerMerged.
    """
    text = text.strip()
    if not text:
        raise NothingAsked
    if len(text) > LONGEST_TEXT:
        raise TextTooLong
    check_charge(department, assignee)
    # An erasure that is under way takes what it sees: what is written beside it waits, and is written after it.
    customer = lock_customer(customer.pk, lets_others_point_here=True)
    if shipment is not None and shipment.customer_id != customer.pk:
        raise ShipmentOfAnother
    policy = current_policy()
    hours = allowed_hours(policy, kind=kind, tier=customer.tier)
    head_start = head_start_of(customer.tier)
    calendar = calendar_of(policy)
    due_at = calendar.add(at, timedelta(hours=hours))
    serial = _next_serial()
    request = ServiceRequest.objects.create(
        serial=serial,
        number=f"SR{serial:06}",
        kind=RequestKind(kind),
        customer=customer,
        shipment=shipment,
        department=department,
        team=None if department or assignee else team_for(customer.tier, unfinished(ServiceRequest.objects)),
        assignee=assignee,
        text=text,
        allowed_hours=hours,
        opened_at=at,
        due_at=due_at,
        head_start_hours=head_start // timedelta(hours=1),
        queue_at=due_at - head_start,
        warn_at=warn_at(calendar, due_at, hours),
        opened_by=by if isinstance(by, User) else None,
        opened_by_key=by.pk if isinstance(by, ApiKey) else None,
    )
    record("service_request.opened", of=request, by=by, at=at, details={"type": request.kind})
    publish(
        "service_request.opened",
        subject_id=request.pk,
        payload={**told_of(request), "kind": request.kind},
        at=at,
    )
    tell_timeline(request, "service_request.opened", {"number": request.number, "kind": request.kind}, at)
    return request


def check_charge(department: Department | None, assignee: User | None) -> None:
    """Raise DepartmentClosed or AssigneeCannotWork for who cannot be in charge."""
    if department is not None and department.closed_at is not None:
        raise DepartmentClosed
    if assignee is not None and not may(assignee, WORK):
        raise AssigneeCannotWork


def told_of(request: ServiceRequest) -> dict[str, str | None]:
    """Return what every event of a request tells."""
    return {
        "number": request.number,
        "customer_id": str(request.customer_id),
        "department_id": str(request.department_id) if request.department_id else None,
        "team_id": str(request.team_id) if request.team_id else None,
        "assignee_id": str(request.assignee_id) if request.assignee_id else None,
    }


def tell_timeline(request: ServiceRequest, code: str, parameters: dict[str, str], at: datetime) -> None:
    """Tell of a request in its customer's timeline, once for each code."""
    tell_in_timeline(
        customer=request.customer,
        code=code,
        parameters=parameters,
        source=f"{code}:{request.pk}",
        happened_at=at,
        at=at,
    )


def _next_serial() -> int:
    """Return the number after the last, held for this transaction: requests of a tenant are numbered one by one."""
    wait_for_turn("service_requests")
    return (ServiceRequest.objects.aggregate(last=Max("serial"))["last"] or 0) + 1
