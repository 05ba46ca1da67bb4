from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.web.lists import ChoiceFilter, ListView, PrefixFilter, Sort


class JobRunsView(ListView):
    permission_required = "jobs.view"
    template_name = "console/jobrun_list.html"
    filters = (
        ChoiceFilter(name="state", label=_("State"), choices=JobState.choices),
        PrefixFilter(name="job", label=_("Job")),
    )
    sorts = (Sort("due_at", _("Due"), descending_first=True),)
    default_sort = "-due_at"

    def get_queryset(self) -> QuerySet[JobRun]:
        return JobRun.objects.all()
