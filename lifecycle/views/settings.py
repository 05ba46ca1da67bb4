"""The settings of stages and leads: rules, playbooks, sources and reasons."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.tenancy.scope import current_tenant
from core.web.rules import RulesFormView
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from customers.enums import Stage
from lifecycle.forms import (
    NamesForm,
    PolicyForm,
    SourceForm,
    StepForm,
    UpdateNamesForm,
    UpdateSourceForm,
    UpdateStepForm,
    today,
)
from lifecycle.models import LeadSource, LifecyclePolicy, LostReason, PlaybookStep
from lifecycle.permissions import CONFIGURE
from lifecycle.services import (
    PolicyChanged,
    add_reason,
    add_source,
    add_step,
    create_policy,
    current_policy,
    remove_step,
    set_reason_use,
    set_source_use,
    update_reason,
    update_source,
    update_step,
)
from lifecycle.services.policies import RULES

KEY_ERRORS = {"bad_source_key": "key", "source_key_taken": "key"}


class PolicyView(RulesFormView):
    """The rules of stages and leads: what is in force, to be changed."""

    permission_required = CONFIGURE
    template_name = "web/rules_form.html"
    form_class = PolicyForm
    model = LifecyclePolicy
    overtaken = PolicyChanged
    title = gettext_lazy("Rules of stages and leads")
    leads_back = "lifecycle:overview"
    error_fields = {"new_ends_in_window": "new_days", "lost_too_soon": "lost_least_days", "team_missing": "team"}
    success_message = gettext_lazy("In force from the next evaluation, and the next lead, on.")

    def rules_in_force(self) -> LifecyclePolicy:
        return current_policy()

    def get_initial(self) -> Mapping[str, Any]:
        policy = current_policy()
        return {**{name: getattr(policy, name) for name in RULES}, "replaces": policy.version}

    def save(self, form: PolicyForm) -> str:
        create_policy(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:policy")


class PlaybookView(StaffView, TemplateView):
    permission_required = CONFIGURE
    template_name = "lifecycle/playbooks.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        steps = list(PlaybookStep.objects.select_related("team").order_by("due_days", "pk"))
        stages = [(stage, [step for step in steps if step.stage == stage]) for stage in Stage]
        return super().get_context_data(stages=stages, **context)


class AddStepView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/step_form.html"
    form_class = StepForm
    error_fields = {"who_missing": "for_whom", "too_many_steps": "stage"}
    success_message = gettext_lazy("The step was added.")

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("stage", "")
        return {"stage": asked if asked in Stage.values else Stage.LEAD}

    def save(self, form: StepForm) -> str:
        add_step(facts=form.facts, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:playbooks")


class UpdateStepView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/step_form.html"
    form_class = UpdateStepForm
    error_fields = {"who_missing": "for_whom", "too_many_steps": "stage"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def step(self) -> PlaybookStep:
        return get_object_or_404(PlaybookStep.objects.select_related("team"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.step, name) for name in UpdateStepForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.step, user=self.request.user)
        return super().get_context_data(step=self.step, history=history, **context)

    def save(self, form: UpdateStepForm) -> str:
        update_step(
            step=self.step,
            version=form.cleaned_data["version"],
            facts=form.facts,
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("lifecycle:playbooks")


class RemoveStepView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        step = get_object_or_404(PlaybookStep.objects, pk=pk)
        return self.take(remove_step, step=step, said=_("The step was removed."), then=reverse("lifecycle:playbooks"))


class SourceListView(StaffView, TemplateView):
    """Where leads come from, and why they are lost."""

    permission_required = CONFIGURE
    template_name = "lifecycle/sources.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        month = today().replace(day=1)
        sources = LeadSource.objects.prefetch_related("costs").order_by("-is_active", "pk")
        return super().get_context_data(
            sources=[(source, _cost(source, month), self._address(source)) for source in sources],
            reasons=LostReason.objects.order_by("-is_active", "pk"),
            **context,
        )

    def _address(self, source: LeadSource) -> str:
        """Return where the public form is that captures leads of a source, nothing where there is none."""
        if not (source.key and source.is_active):
            return ""
        url = self.request.build_absolute_uri(reverse("lifecycle:join", args=[current_tenant().slug]))
        return url if source.key == LeadSource.FORM else f"{url}?{urlencode({'source': source.key})}"


def _cost(source: LeadSource, month: Any) -> Any:
    """Return what the source costs in a month, None where nobody said."""
    held = [cost for cost in source.costs.all() if cost.from_month <= month]
    return max(held, key=lambda cost: cost.from_month).amount if held else None


class AddSourceView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/source_form.html"
    form_class = SourceForm
    error_fields = KEY_ERRORS
    success_message = gettext_lazy("The source was added.")

    def save(self, form: SourceForm) -> str:
        add_source(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:sources")


class UpdateSourceView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/source_form.html"
    form_class = UpdateSourceForm
    error_fields = KEY_ERRORS
    success_message = gettext_lazy("Saved.")

    @cached_property
    def source(self) -> LeadSource:
        return get_object_or_404(LeadSource.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.source, name) for name in ("name_zh", "name_en", "key", "version")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "has_own_word": self.source.key != LeadSource.FORM}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            source=self.source,
            costs=self.source.costs.order_by("-from_month"),
            history=history_of(self.source, user=self.request.user),
            **context,
        )

    def save(self, form: UpdateSourceForm) -> str:
        update_source(source=self.source, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:sources")


class AddReasonView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/reason_form.html"
    form_class = NamesForm
    success_message = gettext_lazy("The reason was added.")

    def save(self, form: NamesForm) -> str:
        add_reason(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:sources")


class UpdateReasonView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "lifecycle/reason_form.html"
    form_class = UpdateNamesForm
    success_message = gettext_lazy("Saved.")

    @cached_property
    def reason(self) -> LostReason:
        return get_object_or_404(LostReason.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.reason, name) for name in ("name_zh", "name_en", "version")}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.reason, user=self.request.user)
        return super().get_context_data(reason=self.reason, history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_reason(reason=self.reason, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("lifecycle:sources")


class UseView(StepView):
    """Retire something of a list, or take it up again."""

    permission_required = CONFIGURE
    is_active = False

    @property
    def said(self) -> str:
        return _("“%(name)s” is in use again.") if self.is_active else _("“%(name)s” is retired.")


class UseSourceView(UseView):
    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        source = get_object_or_404(LeadSource.objects, pk=pk)
        said, then = self.said % {"name": source}, reverse("lifecycle:sources")
        return self.take(set_source_use, source=source, is_active=self.is_active, said=said, then=then)


class UseReasonView(UseView):
    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        reason = get_object_or_404(LostReason.objects, pk=pk)
        said, then = self.said % {"name": reason}, reverse("lifecycle:sources")
        return self.take(set_reason_use, reason=reason, is_active=self.is_active, said=said, then=then)
