"""Due work is rows; Celery only wakes whoever does it.

The row is locked while the work is done and marked in the transaction of its effect, so two workers, a killed
one or a message delivered twice make the effect once.
"""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from core.accounts.models import User
from core.audit.services import record
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.jobs.nightly import nightly_jobs, run_job
from core.jobs.running import due_jobs
from core.jobs.standing import Standing
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant, required_tenant_id, tenant_scope

MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
# A little less than from one sweep to the next: older wake-ups would pile up before those of work not yet done.
WAKE_UP_SECONDS = 55

log = structlog.get_logger(__name__)


class RunNotFailed(DomainError):
    code = "run_not_failed"
    message = _("This work has not failed, or somebody else is having it done again already.")


class RunOvertaken(DomainError):
    code = "run_overtaken"
    message = _("A later night has been done since, and covers this one.")


def plan_nightly_work(*, at: datetime) -> int:
    """Make the rows of all nightly work that is due for the active tenant; return how many are new.

    Only today's: a night on which nothing ran is left out, because the next one covers it (see nightly.register).
    """
    tenant = current_tenant()
    local = at.astimezone(ZoneInfo(tenant.time_zone))
    planned = [
        JobRun(job=job.name, business_date=local_date(at, tenant.time_zone), due_at=at)
        for job in nightly_jobs()
        if local.time() >= job.at
    ]
    known = set(
        JobRun.objects.filter(business_date=local.date(), job__in=[run.job for run in planned]).values_list(
            "job", flat=True
        )
    )
    new = [run for run in planned if run.job not in known]
    JobRun.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def due_runs(*, at: datetime) -> list[uuid.UUID]:
    """Return the ids of the active tenant's runs that wait to be done."""
    return list(
        JobRun.objects.filter(state=JobState.DUE, due_at__lte=at).order_by("due_at").values_list("pk", flat=True)
    )


def perform_run(*, tenant_id: uuid.UUID, run_id: uuid.UUID, at: datetime) -> bool:
    """Do one due run; False when it is done already or another worker holds it.

    A failure rolls the effect back, is noted, and tried again later, MOST_ATTEMPTS times in all.
    """
    try:
        with tenant_scope(tenant_id):
            return _perform(run_id, at)
    except Exception as failure:
        log.exception("jobs.run_failed", run=str(run_id))
        with tenant_scope(tenant_id):
            _note_failure(run_id, failure, at)
        return False


@transaction.atomic
def try_again(*, run: JobRun, by: User, at: datetime) -> JobRun:
    """Make a failed run due once more, with all its attempts. Raises RunNotFailed or RunOvertaken."""
    run = JobRun.objects.select_for_update().get(pk=run.pk)
    if run.state != JobState.FAILED:
        raise RunNotFailed
    if JobRun.objects.filter(job=run.job, business_date__gt=run.business_date, state=JobState.DONE).exists():
        raise RunOvertaken
    run.state = JobState.DUE
    run.attempts = 0
    run.due_at = at
    run.save(update_fields=["state", "attempts", "due_at"])
    record("job_run.tried_again", of=run, by=by, at=at, details={"job": run.job})
    _wake_worker(run)
    return run


def _wake_worker(run: JobRun) -> None:
    """Tell Celery after the commit; with Redis away the sweeper finds the run a little later."""
    from core.jobs.tasks import perform_run_task  # noqa: PLC0415  the task is an interface to this module

    tenant_id, run_id = str(required_tenant_id()), str(run.pk)

    def send() -> None:
        try:
            perform_run_task.apply_async(kwargs={"tenant_id": tenant_id, "run_id": run_id}, retry=False)
        except OperationalError:
            log.warning("jobs.worker_not_woken", run=run_id)

    transaction.on_commit(send)


def _perform(run_id: uuid.UUID, at: datetime) -> bool:
    run = JobRun.objects.select_for_update(skip_locked=True).filter(pk=run_id, state=JobState.DUE).first()
    if run is None:
        return False
    run.result = run_job(run.job, business_date=run.business_date, at=at)
    run.state = JobState.DONE
    run.attempts += 1
    run.finished_at = at
    run.error = ""
    run.save(update_fields=["result", "state", "attempts", "finished_at", "error"])
    return True


def _note_failure(run_id: uuid.UUID, failure: Exception, at: datetime) -> None:
    run = JobRun.objects.select_for_update().filter(pk=run_id, state=JobState.DUE).first()
    if run is None:
        return
    run.attempts += 1
    run.error = type(failure).__name__
    run.due_at = at + FIRST_PAUSE * 2**run.attempts
    if run.attempts >= MOST_ATTEMPTS:
        run.state = JobState.FAILED
    run.save(update_fields=["attempts", "error", "due_at", "state"])


def wake_workers(*, at: datetime) -> int:
    """Plan every active tenant's work and send a wake-up for each due run and job; return how many.

    How it stands with all of it is kept for the metrics.
    """
    from core.jobs.tasks import perform_job_task, perform_run_task  # noqa: PLC0415  interfaces to this module

    sent, standing = 0, Standing(at)
    for tenant in Tenant.objects.filter(is_active=True).order_by("pk"):
        with tenant_scope(tenant):
            plan_nightly_work(at=at)
            due, jobs = due_runs(at=at), due_jobs(at=at)
            standing.add_tenant()
        for run_id in due:
            perform_run_task.apply_async(
                kwargs={"tenant_id": str(tenant.pk), "run_id": str(run_id)}, expires=WAKE_UP_SECONDS
            )
        for job_id in jobs:
            perform_job_task.apply_async(
                kwargs={"tenant_id": str(tenant.pk), "job_id": str(job_id)}, expires=WAKE_UP_SECONDS
            )
        sent += len(due) + len(jobs)
    standing.keep()
    return sent
