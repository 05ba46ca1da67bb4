from celery import shared_task
from django.utils import timezone

from service_requests.services.watching import watch_all

# Ended before the next begins.
WATCHING_SECONDS = 60


@shared_task
def watch_requests_task() -> None:
    """Warn of deadlines of all tenants' service requests, and tell of those that passed; each in its tenant's scope."""
    watch_all(at=timezone.now(), seconds=WATCHING_SECONDS)
