"""The end of a background job, told to its owner under the bell."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import ngettext

from core.jobs.background import kind_of
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.web.models import Notice
from core.web.notices import Words, mark_read, notices_of, notify

JOB_ENDED = "job.ended"


def tell_owner(*, job: BackgroundJob, at: datetime) -> None:
    """Tell whoever started a job that it is done or has failed; who cancelled one knows."""
    if job.owner is not None and job.state != BackgroundState.CANCELLED:
        notify(user=job.owner, kind=JOB_ENDED, source_id=job.pk, subject_id=job.pk, facts={}, at=at)


def mark_end_read(*, job: BackgroundJob, at: datetime) -> None:
    """Note that the owner has seen a job's end on its own page."""
    mark_read(notices=notices_of(job.owner).filter(kind=JOB_ENDED, subject_id=job.pk), at=at)


def describe_ends(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say which job ended how; one query."""
    jobs = BackgroundJob.objects.in_bulk({notice.subject_id for notice in notices})
    return {notice.pk: _words(jobs[notice.subject_id]) for notice in notices if notice.subject_id in jobs}


def _words(job: BackgroundJob) -> Words:
    rows = ngettext("%(count)s row", "%(count)s rows", job.done) % {"count": f"{job.done:,}"}
    detail = " · ".join([str(kind_of(job).label), job.get_state_display(), rows])
    return Words(job.title, reverse("console:job", args=[job.pk]), detail)
