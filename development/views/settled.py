"""What the pipeline stands on, to be changed: chances of each stage, and competitors."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from development.forms import ChangeCompetitorForm, CompetitorForm, RulesForm
from development.models import Competitor
from development.permissions import CONFIGURE
from development.services import (
    add_competitor,
    retire_competitor,
    revive_competitor,
    rules_in_force,
    set_chances,
    update_competitor,
)


class RulesView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "development/rules_form.html"
    form_class = RulesForm
    success_message = gettext_lazy("The forecast counts on this from now on.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "in_force": rules_in_force()}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(history=history_of(rules_in_force(), user=self.request.user), **context)

    def save(self, form: RulesForm) -> str:
        set_chances(
            chances=form.chances, replaces=form.cleaned_data["replaces"], by=self.request.user, at=timezone.now()
        )
        return reverse("development:rules")


class CompetitorListView(StaffView, TemplateView):
    permission_required = CONFIGURE
    template_name = "development/competitor_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = Competitor.objects.order_by("-is_active", "name", "id")
        return super().get_context_data(competitors=found, **context)


class AddCompetitorView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "development/competitor_form.html"
    form_class = CompetitorForm
    error_fields = {"competitor_name_taken": "name"}
    success_message = gettext_lazy("The competitor was added.")

    def save(self, form: BaseForm) -> str:
        add_competitor(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("development:competitors")


class UpdateCompetitorView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "development/competitor_form.html"
    form_class = ChangeCompetitorForm
    error_fields = {"competitor_name_taken": "name"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def competitor(self) -> Competitor:
        return get_object_or_404(Competitor.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> Mapping[str, Any]:
        return {name: getattr(self.competitor, name) for name in ChangeCompetitorForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.competitor, user=self.request.user)
        return super().get_context_data(competitor=self.competitor, history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_competitor(competitor=self.competitor, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("development:competitors")


class RetireCompetitorView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        competitor = get_object_or_404(Competitor.objects, pk=pk)
        said = _("%(name)s is no longer offered.") % {"name": competitor.name}
        return self.take(retire_competitor, competitor=competitor, said=said, then=reverse("development:competitors"))


class ReviveCompetitorView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        competitor = get_object_or_404(Competitor.objects, pk=pk)
        said = _("%(name)s is offered again.") % {"name": competitor.name}
        return self.take(revive_competitor, competitor=competitor, said=said, then=reverse("development:competitors"))
