"""The page by which a customer reads a proposal, takes it as a file, and answers it, without signing in."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.web.public import WINDOW_SECONDS, PublicView, may_open
from customers.timeline import known_names, known_points
from development.forms import AnswerForm
from development.models import Proposal
from development.offers import for_record, shown
from development.querysets import masked
from development.services import accept_proposal, decline_proposal, shared_proposal
from development.views.proposals import pdf_answer


class SharedView(PublicView, TemplateView):
    """What stands behind the customer's link; an answer leads back to the page."""

    template_name = "development/shared.html"

    @cached_property
    def proposal(self) -> Proposal | None:
        return shared_proposal(self.kwargs["token"])

    def refusal(self) -> HttpResponse | None:
        if not may_open(self.request, self.kwargs["token"], page="development.shared", now=time.time()):
            words = _("This was asked too often. Try again in an hour.")
            response = self.render_to_response(self.get_context_data(refusal=words), status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        if self.proposal is None:
            words = _("This link is no longer valid. Ask us for a new one.")
            return self.render_to_response(self.get_context_data(refusal=words), status=404)
        return None

    def read(self) -> Proposal:
        return get_object_or_404(for_record(Proposal.objects.all()), pk=self.proposal.pk)


class SharedProposalView(SharedView):
    """A proposal as the customer sees it.

    Nobody is named: names and numbers of the customer's people are hidden, those of contracts and of ours are not.
    """

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.refusal() or self._page(AnswerForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refusal := self.refusal():
            return refusal
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        facts = {"proposal": self.proposal, "name": form.cleaned_data["name"], "at": timezone.now()}
        try:
            if "accept" in request.POST:
                accept_proposal(**facts)
            else:
                decline_proposal(**facts, answer=form.cleaned_data["answer"])
        except DomainError as error:
            form.add_error(None, str(error.message))
            return self._page(form, status=409)
        return redirect(request.path)

    def _page(self, form: AnswerForm, *, status: int = 200) -> HttpResponse:
        proposal = self.read()
        customer = proposal.opportunity.customer
        hidden = {"names": known_names(customer), "points": known_points(customer)}
        is_answerable = proposal.is_answerable(local_date(timezone.now(), self.tenant.time_zone))
        context = self.get_context_data(
            proposal=proposal,
            lines=shown(proposal, **hidden),
            foreword=masked(proposal, "foreword", **hidden),
            form=form,
            is_answerable=is_answerable and proposal.opportunity.is_open,
        )
        return self.render_to_response(context, status=status)


class SharedPdfView(SharedView):
    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.refusal() or pdf_answer(self.read(), is_for_customer=True)
