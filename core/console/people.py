from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.accounts.enums import Role
from core.accounts.models import Department, Team, User
from core.accounts.services import activate_user, deactivate_user, end_sessions, reset_second_step, update_user
from core.console.forms import UserForm
from core.tenancy.errors import DomainError
from core.web.lists import BooleanFilter, ChoiceFilter, Column, ListView, PrefixFilter, RecordFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to


class PeopleView(ListView):
    permission_required = "people.manage"
    template_name = "console/user_list.html"
    filters = (
        PrefixFilter(name="name", label=gettext_lazy("Full name")),
        ChoiceFilter(name="role", label=gettext_lazy("Role"), choices=Role.choices),
        RecordFilter(
            name="department",
            label=gettext_lazy("Department"),
            options=lambda: Department.objects.order_by("name"),
        ),
        RecordFilter(name="team", label=gettext_lazy("Team"), options=lambda: Team.objects.order_by("name")),
        BooleanFilter(
            name="active",
            label=gettext_lazy("May sign in"),
            field="is_active",
        ),
    )
    sorts = (Sort("name", gettext_lazy("Full name")),)
    default_sort = "name"
    export_name = "people"
    export_title = gettext_lazy("People")
    export_columns = (
        Column(gettext_lazy("Full name"), lambda user: user.name),
        Column(gettext_lazy("E-mail"), lambda user: user.email),
        Column(gettext_lazy("Role"), lambda user: user.get_role_display()),
        Column(gettext_lazy("Department"), lambda user: user.department),
        Column(gettext_lazy("Team"), lambda user: user.team),
        Column(gettext_lazy("May sign in"), lambda user: user.is_active),
        Column(gettext_lazy("Joined"), lambda user: user.date_joined),
    )

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.select_related("department", "team")


class UpdateUserView(StaffFormView):
    permission_required = "people.manage"
    template_name = "console/user_form.html"
    form_class = UserForm
    error_fields = {
        "email_taken": "email",
        "last_administrator": "role",
        "role_above_own": "role",
        "team_of_other_department": "team",
    }
    success_message = gettext_lazy("Saved.")

    @cached_property
    def person(self) -> User:
        return get_object_or_404(User.objects.select_related("department", "team"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.person, name) for name in UserForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.person, user=self.request.user)
        return super().get_context_data(person=self.person, history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_user(user=self.person, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:people")


class DeactivateUserView(StaffView):
    permission_required = "people.manage"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        try:
            deactivate_user(user=person, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, reverse("console:update_user", args=[person.pk]))
        messages.success(request, _("%(name)s can no longer sign in.") % {"name": person.name})
        return go_to(request, reverse("console:people"))


class ActivateUserView(StaffView):
    permission_required = "people.manage"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        try:
            activate_user(user=person, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("%(name)s may sign in again.") % {"name": person.name})
        return go_to(request, reverse("console:update_user", args=[person.pk]))


class EndSessionsView(StaffView):
    """Sign somebody out everywhere; their account stays."""

    permission_required = "people.manage"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        count = end_sessions(user=person, by=request.user, at=timezone.now())
        messages.success(
            request,
            ngettext(
                "%(name)s was signed out on %(count)s device.", "%(name)s was signed out on %(count)s devices.", count
            )
            % {"name": person.name, "count": count},
        )
        return go_to(request, reverse("console:update_user", args=[person.pk]))


class ResetSecondStepView(StaffView):
    """Take away the second step of somebody who lost it."""

    permission_required = "people.manage"
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        try:
            reset_second_step(user=person, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(
                request,
                _("%(name)s signs in by the password alone now, and may set up another second step.")
                % {"name": person.name},
            )
        return go_to(request, reverse("console:update_user", args=[person.pk]))
