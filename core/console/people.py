from collections.abc import Mapping
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
from core.accounts.holdings import held_by, holding_something, left_behind
from core.accounts.models import Department, Team, User
from core.accounts.services import activate_user, end_sessions, reset_second_step, update_user
from core.console.forms import HandOverForm, UserForm
from core.console.handover import MOST_AT_ONCE, hand_over, leave
from core.jobs.models import BackgroundJob
from core.web.context import WATCH_JOBS
from core.web.lists import BooleanFilter, ChoiceFilter, Column, ListView, PrefixFilter, RecordFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView, go_to


class LeftBehindFilter(BooleanFilter):
    """Those who left and are still in charge of something, or all others."""

    def apply(self, rows: QuerySet[Any], cleaned: Mapping[str, Any], zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        if not value:
            return rows
        left = holding_something(User.objects.filter(is_active=False), at=timezone.now()).values("pk")
        return rows.filter(pk__in=left) if value == "yes" else rows.exclude(pk__in=left)


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
        LeftBehindFilter(name="left_behind", label=gettext_lazy("Left with something in hand"), field="is_active"),
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

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        left = left_behind(context["rows"], at=timezone.now())
        people = [(person, _(", ").join(left.get(person.pk, []))) for person in context["rows"]]
        return super().get_context_data(people=people, **context)


class UpdateUserView(StaffFormView):
    permission_required = "people.manage"
    template_name = "console/user_form.html"
    form_class = UserForm
    error_fields = {
        "email_taken": "email",
        "last_administrator": "role",
        "role_above_own": "role",
    }
    success_message = gettext_lazy("Saved.")

    @cached_property
    def person(self) -> User:
        return get_object_or_404(User.objects.select_related("department", "team"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.person, name) for name in UserForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        held = [
            (holding.label, count, holding.page(self.person) if holding.page else "")
            for holding, count in held_by(self.person, at=timezone.now())
        ]
        history = history_of(self.person, user=self.request.user)
        return super().get_context_data(person=self.person, held=held, history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_user(user=self.person, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:people")


class HandOverView(StaffFormView):
    """Give what somebody is in charge of to colleagues; they stay, as for a parental leave."""

    permission_required = "people.manage"
    template_name = "console/user_hand_over.html"
    form_class = HandOverForm
    is_leaving = False

    @cached_property
    def person(self) -> User:
        return get_object_or_404(User.objects, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.person, "held": held_by(self.person, at=timezone.now())}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(person=self.person, is_leaving=self.is_leaving, most=MOST_AT_ONCE, **context)

    def save(self, form: BaseForm) -> str:
        job = self.act(user=self.person, heirs=form.heirs(), by=self.request.user, at=timezone.now())
        messages.success(self.request, self.said() % {"name": self.person.name})
        if job is None:
            return reverse("console:update_user", args=[self.person.pk])
        self.request.session[WATCH_JOBS] = True
        return reverse("console:job", args=[job.pk])

    def act(self, **facts: Any) -> BackgroundJob | None:
        return hand_over(**facts)

    def said(self) -> str:
        return _("What was chosen is handed over from %(name)s.")


class DeactivateUserView(HandOverView):
    """Switch off the account of somebody who leaves, and hand over what they are in charge of."""

    is_leaving = True

    def act(self, **facts: Any) -> BackgroundJob | None:
        return leave(**facts)

    def said(self) -> str:
        return _("%(name)s can no longer sign in.")


class ActivateUserView(StepView):
    permission_required = "people.manage"

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        said = _("%(name)s may sign in again.") % {"name": person.name}
        return self.take(activate_user, user=person, said=said, then=reverse("console:update_user", args=[person.pk]))


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


class ResetSecondStepView(StepView):
    """Take away the second step of somebody who lost it."""

    permission_required = "people.manage"
    needs_fresh_sign_in = True

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        person = get_object_or_404(User.objects, pk=pk)
        said = _("%(name)s signs in by the password alone now, and may set up another second step.")
        then = reverse("console:update_user", args=[person.pk])
        return self.take(reset_second_step, user=person, said=said % {"name": person.name}, then=then)
