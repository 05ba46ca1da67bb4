"""Proposals: the list, the page of one, and writing it while it is a draft."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.crypto.fields import readable
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from customers.permissions import REVEAL
from customers.timeline import known_names, known_points
from development.benefits import is_best, usual_target
from development.enums import ProposalState
from development.forms import LineForm, ProposalForm
from development.models import CatalogueService, Opportunity, Proposal, ProposalLine
from development.offers import for_list, for_record, services_in_use, shown
from development.pdf import render
from development.permissions import VIEW, WRITE
from development.querysets import masked
from development.services import (
    add_line,
    change_line,
    create_proposal,
    measures_of,
    remove_line,
    share_token,
    update_proposal,
)
from development.templatetags.development import proposal_badge

VALID_FOR = timedelta(days=30)
DAY_ERRORS = {"valid_in_the_past": "valid_until"}
LINE_ERRORS = {"target_missing": "target", "target_not_better": "target"}


def page_of(proposal: Proposal) -> str:
    return reverse("development:proposal", args=[proposal.pk])


def pdf_answer(proposal: Proposal, *, is_for_customer: bool) -> HttpResponse:
    """Return a proposal read by `for_record` as a file: as the customer reads it, or with every number hidden."""
    customer = proposal.opportunity.customer
    hidden = {"names": known_names(customer), "points": known_points(customer) if is_for_customer else None}
    content = render(
        proposal,
        shown(proposal, **hidden),
        sender=current_tenant().name,
        foreword=masked(proposal, "foreword", **hidden),
    )
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{proposal.number}-{proposal.edition}.pdf"'},
    )


class ProposalListView(ListView):
    """All proposals, the newest first."""

    permission_required = VIEW
    template_name = "development/proposal_list.html"
    filters = (
        ChoiceFilter(name="state", label=_("State"), choices=ProposalState.choices),
        PrefixFilter(name="number", label=_("Number"), max_length=20),
        DateRangeFilter(name="valid", label=_("Valid until"), field="valid_until"),
    )
    sorts = (
        Sort("written", _("Written"), column="written_at", descending_first=True),
        Sort("valid", _("Valid until"), column="valid_until"),
    )
    default_sort = "-written"
    export_name = "proposals"
    export_title = _("Proposals")
    export_columns = (
        Column(_("Number"), lambda row: row.number, name="number", url=page_of, is_head=True),
        Column(
            _("Opportunity"),
            lambda row: row.opportunity.title,
            name="opportunity",
            url=lambda row: reverse("development:detail", args=[row.opportunity_id]),
        ),
        Column(_("Customer"), lambda row: row.opportunity.customer.display_name, name="customer"),
        Column(_("Version"), lambda row: row.edition, name="edition", kind=ColumnKind.NUMBER),
        Column(
            _("State"),
            lambda row: row.get_state_display(),
            name="state",
            draw=proposal_badge,
        ),
        Column(_("Valid until"), lambda row: row.valid_until, name="valid", kind=ColumnKind.TIME, sort="valid"),
        Column(_("Written by"), lambda row: row.written_by and row.written_by.name, name="written_by"),
        Column(_("Written"), lambda row: row.written_at, name="written", kind=ColumnKind.TIME, sort="written"),
        Column(_("Approved by"), lambda row: row.approved_by and row.approved_by.name, name="approved_by"),
        Column(_("Answered"), lambda row: row.answered_at, name="answered", kind=ColumnKind.TIME),
    )
    page_columns = ("number", "opportunity", "customer", "edition", "state", "valid", "written_by")

    def get_queryset(self) -> QuerySet[Proposal]:
        return for_list(Proposal.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            waiting=Proposal.objects.filter(state=ProposalState.PROPOSED).count(),
            waiting_url=f"{self.request.path}?{urlencode({'state': ProposalState.PROPOSED})}",
            **context,
        )


class ProposalDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "development/proposal_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        proposal = get_object_or_404(for_record(Proposal.objects.all()), pk=self.kwargs["pk"])
        user, names = self.request.user, known_names(proposal.opportunity.customer)
        is_draft = proposal.state == ProposalState.DRAFT
        today = local_date(timezone.now(), current_tenant().time_zone)
        return super().get_context_data(
            proposal=proposal,
            opportunity=proposal.opportunity,
            lines=shown(proposal, names=names),
            foreword=masked(proposal, "foreword", names),
            answered_name=masked(proposal, "answered_name", [readable(proposal, "answered_name") or ""]),
            answer=masked(proposal, "answer", names),
            is_expired=proposal.state == ProposalState.APPROVED and proposal.valid_until < today,
            may_change=is_draft and may(user, WRITE),
            services=services_in_use() if is_draft and may(user, WRITE) else [],
            may_reveal=may(user, REVEAL),
            share_url=self._share_url(proposal) if may(user, WRITE) else "",
            history=history_of(proposal, user=user),
            **context,
        )

    def _share_url(self, proposal: Proposal) -> str:
        if proposal.state != ProposalState.APPROVED or not readable(proposal, "share_word"):
            return ""
        path = reverse("development:shared", args=[current_tenant().slug, share_token(proposal)])
        return self.request.build_absolute_uri(path)


class ProposalPdfView(StaffView):
    permission_required = VIEW
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        proposal = get_object_or_404(for_record(Proposal.objects.all()), pk=pk)
        return pdf_answer(proposal, is_for_customer=may(request.user, REVEAL))


class CreateProposalView(StaffFormView):
    permission_required = WRITE
    template_name = "development/proposal_form.html"
    form_class = ProposalForm
    error_fields = DAY_ERRORS
    success_message = _("The draft is begun. Add what is offered, then propose it.")

    @cached_property
    def opportunity(self) -> Opportunity:
        return get_object_or_404(Opportunity.objects.select_related("customer"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"valid_until": local_date(timezone.now(), current_tenant().time_zone) + VALID_FOR}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(opportunity=self.opportunity, **context)

    def save(self, form: ProposalForm) -> str:
        facts = form.cleaned_data
        return page_of(create_proposal(opportunity=self.opportunity, **facts, by=self.request.user, at=timezone.now()))


class OfProposalView(StaffFormView):
    """A form about one proposal, or a part of it."""

    permission_required = WRITE

    @cached_property
    def proposal(self) -> Proposal:
        found = Proposal.objects.select_related("opportunity__customer")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @cached_property
    def names(self) -> list[str]:
        return known_names(self.proposal.opportunity.customer)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(proposal=self.proposal, opportunity=self.proposal.opportunity, **context)


class UpdateProposalView(OfProposalView):
    template_name = "development/proposal_form.html"
    form_class = ProposalForm
    error_fields = DAY_ERRORS
    success_message = _("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        stored, hidden = self.proposal.foreword or "", masked(self.proposal, "foreword", self.names)
        return {**super().get_form_kwargs(), "stored": stored, "shown": hidden}

    def get_initial(self) -> Mapping[str, Any]:
        stored, hidden = self.proposal.foreword or "", masked(self.proposal, "foreword", self.names)
        return {"valid_until": self.proposal.valid_until, "foreword": stored if stored == hidden else ""}

    def save(self, form: ProposalForm) -> str:
        facts = form.cleaned_data
        return page_of(update_proposal(proposal=self.proposal, **facts, by=self.request.user, at=timezone.now()))


class AddLineView(OfProposalView):
    template_name = "development/line_form.html"
    form_class = LineForm
    error_fields = LINE_ERRORS
    success_message = _("The service was added.")

    @cached_property
    def service(self) -> CatalogueService:
        return get_object_or_404(CatalogueService.objects.filter(is_active=True), pk=self.kwargs["service"])

    def get_initial(self) -> dict[str, Any]:
        at = timezone.now()
        today = local_date(at, current_tenant().time_zone)
        service, customer = self.service, self.proposal.opportunity.customer
        stands = measures_of(customer, today=today, at=at) if service.measure else {}
        baseline, percent = stands.get(service.measure), service.improves_percent
        offered = {"text": service.description, "price": service.list_price, "price_basis": service.price_basis}
        if baseline is not None and is_best(service.measure, baseline):
            return offered
        target = usual_target(service.measure, baseline, percent) if baseline is not None and percent else None
        # A small share of little is rounded to nothing.
        return {
            **offered,
            "measure": service.measure,
            "baseline": baseline,
            "target": None if target == baseline else target,
        }

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(service=self.service, **context)

    def save(self, form: LineForm) -> str:
        facts = {"service": self.service, **form.facts}
        add_line(proposal=self.proposal, facts=facts, by=self.request.user, at=timezone.now())
        return page_of(self.proposal)


class ChangeLineView(OfProposalView):
    template_name = "development/line_form.html"
    form_class = LineForm
    error_fields = LINE_ERRORS
    success_message = _("Saved.")

    @cached_property
    def line(self) -> ProposalLine:
        lines = ProposalLine.objects.select_related("service")
        return get_object_or_404(lines, pk=self.kwargs["line"], proposal=self.proposal)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "stored": self.line.text or "", "shown": self._shown}

    @property
    def _shown(self) -> str:
        return masked(self.line, "text", self.names)

    def get_initial(self) -> Mapping[str, Any]:
        names = ("price", "price_basis", "measure", "baseline", "target")
        text = self.line.text if self._shown == (self.line.text or "") else ""
        return {**{name: getattr(self.line, name) for name in names}, "text": text}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(service=self.line.service, **context)

    def save(self, form: LineForm) -> str:
        change_line(line=self.line, facts=form.facts, by=self.request.user, at=timezone.now())
        return page_of(self.proposal)


class RemoveLineView(StepView):
    permission_required = WRITE

    def post(self, request: HttpRequest, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
        found = get_object_or_404(ProposalLine.objects.select_related("proposal"), pk=line, proposal_id=pk)
        return self.take(remove_line, line=found, said=_("The service was taken out."), then=page_of(found.proposal))
