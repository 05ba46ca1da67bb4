"""Background jobs, done as a worker does them."""

from datetime import datetime

from django.utils import timezone

from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


def work_off(job: BackgroundJob, *, at: datetime) -> BackgroundJob:
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: at)
    job.refresh_from_db()
    return job


def do_what_waits() -> None:
    """Do every tenant's jobs, as a worker does, while a page watches; no scope may be open."""
    for tenant in Tenant.objects.all():
        with tenant_scope(tenant):
            waiting = list(BackgroundJob.objects.filter(state__in=UNFINISHED).values_list("pk", flat=True))
        for job_id in waiting:
            perform_job(tenant_id=tenant.pk, job_id=job_id, now=timezone.now)
