"""Files of shipments, received and imported as the pages do it; a scope must be open."""

import io
from collections.abc import Mapping
from datetime import datetime

from core.accounts.models import User
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
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
