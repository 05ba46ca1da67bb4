"""Rows that partners sent are kept until they are done, and their results for a few days, as files of jobs are."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from core.jobs.enums import UNFINISHED
from core.partners.models import BulkPart


def forget_rows(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the rows and results of jobs that ended long enough ago; the jobs themselves stay. Nightly work."""
    old = BulkPart.objects.exclude(job__state__in=UNFINISHED)
    deleted, _by_model = old.filter(job__finished_at__lt=at - timedelta(days=settings.JOB_FILE_DAYS)).delete()
    return {"parts": deleted}


def erase_rows() -> dict[str, int]:
    """Remove all rows and results of the active tenant; return how many parts there were."""
    deleted, _by_model = BulkPart.objects.all().delete()
    return {"sent_rows": deleted}
