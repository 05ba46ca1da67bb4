"""The steps of a plan: proposed, approved or sent back, ended, followed, shared."""

import uuid
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.web.views import StaffFormView, StepView
from service_plans.forms import EndForm, SendBackForm
from service_plans.models import ServicePlan
from service_plans.permissions import APPROVE, WRITE
from service_plans.services import (
    approve_plan,
    create_next_edition,
    drop_plan,
    end_plan,
    propose_plan,
    send_back_plan,
    share_plan,
    stop_sharing_plan,
)
from service_plans.views.plans import page_of


class PlanStepView(StepView):
    """One step that asks for nothing more; it leads back to the plan, or on to the one that the step made."""

    permission_required = WRITE
    success_message: Any = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        plan = get_object_or_404(ServicePlan.objects, pk=pk)
        then = page_of(plan)
        return self.take(self.act, plan=plan, said=self.success_message, then=then, onward=page_of)

    def act(self, **facts: Any) -> ServicePlan:
        """Call the service."""
        raise NotImplementedError


class ProposeView(PlanStepView):
    success_message = _("The plan waits for somebody else to approve it.")

    def act(self, **facts: Any) -> ServicePlan:
        return propose_plan(**facts)


class ApproveView(PlanStepView):
    permission_required = APPROVE
    success_message = _("The plan is approved. Share it with the customer next.")

    def act(self, **facts: Any) -> ServicePlan:
        return approve_plan(**facts)


class DropView(PlanStepView):
    success_message = _("The draft is dropped.")

    def act(self, **facts: Any) -> ServicePlan:
        return drop_plan(**facts)


class NextEditionView(PlanStepView):
    success_message = _("The next edition is begun, with the same items.")

    def act(self, **facts: Any) -> ServicePlan:
        return create_next_edition(**facts)


class ShareView(PlanStepView):
    success_message = _("The link is made. One that was there before no longer works.")

    def act(self, **facts: Any) -> ServicePlan:
        return share_plan(**facts)


class StopSharingView(PlanStepView):
    success_message = _("The link no longer works.")

    def act(self, **facts: Any) -> ServicePlan:
        return stop_sharing_plan(**facts)


class StepFormView(StaffFormView):
    """A step that asks for something."""

    permission_required = WRITE
    template_name = "service_plans/plan_step.html"
    title: Any = ""

    @cached_property
    def plan(self) -> ServicePlan:
        return get_object_or_404(ServicePlan.objects.select_related("customer"), pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(plan=self.plan, title=self.title, **context)

    def save(self, form: BaseForm) -> str:
        self.act(plan=self.plan, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return page_of(self.plan)

    def act(self, **facts: Any) -> ServicePlan:
        """Call the service."""
        raise NotImplementedError


class SendBackView(StepFormView):
    permission_required = APPROVE
    form_class = SendBackForm
    title = _("Send the plan back")
    success_message = _("The plan is a draft again.")

    def act(self, **facts: Any) -> ServicePlan:
        return send_back_plan(**facts)


class EndView(StepFormView):
    form_class = EndForm
    title = _("End the plan early")
    error_fields = {"ends_too_late": "ends_on"}
    success_message = _("The plan ends earlier.")

    def act(self, **facts: Any) -> ServicePlan:
        return end_plan(**facts)
