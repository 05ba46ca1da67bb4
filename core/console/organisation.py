from typing import Any, ClassVar

from django.db.models import Count, Q
from django.forms import BaseForm
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.charges import charges_of, in_words
from core.accounts.models import Department, Team, User
from core.accounts.services import (
    close_department,
    close_team,
    create_department,
    create_team,
    update_department,
    update_team,
)
from core.console.forms import CloseForm, DepartmentForm, TeamForm
from core.web.reading_order import in_reading_order
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView

_ACTIVE_PEOPLE = Count("user", filter=Q(user__is_active=True))


class OrganisationView(StaffView, TemplateView):
    permission_required = "people.manage"
    template_name = "console/organisation.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        departments = in_reading_order(Department.objects.annotate(people=_ACTIVE_PEOPLE).order_by("name"))
        teams = Team.objects.select_related("department").annotate(people=_ACTIVE_PEOPLE).order_by("name")
        teams = in_reading_order(teams)
        return super().get_context_data(
            departments=[each for each in departments if each.closed_at is None],
            teams=[each for each in teams if each.closed_at is None],
            history=history_of(*departments, *teams, user=self.request.user),
            **context,
        )


class OrganisationFormView(StaffFormView):
    """A form about a department or a team, which leads back to all of them; `kept` is the one that it changes."""

    permission_required = "people.manage"
    model: ClassVar[type[Department | Team]]

    @cached_property
    def kept(self) -> Any:
        return get_object_or_404(self.model.objects.open(), pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.kept, name) for name in self.form_class.base_fields} if self.kept else {}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(kept=self.kept, **context)

    def save(self, form: BaseForm) -> str:
        self.act(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:organisation")

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class CreateDepartmentView(OrganisationFormView):
    template_name = "console/department_form.html"
    form_class = DepartmentForm
    model = Department
    error_fields = {"department_name_taken": "name"}
    success_message = _("The department was added.")

    def act(self, **facts: Any) -> object:
        return create_department(**facts)


class UpdateDepartmentView(CreateDepartmentView):
    success_message = _("Saved.")

    def act(self, **facts: Any) -> object:
        return update_department(department=self.kept, **facts)


class CreateTeamView(OrganisationFormView):
    template_name = "console/team_form.html"
    form_class = TeamForm
    model = Team
    error_fields = {"team_name_taken": "name"}
    success_message = _("The team was added.")

    def act(self, **facts: Any) -> object:
        return create_team(**facts)


class UpdateTeamView(CreateTeamView):
    success_message = _("Saved.")

    def act(self, **facts: Any) -> object:
        return update_team(team=self.kept, **facts)


class CloseView(OrganisationFormView):
    """Say who and what would have to go elsewhere, and ask where."""

    form_class = CloseForm
    error_fields = {"department_closed": "to", "team_closed": "to", "team_in_charge": "to"}

    def get_initial(self) -> dict[str, Any]:
        return {}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"closing": self.kept}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        people = User.objects.filter(**{self.model._meta.model_name: self.kept}).count()
        return super().get_context_data(people=people, **context)


class CloseDepartmentView(CloseView):
    template_name = "console/department_close.html"
    model = Department
    success_message = _("The department is closed.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(teams=Team.objects.open().filter(department=self.kept).count(), **context)

    def act(self, **facts: Any) -> object:
        return close_department(department=self.kept, **facts)


class CloseTeamView(CloseView):
    template_name = "console/team_close.html"
    model = Team
    success_message = _("The team is closed.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(in_charge_of=in_words(charges_of(self.kept)), **context)

    def act(self, **facts: Any) -> object:
        return close_team(team=self.kept, **facts)
