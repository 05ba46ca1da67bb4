import uuid

from celery import shared_task
from django.utils import timezone

from core.events.dispatching import wake_workers, work_off


@shared_task
def sweep_events_task() -> None:
    """Wake workers for the tenants whose events wait; it belongs to no tenant."""
    wake_workers(at=timezone.now())


@shared_task
def deliver_events_task(*, tenant_id: str) -> None:
    """Work one tenant's events off; the service opens its scope for each batch."""
    work_off(tenant_id=uuid.UUID(tenant_id), now=timezone.now)
