"""Changing many rows of a list at once, by a background job.

Each row is changed by the service that changes a single one, with its checks, its audit and its events.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import Form
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.accounts.permissions import may
from core.jobs.background import Step
from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob
from core.jobs.running import NotAllowed, start_job
from core.tenancy.errors import DomainError
from core.web import exports
from core.web.enums import RowOutcome
from core.web.lists.actions import BulkAction, find
from core.web.lists.page import CURSOR
from core.web.lists.views import ListView
from core.web.models import BulkOutcome

KIND = "bulk"
CHUNK = 50
MOST_TICKED = 1000


class NothingToChange(DomainError):
    code = "nothing_to_change"
    message = gettext_lazy("Nothing is selected. Tick the rows that you mean, or all that match.")


class TooManyTicked(DomainError):
    code = "too_many_ticked"
    message = gettext_lazy("Tick 1,000 rows at most; for more, narrow the list and take all that match.")


class PlanOutdated(DomainError):
    code = "plan_outdated"
    message = gettext_lazy("The list, or what was to be put in, is not there any more. Open the list and start again.")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are meant: the ticked ones or, with `rows` None, all that match the query."""

    view: ListView
    query: str
    rows: Sequence[uuid.UUID] | None

    def matching(self) -> QuerySet[Any]:
        """Return the rows in no order. Raises PlanOutdated if the query is not understood."""
        if self.rows is not None:
            return self.view.get_queryset().filter(pk__in=self.rows)
        params = QueryDict(self.query, mutable=True)
        params.pop(CURSOR, None)
        page = self.view.page_of(params, path="")
        if not page.is_valid:
            raise PlanOutdated
        return page.matching


def count_rows(selection: Selection) -> int:
    """Count the rows that are meant. Raises NothingToChange, TooManyTicked or PlanOutdated."""
    if selection.rows is not None and len(selection.rows) > MOST_TICKED:
        raise TooManyTicked
    count = selection.matching().order_by().count()
    if not count:
        raise NothingToChange
    return count


def start(*, action: BulkAction, selection: Selection, form: Form, by: User, at: datetime) -> BackgroundJob:
    """Start the job that does the action, with a valid form's values, to all rows that are meant.

    Raises what count_rows and start_job do.
    """
    rows = selection.rows
    return start_job(
        kind=KIND,
        title=f"{selection.view.export_title}: {action.words(form.cleaned_data)}",
        parameters={
            "list": action.list_name,
            "action": action.name,
            "values": {name: form.data.get(name, "") for name in form.fields},
            "query": "" if rows is not None else selection.query,
            "rows": None if rows is None else sorted(map(str, set(rows))),
        },
        total=count_rows(selection),
        by=by,
        at=at,
    )


def permission_of(job: BackgroundJob) -> str:
    """Return what the action needs; the list's own permission is asked for beside it."""
    return find(job.parameters["list"], job.parameters["action"]).permission


def page_of(job: BackgroundJob) -> str:
    action = find(job.parameters["list"], job.parameters["action"])
    return action.page(job) if action and action.page else reverse("console:job_rows", args=[job.pk])


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Change the next rows, in the order of their ids, and keep what became of each.

    Of all that match, those that were there when the job was started are meant. Raises NotAllowed or PlanOutdated.
    """
    facts = job.parameters
    action = find(facts["list"], facts["action"])
    view = exports.find(action.list_name)
    if not may(job.owner, view.permission_required):
        raise NotAllowed
    form = action.form(facts["values"])
    if not form.is_valid():
        raise PlanOutdated
    ids = facts["rows"]
    selection = Selection(view=view(), query=facts["query"], rows=ids and [uuid.UUID(each) for each in ids])
    after = job.position and uuid.UUID(job.position)
    rows = selection.matching() if ids else selection.matching().filter(pk__lt=job.pk)
    rows = list((rows.filter(pk__gt=after) if after else rows).order_by("pk")[:CHUNK])
    outcomes = [_change(row, action, form, job, at) for row in rows]
    BulkOutcome.objects.bulk_create(outcomes)
    return Step(
        position=str(rows[-1].pk) if len(rows) == CHUNK else None,
        done=len(rows),
        counts={outcome: sum(each.outcome == outcome for each in outcomes) for outcome in RowOutcome.values},
    )


def _change(row: Any, action: BulkAction, form: Form, job: BackgroundJob, at: datetime) -> BulkOutcome:
    outcome, reason = RowOutcome.UNCHANGED, ""
    try:
        if action.apply(row=row, values=form.cleaned_data, by=job.owner, at=at):
            outcome = RowOutcome.CHANGED
    except DomainError as refusal:
        outcome, reason = RowOutcome.REFUSED, str(refusal.message)[:300]
    return BulkOutcome(job=job, subject_id=row.pk, outcome=outcome, reason=reason)


def forget_outcomes(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the outcomes of jobs that ended as long ago as files are kept; the jobs and their counts stay."""
    long_ago = BackgroundJob.objects.exclude(state__in=UNFINISHED).filter(
        Exists(BulkOutcome.objects.filter(job=OuterRef("pk"))),
        finished_at__lt=at - timedelta(days=settings.JOB_FILE_DAYS),
    )
    deleted, _by_model = BulkOutcome.objects.filter(job__in=list(long_ago.values_list("pk", flat=True))).delete()
    return {"rows": deleted}
