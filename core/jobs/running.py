"""Starting, doing and ending background jobs.

A chunk's effect, the place where the next begins and the piece of the result file are one transaction, so a worker
killed anywhere loses at most one chunk's work and nothing is done twice. That a chunk is begun is committed before it
begins: one that kills its workers is given up.
"""

import gzip
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from core.accounts.models import User
from core.accounts.permissions import may
from core.accounts.services.uniqueness import refused_as
from core.audit.services import record
from core.jobs.background import Step, find_kind, kind_of, tell_end
from core.jobs.collecting import without_collecting
from core.jobs.enums import UNFINISHED, BackgroundState
from core.jobs.models import BackgroundJob, JobPart
from core.jobs.stopping import is_asked_to_stop
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id, tenant_scope

MOST_ATTEMPTS = 5
MOST_DEATHS = 3
FIRST_PAUSE = timedelta(seconds=5)
# A worker that has said nothing for so long is taken for gone.
SILENCE = timedelta(seconds=60)
NO_LONGER_ALLOWED = "no_longer_allowed"
WORKERS_DIED = "workers_died"
# What a worker changes; the title is encrypted, and a job ends also when its tenant's keys are gone.
PROGRESS = [
    "state",
    "position",
    "done",
    "total",
    "counts",
    "begun",
    "attempts",
    "error",
    "due_at",
    "started_at",
    "finished_at",
]

log = structlog.get_logger(__name__)


class JobEnded(DomainError):
    code = "job_ended"
    message = _("This job has ended already.")


class JobNotEnded(DomainError):
    code = "job_not_ended"
    message = _("This job has not ended yet.")


class AlreadyRunning(DomainError):
    code = "job_already_running"
    message = _("The same is under way already. Wait for its end, or cancel it.")


class NotAllowed(DomainError):
    code = "job_not_allowed"
    message = _("You may not start this job.")


class NotRepeatable(NotAllowed):
    code = "job_not_repeatable"
    message = _("This job cannot be run again.")


class _Refused(Exception):
    """A chunk met a DomainError: trying again will not help. Holds its message in the owner's language."""


@transaction.atomic
def start_job(
    *,
    kind: str,
    title: str,
    parameters: dict[str, Any],
    total: int | None = None,
    by: Any,
    at: datetime,
    is_awaited: bool = False,
) -> BackgroundJob:
    """Put a job in the queue and wake a worker after the commit. Raises NotAllowed or AlreadyRunning.

    `by` is a user, who owns it, or whom the kind finds as its actor. The caller does a job that `is_awaited` itself,
    by `perform_at_once`.
    """
    job = BackgroundJob(
        kind=kind,
        title=title[:200],
        owner=by if isinstance(by, User) else None,
        parameters=parameters,
        # What partners send is not in the parameters; their Idempotency-Key tells whether it is the same.
        work=_digest_of(kind, parameters, by) if isinstance(by, User) else uuid.uuid4().hex,
        total=total,
        created_at=at,
        due_at=at,
    )
    facts = kind_of(job)
    if not may(by, facts.permission(job)):
        raise NotAllowed
    job.file_name = facts.file_name(job, at)[:200] if facts.file_name else ""
    with refused_as(AlreadyRunning):
        job.save(force_insert=True)
    record("job.started", of=job, by=by, at=at, details={"job": kind})
    if not is_awaited:
        wake_worker(job)
    return job


