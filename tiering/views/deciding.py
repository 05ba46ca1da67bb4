"""The steps of a version of the policy, and of a tier by hand: asked for by one, decided by another."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError
from core.web.context import WATCH_JOBS
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView, go_to
from customers.enums import Tier
from customers.models import Customer
from tiering import movers
from tiering.enums import OPEN
from tiering.forms import OverrideForm, ReasonForm
from tiering.models import PolicyTrial, TierOverride, TierPolicy
from tiering.permissions import APPROVE, ASK, MANAGE
from tiering.services import (
    approve_override,
    approve_policy,
    ask_for_tier,
    ask_for_trial,
    decline_override,
    decline_policy,
    end_override,
    submit_policy,
    withdraw_policy,
)
from tiering.trail import MOVED
from tiering.views.policies import page_of


class PolicyStepView(StepView):
    """One step that asks for nothing more; it leads back to the version."""

    permission_required = MANAGE
    success_message: Any = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        policy = get_object_or_404(TierPolicy.objects, pk=pk)
        return self.take(self.act, policy=policy, said=self.success_message, then=page_of(policy))

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class TryPolicyView(PolicyStepView):
    success_message = gettext_lazy("The version is being tried. What it would do stands here in a moment.")

    def act(self, **facts: Any) -> BackgroundJob:
        return ask_for_trial(**facts)


class SubmitPolicyView(PolicyStepView):
    success_message = gettext_lazy("The version waits for somebody else to approve it.")

    def act(self, **facts: Any) -> TierPolicy:
        return submit_policy(**facts)


class ApprovePolicyView(PolicyStepView):
    permission_required = APPROVE
    success_message = gettext_lazy("The version is in force from the next evaluation on.")

    def act(self, **facts: Any) -> TierPolicy:
        return approve_policy(**facts)


class PolicyReasonView(StaffFormView):
    """A step that asks for a reason."""

    permission_required = MANAGE
    template_name = "tiering/tierpolicy_step.html"
    form_class = ReasonForm
    error_fields = {"decision_reason_missing": "reason"}
    title: Any = ""

    @cached_property
    def policy(self) -> TierPolicy:
        return get_object_or_404(TierPolicy.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(policy=self.policy, title=self.title, **context)

    def save(self, form: BaseForm) -> str:
        self.act(policy=self.policy, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return page_of(self.policy)

    def act(self, **facts: Any) -> TierPolicy:
        """Call the service."""
        raise NotImplementedError


class DeclinePolicyView(PolicyReasonView):
    permission_required = APPROVE
    title = gettext_lazy("Decline the version")
    success_message = gettext_lazy("The version is declined.")

    def act(self, **facts: Any) -> TierPolicy:
        return decline_policy(**facts)


class WithdrawPolicyView(PolicyReasonView):
    title = gettext_lazy("Withdraw the version")
    success_message = gettext_lazy("The version is withdrawn.")

    def act(self, **facts: Any) -> TierPolicy:
        return withdraw_policy(**facts)


class MoversFileView(StaffView):
    """Have everybody whom a version would move written into a file, by a background job."""

    permission_required = MANAGE
    needs_second_step = True
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        trial = get_object_or_404(PolicyTrial.objects.select_related("policy"), policy=pk, policy__state__in=OPEN)
        policy = trial.policy
        try:
            job = start_job(
                kind=movers.KIND,
                title=_("Who would move by version %(version)s of the tier policy") % {"version": policy.version},
                parameters={
                    "policy": str(policy.pk),
                    "version": policy.version,
                    "as_of": trial.as_of.isoformat(),
                },
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, page_of(policy))
        request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))


class AskForTierView(StaffFormView):
    permission_required = ASK
    template_name = "tiering/tieroverride_form.html"
    form_class = OverrideForm
    error_fields = {"reason_missing": "reason", "override_expired": "expires_on"}
    success_message = gettext_lazy("The tier waits for somebody else to approve it.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"tier": self.customer.tier or Tier.VIP}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        only = ("tier.asked", "tier.set", "tier.declined", "tier.released", MOVED)
        history = history_of(self.customer, user=self.request.user, only=only)
        return super().get_context_data(customer=self.customer, history=history, **context)

    def save(self, form: OverrideForm) -> str:
        ask_for_tier(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])


class OverrideStepView(StepView):
    """One step of a tier by hand; it leads back to the customer."""

    permission_required = APPROVE
    success_message: Any = ""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        override = get_object_or_404(TierOverride.objects, pk=kwargs["override"], customer_id=kwargs["pk"])
        then = reverse("customers:detail", args=[override.customer_id])
        return self.take(self.act, override=override, said=self.success_message, then=then)

    def act(self, **facts: Any) -> TierOverride:
        """Call the service."""
        raise NotImplementedError


class ApproveOverrideView(OverrideStepView):
    success_message = gettext_lazy("The tier is set by hand.")

    def act(self, **facts: Any) -> TierOverride:
        return approve_override(**facts)


class EndOverrideView(OverrideStepView):
    permission_required = MANAGE
    success_message = gettext_lazy("The next evaluation decides about the tier again.")

    def act(self, **facts: Any) -> TierOverride:
        return end_override(**facts)


class DeclineOverrideView(StaffFormView):
    """Decline a tier that was asked for; whoever asked takes it back so."""

    permission_required = ASK
    template_name = "tiering/tieroverride_step.html"
    form_class = ReasonForm
    error_fields = {"reason_missing": "reason"}
    success_message = gettext_lazy("The tier is not set by hand.")

    @cached_property
    def override(self) -> TierOverride:
        overrides = TierOverride.objects.select_related("customer")
        override = get_object_or_404(overrides, pk=self.kwargs["override"], customer_id=self.kwargs["pk"])
        if override.asked_by_id != self.request.user.pk and not may(self.request.user, APPROVE):
            raise PermissionDenied
        return override

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        is_own = self.override.asked_by_id == self.request.user.pk
        title = _("Take the request back") if is_own else _("Decline the tier")
        return super().get_context_data(override=self.override, title=title, **context)

    def save(self, form: BaseForm) -> str:
        decline_override(override=self.override, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.override.customer_id])
