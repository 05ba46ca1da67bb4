"""The acquisition report as a CSV or XLSX file, made by a background job as exports of lists are."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.web.exports import whole_file
from lifecycle.selectors import Acquired, acquisition

KIND = "acquisition_report"


def file_name(job: BackgroundJob, at: datetime) -> str:
    """Name the file by the minute."""
    return f"acquisition-{timezone.localtime(at):%Y%m%d-%H%M}.{job.parameters['format']}"


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the report of the months of the job, by month and source, at once: it is some hundred lines."""
    first, last = (date.fromisoformat(job.parameters[name]) for name in ("first", "last"))
    heads = [
        _("Month"),
        _("Source"),
        _("Leads"),
        _("Qualified"),
        _("Converted"),
        _("Rate"),
        _("Days to convert"),
        _("Cost"),
        _("Cost per conversion"),
        _("Contribution since"),
    ]
    by_month = acquisition(first=first, last=last).by_month
    rows = [[f"{month:%Y-%m}", source or _("Not known"), *_figures(each)] for month, source, each in by_month]
    content = whole_file(heads, rows, file_format=job.parameters["format"])
    return Step(position=None, done=len(rows), total=len(rows), content=content)


def _figures(figures: Acquired) -> list[Any]:
    return [
        figures.leads,
        figures.qualified,
        figures.converted,
        figures.rate,
        figures.days,
        figures.cost,
        figures.cost_per_conversion,
        figures.contribution,
    ]
