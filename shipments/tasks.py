from celery import shared_task
from django.utils import timezone

from shipments.watching import watch_all

# Ended before the next begins.
WATCHING_SECONDS = 60


@shared_task
def watch_shipments_task() -> None:
    """Find what is late or silent of all tenants' shipments; each in its tenant's scope."""
    watch_all(at=timezone.now(), seconds=WATCHING_SECONDS)