def _digest_of(kind: str, parameters: dict[str, Any], by: User) -> str:
    text = json.dumps([str(by.pk), kind, parameters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def run_again(*, job: BackgroundJob, by: User, at: datetime) -> BackgroundJob:
    """Start the same work anew, as a job of its own.

    Raises JobNotEnded, NotRepeatable, NotAllowed or AlreadyRunning.
    """
    if job.is_unfinished:
        raise JobNotEnded
    if not kind_of(job).may_repeat(job):
        raise NotRepeatable
    return start_job(kind=job.kind, title=job.title, parameters=job.parameters, total=job.total, by=by, at=at)


@transaction.atomic
def cancel_job(*, job: BackgroundJob, by: User, at: datetime) -> BackgroundJob:
    """Have a job end before its next chunk; what is done stays done. Raises JobEnded."""
    # The worker holds the row while a chunk is done, so this waits for the chunk's end at most.
    job = BackgroundJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.is_unfinished:
        raise JobEnded
    if job.is_cancel_requested:
        return job
    job.is_cancel_requested = True
    job.due_at = at
    job.save(update_fields=["is_cancel_requested", "due_at"])
    record("job.cancelled", of=job, by=by, at=at, details={"job": job.kind})
    wake_worker(job)
    return job


@transaction.atomic
def hand_over_job(*, row: BackgroundJob, of: User, to: User, by: User, at: datetime) -> bool:
    """Have a job that has not ended go on as a colleague's, who has its file and its end told in turn.

    Return whether it still was somebody's, and under way. Raises NotAllowed if the colleague may not do such work, or
    AlreadyRunning if they have the same under way.
    """
    # As for cancelling, this waits for the end of the chunk that a worker is at.
    jobs = BackgroundJob.objects.select_for_update(of=("self",))
    job = jobs.filter(pk=row.pk, owner=of, state__in=UNFINISHED).first()
    if job is None:
        return False
    if not may(to, kind_of(job).permission(job)):
        raise NotAllowed
    job.owner = to
    job.work = _digest_of(job.kind, job.parameters, to)
    with refused_as(AlreadyRunning):
        job.save(update_fields=["owner", "work"])
    record("job.handed_over", of=job, by=by, at=at, details={"job": job.kind})
    return True


def wake_worker(job: BackgroundJob) -> None:
    """Tell Celery after the commit; with Redis away the sweeper finds the job a little later."""
    from core.jobs.tasks import perform_job_task  # noqa: PLC0415  the task is an interface to this module

    tenant_id, job_id = str(required_tenant_id()), str(job.pk)

    def send() -> None:
        try:
            perform_job_task.apply_async(kwargs={"tenant_id": tenant_id, "job_id": job_id}, retry=False)
        except OperationalError:
            log.warning("jobs.worker_not_woken", job=job_id)

    transaction.on_commit(send)


def due_jobs(*, at: datetime) -> list[uuid.UUID]:
    """Return the ids of the active tenant's jobs that no worker is at."""
    unfinished = BackgroundJob.objects.filter(state__in=UNFINISHED, due_at__lte=at)
    return list(unfinished.order_by("due_at").values_list("pk", flat=True))


def perform_job(*, tenant_id: uuid.UUID, job_id: uuid.UUID, now: Any) -> None:
    """Do the job chunk by chunk to its end, or until another worker holds it; `now()` tells the time.

    A worker that was told to stop gives it back after the chunk it is at.
    """
    with tenant_scope(tenant_id):
        find_actor = _finder(job_id)
    while _perform_chunk(tenant_id=tenant_id, job_id=job_id, actor=find_actor(), at=now()):
        if is_asked_to_stop():
            with tenant_scope(tenant_id):
                _give_back(job_id, now())
            return


def _give_back(job_id: uuid.UUID, at: datetime) -> None:
    """Make the job due at once, for another worker."""
    job = BackgroundJob.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.is_unfinished and not job.begun:
        job.due_at = at
        job.save(update_fields=["due_at"])
        wake_worker(job)


def perform_at_once(*, job: BackgroundJob, actor: Any, at: datetime) -> BackgroundJob:
    """Do a job that has just been started to its end, in the transaction that started it."""
    while _advance(job, actor, at):
        pass
    return job


def _finder(job_id: uuid.UUID) -> Callable[[], Any]:
    """Return what finds the actor of a job that no colleague owns, and nobody for others."""
    job = BackgroundJob.objects.filter(pk=job_id).first()
    kind = find_kind(job.kind) if job is not None else None
    return partial(kind.actor, job) if kind is not None and kind.actor is not None else lambda: None


def _perform_chunk(*, tenant_id: uuid.UUID, job_id: uuid.UUID, at: datetime, actor: Any = None) -> bool:
    """Do one chunk; tell whether another may follow at once."""
    with tenant_scope(tenant_id):
        if not _begin(job_id, actor, at):
            return False
    try:
        with without_collecting(), tenant_scope(tenant_id):
            # Whoever else has begun it since has moved its time.
            begun = BackgroundJob.objects.filter(pk=job_id, state__in=UNFINISHED, due_at=at + SILENCE)
            job = begun.select_for_update(of=("self",)).first()
            return job is not None and _advance(job, actor or job.owner, at)
    except _Refused as refusal:
        with tenant_scope(tenant_id):
            _end(job_id, BackgroundState.FAILED, str(refusal), at)
        return False
    except Exception as failure:
        log.exception("jobs.chunk_failed", job=str(job_id))
        with tenant_scope(tenant_id):
            _note_failure(job_id, failure, at)
        return False


def _begin(job_id: uuid.UUID, actor: Any, at: datetime) -> bool:
    """Note that the next chunk is begun; False where the job ends instead, or another worker is at it."""
    jobs = BackgroundJob.objects.select_for_update(of=("self",), skip_locked=True)
    job = jobs.filter(pk=job_id, state__in=UNFINISHED).first()
    if job is None:
        return False
    if job.is_cancel_requested:
        _finish(job, BackgroundState.CANCELLED, at)
        return False
    if job.begun and job.due_at > at:
        return False
    if job.begun >= MOST_DEATHS:
        job.error = WORKERS_DIED
        _finish(job, BackgroundState.FAILED, at)
        return False
    if not may(actor or job.owner, kind_of(job).permission(job)):
        job.error = NO_LONGER_ALLOWED
        _finish(job, BackgroundState.FAILED, at)
        return False
    job.begun += 1
    job.due_at = at + SILENCE
    job.save(update_fields=["begun", "due_at"])
    return True


def _advance(job: BackgroundJob, actor: Any, at: datetime) -> bool:
    job.actor = actor
    job.started_at = job.started_at or at
    job.state = BackgroundState.RUNNING
    with _speaking_to_reader_of(job):
        try:
            step = kind_of(job).step(job=job, at=at)
        except DomainError as refusal:
            raise _Refused(str(refusal.message)) from refusal
    _keep(job, step)
    if step.position is None:
        _finish(job, BackgroundState.DONE, at)
        return False
    job.save(update_fields=PROGRESS)
    return True


@contextmanager
def _speaking_to_reader_of(job: BackgroundJob) -> Iterator[None]:
    """Write files and messages in the language and the zone of whoever will read them."""
    owner = job.owner
    zone = ZoneInfo((owner and owner.time_zone) or current_tenant().time_zone)
    language = owner.language if owner else job.parameters.get("language")
    with translation.override(language), timezone.override(zone):
        yield


def _keep(job: BackgroundJob, step: Step) -> None:
    job.position = step.position
    job.done += step.done
    job.total = job.total if step.total is None else step.total
    job.counts = {name: job.counts.get(name, 0) + step.counts.get(name, 0) for name in {*job.counts, *step.counts}}
    job.begun = job.attempts = 0
    job.error = ""
    if step.content:
        number = job.parts.count()
        JobPart.objects.create(job=job, number=number, content=gzip.compress(step.content))


def _finish(job: BackgroundJob, state: str, at: datetime) -> None:
    job.state = state
    job.finished_at = at
    if state == BackgroundState.DONE:
        job.total = job.done
    job.save(update_fields=PROGRESS)
    tell_end(job=job, at=at)


def _end(job_id: uuid.UUID, state: str, error: str, at: datetime) -> None:
    job = BackgroundJob.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.is_unfinished:
        job.error = error[:300]
        _finish(job, state, at)


def _note_failure(job_id: uuid.UUID, failure: Exception, at: datetime) -> None:
    job = BackgroundJob.objects.select_for_update(of=("self",)).get(pk=job_id)
    if not job.is_unfinished:
        return
    job.begun = 0
    job.attempts += 1
    job.error = type(failure).__name__
    job.due_at = at + FIRST_PAUSE * 2**job.attempts
    if job.attempts >= MOST_ATTEMPTS:
        _finish(job, BackgroundState.FAILED, at)
    else:
        job.save(update_fields=PROGRESS)


def has_file(job: BackgroundJob) -> bool:
    """Tell whether the job's file is whole and still kept; one query at most."""
    return job.state == BackgroundState.DONE and bool(job.file_name) and job.parts.exists()


def result_of(job: BackgroundJob) -> Iterator[bytes]:
    """Yield the result file piece by piece, each one query."""
    for number in range(job.parts.count()):
        yield gzip.decompress(job.parts.get(number=number).content)
