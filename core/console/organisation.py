from typing import Any

from django.db.models import Count, Q
from django.forms import BaseForm
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.models import Department, Team
from core.accounts.services import create_department, create_team
from core.console.forms import DepartmentForm, TeamForm
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView

_ACTIVE_PEOPLE = Count("user", filter=Q(user__is_active=True))


class OrganisationView(StaffView, TemplateView):
    permission_required = "people.manage"
    template_name = "console/organisation.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        departments = list(Department.objects.annotate(people=_ACTIVE_PEOPLE).order_by("name"))
        teams = list(Team.objects.select_related("department").annotate(people=_ACTIVE_PEOPLE).order_by("name"))
        history = history_of(*departments, *teams, user=self.request.user)
        return super().get_context_data(departments=departments, teams=teams, history=history, **context)


class CreateDepartmentView(StaffFormView):
    permission_required = "people.manage"
    template_name = "console/department_form.html"
    form_class = DepartmentForm
    error_fields = {"department_name_taken": "name"}
    success_message = _("The department was added.")

    def save(self, form: BaseForm) -> str:
        create_department(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:organisation")


class CreateTeamView(StaffFormView):
    permission_required = "people.manage"
    template_name = "console/team_form.html"
    form_class = TeamForm
    error_fields = {"team_name_taken": "name"}
    success_message = _("The team was added.")

    def save(self, form: BaseForm) -> str:
        create_team(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:organisation")
