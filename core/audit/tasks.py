from celery import shared_task
from django.utils import timezone

from core.audit.sealing import seal_all_events


@shared_task
def seal_events_task() -> None:
    """Chain the events of all tenants that wait; each is sealed in its tenant's scope."""
    seal_all_events(at=timezone.now())
