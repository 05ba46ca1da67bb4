import uuid

from celery import shared_task
from django.utils import timezone

from core.events.dispatching import TURN_SECONDS, wake_workers, work_off


@shared_task
def sweep_events_task() -> None:
    """Wake workers for the tenants whose events wait; it belongs to no tenant."""
    wake_workers(at=timezone.now())


# Twice a turn: only a receiver that hangs outside the database comes to it, or, deaf to that too, to its worker's end.
@shared_task(soft_time_limit=2 * TURN_SECONDS, time_limit=3 * TURN_SECONDS)
def deliver_events_task(*, tenant_id: str) -> None:
    """Work one tenant's events off; the service opens its scope for each batch."""
    work_off(tenant_id=uuid.UUID(tenant_id), now=timezone.now)
