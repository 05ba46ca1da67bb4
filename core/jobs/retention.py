"""Files that background jobs made are kept for a few days: a list or a copy is made anew when it is needed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob, JobPart


def forget_files(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the files of jobs that ended long enough ago; the jobs themselves stay. Returns how many lost theirs."""
    kept = Exists(JobPart.objects.filter(job=OuterRef("pk")))
    ended = BackgroundJob.objects.exclude(state__in=UNFINISHED).filter(kept)
    ids = list(ended.filter(finished_at__lt=at - timedelta(days=settings.JOB_FILE_DAYS)).values_list("pk", flat=True))
    JobPart.objects.filter(job__in=ids).delete()
    return {"jobs": len(ids)}
