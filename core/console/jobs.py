from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.jobs import nightly
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.jobs.services import try_again
from core.web.lists import ChoiceFilter, Column, ListView, Sort
from core.web.views import StepView

MANAGE = "jobs.manage"


class JobRunsView(ListView):
    permission_required = "jobs.view"
    template_name = "console/jobrun_list.html"
    filters = (
        ChoiceFilter(name="state", label=gettext_lazy("State"), choices=JobState.choices),
        ChoiceFilter(name="job", label=gettext_lazy("Job"), choices=nightly.choices),
    )
    sorts = (Sort("due_at", gettext_lazy("Due"), descending_first=True),)
    default_sort = "-due_at"
    export_name = "nightly-jobs"
    export_title = gettext_lazy("Background jobs")
    export_columns = (
        Column(gettext_lazy("Job"), lambda run: nightly.label_of(run.job)),
        Column(gettext_lazy("Date"), lambda run: run.business_date),
        Column(gettext_lazy("State"), lambda run: run.get_state_display()),
        Column(gettext_lazy("Due"), lambda run: run.due_at),
        Column(gettext_lazy("Attempts"), lambda run: run.attempts),
        Column(gettext_lazy("Finished"), lambda run: run.finished_at),
        Column(gettext_lazy("Error"), lambda run: run.error),
    )

    def get_queryset(self) -> QuerySet[JobRun]:
        return JobRun.objects.all()

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        runs = [(run, nightly.label_of(run.job)) for run in context["rows"]]
        return super().get_context_data(runs=runs, may_manage=may(self.request.user, MANAGE), **context)


class TryAgainView(StepView):
    permission_required = MANAGE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        run = get_object_or_404(JobRun.objects, pk=pk)
        said = _("The work is due again; a worker takes it within a minute.")
        return self.take(try_again, run=run, said=said, then=reverse("console:jobs"))
