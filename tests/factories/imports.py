"""Files of shipments, received and imported as the pages do it; a scope must be open."""

import io
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from core.accounts.models import User
from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from shipments.models import ImportRun
from shipments.services import receive_file, start_import


def receive(content: str, *, by: User | None, at: datetime, name: str = "f.csv") -> ImportRun:
    data = content.encode()
    return receive_file(stream=io.BytesIO(data), size=len(data), file_name=name, by=by, at=at)


def import_received(run: ImportRun, *, by: User, at: datetime, mapping: Mapping[str, str] | None = None) -> ImportRun:
    work_off(start_import(run=run, mapping=mapping or {}, by=by, at=at), at=at)
    run.refresh_from_db()
    return run


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
