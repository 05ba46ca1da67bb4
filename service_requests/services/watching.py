"""Deadlines that come near or have passed: who is in charge is warned, and those who lead are told, once each."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from core.audit.services import record
from core.events.services import publish_many
from core.tenancy.sweeping import sweep_tenants
from core.tenancy.working_time import working_calendar
from service_requests.models import ServiceRequest
from service_requests.querysets import overdue, running
from service_requests.services.opening import told_of

BATCH = 500


def watch_all(*, at: datetime, seconds: float) -> int:
    """Warn and tell of the requests of every active tenant, each in its scope; return how often."""
    return sweep_tenants(partial(watch_requests, at=at), seconds=seconds)


@transaction.atomic
def watch_requests(*, at: datetime) -> int:
    """Warn of up to BATCH requests of the active tenant, and tell of as many that are overdue; return how many.

    Only while people work, and of none that waits. Of one that is overdue already nobody is warned any more.
    """
    if not working_calendar().is_open(at):
        return 0
    late = _held(overdue(ServiceRequest.objects.filter(overdue_told_at=None), at=at).order_by("due_at", "id"))
    for request in late:
        request.overdue_told_at = at
        request.warned_at = request.warned_at or at
        record("service_request.overdue", of=request, by=None, at=at)
    near = _held(running(ServiceRequest.objects.filter(warned_at=None, warn_at__lte=at, due_at__gte=at)))
    for request in near:
        request.warned_at = at
    ServiceRequest.objects.bulk_update([*late, *near], ["warned_at", "overdue_told_at"])
    publish_many("service_request.overdue", [(each.pk, _told(each)) for each in late], at=at)
    publish_many("service_request.due_soon", [(each.pk, _told(each)) for each in near], at=at)
    return len(late) + len(near)


def _held(requests: QuerySet[ServiceRequest]) -> list[ServiceRequest]:
    """Return the first of them, held; who holds one is about to do something with it: the next time."""
    first = requests.defer("text", "outcome").order_by("due_at", "id")[:BATCH]
    return list(first.select_for_update(of=("self",), skip_locked=True))


def _told(request: ServiceRequest) -> dict[str, str | None]:
    return {**told_of(request), "kind": request.kind, "due_at": request.due_at.isoformat()}
