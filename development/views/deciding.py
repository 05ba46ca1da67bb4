"""The steps of a proposal: proposed, approved or sent back, shared, withdrawn, and the next version."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.views import StepView
from development.forms import NextVersionForm, SendBackForm
from development.models import Proposal
from development.permissions import APPROVE, WRITE
from development.services import (
    approve_proposal,
    create_next_version,
    drop_proposal,
    propose_proposal,
    send_back_proposal,
    share_proposal,
    withdraw_proposal,
)
from development.views.proposals import DAY_ERRORS, VALID_FOR, OfProposalView, page_of


class ProposalStepView(StepView):
    """One step that asks for nothing more; it leads back to the proposal."""

    permission_required = WRITE
    success_message: Any = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        proposal = get_object_or_404(Proposal.objects.select_related("opportunity"), pk=pk)
        return self.take(self.act, proposal=proposal, said=self.success_message, then=page_of(proposal))

    def act(self, **facts: Any) -> Proposal:
        """Call the service."""
        raise NotImplementedError


class ProposeView(ProposalStepView):
    success_message = _("The proposal waits for somebody else to approve it.")

    def act(self, **facts: Any) -> Proposal:
        return propose_proposal(**facts)


class ApproveView(ProposalStepView):
    permission_required = APPROVE
    success_message = _("The proposal is approved. Share it with the customer next.")

    def act(self, **facts: Any) -> Proposal:
        return approve_proposal(**facts)


class DropView(ProposalStepView):
    success_message = _("The draft is dropped.")

    def act(self, **facts: Any) -> Proposal:
        return drop_proposal(**facts)


class ShareView(ProposalStepView):
    success_message = _("The link is made. One that was there before no longer works.")

    def act(self, **facts: Any) -> Proposal:
        return share_proposal(**facts)


class WithdrawView(ProposalStepView):
    success_message = _("The proposal is withdrawn; the link no longer works.")

    def act(self, **facts: Any) -> Proposal:
        return withdraw_proposal(**facts)


class SendBackView(OfProposalView):
    permission_required = APPROVE
    template_name = "development/proposal_step.html"
    form_class = SendBackForm
    success_message = _("The proposal is a draft again.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Send the proposal back"), **context)

    def save(self, form: SendBackForm) -> str:
        send_back_proposal(proposal=self.proposal, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return page_of(self.proposal)


class NextVersionView(OfProposalView):
    template_name = "development/proposal_step.html"
    form_class = NextVersionForm
    error_fields = DAY_ERRORS
    success_message = _("The next version is begun, with the same services.")

    def get_initial(self) -> dict[str, Any]:
        return {"valid_until": local_date(timezone.now(), current_tenant().time_zone) + VALID_FOR}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Next version"), **context)

    def save(self, form: NextVersionForm) -> str:
        facts = form.cleaned_data
        return page_of(create_next_version(proposal=self.proposal, **facts, by=self.request.user, at=timezone.now()))
