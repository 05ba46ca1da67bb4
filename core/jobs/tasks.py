import uuid

from celery import shared_task
from django.utils import timezone

from core.jobs.running import perform_job
from core.jobs.services import perform_run, wake_workers


@shared_task
def sweep_due_work_task() -> None:
    """Plan what is due and wake the workers; the one task that belongs to no tenant."""
    wake_workers(at=timezone.now())


@shared_task
def perform_run_task(*, tenant_id: str, run_id: str) -> None:
    """Do one due run; the service opens the tenant's scope, because a failure is noted after it."""
    perform_run(tenant_id=uuid.UUID(tenant_id), run_id=uuid.UUID(run_id), at=timezone.now())


@shared_task
def perform_job_task(*, tenant_id: str, job_id: str) -> None:
    """Do a background job to its end; the service opens the tenant's scope for each chunk."""
    perform_job(tenant_id=uuid.UUID(tenant_id), job_id=uuid.UUID(job_id), now=timezone.now)
