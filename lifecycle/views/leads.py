import uuid
from typing import Any

from django.db.models import QuerySet
from django.forms import BaseForm
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
from core.crypto.masking import UNREADABLE, mask_text
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from customers.duplicates import candidates_of, match_customers
from customers.models import Customer
from customers.newcomers import AsksWhoItIs
from customers.permissions import MERGE, REVEAL
from customers.querysets import current_texts
from customers.timeline import known_names
from lifecycle.filters import STATES, colleagues, reasons, sources
from lifecycle.forms import ChargeForm, LoseForm, NewLeadForm, SourcedForm
from lifecycle.models import Lead
from lifecycle.permissions import LEADS_VIEW, LEADS_WORK, REPORT
from lifecycle.querysets import lead_counts, lead_for_record, leads_for_list
from lifecycle.services import (
    assign_lead,
    capture_lead,
    contact_lead,
    convert_lead,
    lose_lead,
    qualify_lead,
    reopen_lead,
    take_lead,
    take_up_lead,
)
from lifecycle.templatetags.lifecycle import lead_badge
from shipments.filters import CustomerFilter

MOST_DUPLICATES = 5


def page_of(lead: Lead) -> str:
    return reverse("lifecycle:lead", args=[lead.pk])


class LeadListView(ListView):
    """The open leads, the newest first, unless told otherwise."""

    permission_required = LEADS_VIEW
    template_name = "lifecycle/lead_list.html"
    filters = (
        STATES,
        ChoiceFilter(name="source", label=_("Source"), choices=sources, none=_("Not known")),
        ChoiceFilter(name="assignee", label=_("In charge"), choices=colleagues, none=_("Nobody yet")),
        ChoiceFilter(name="lost_reason", label=_("Why it was lost"), choices=reasons),
        CustomerFilter(name="customer", label=_("Customer number")),
        DateRangeFilter(name="captured", label=_("Captured"), field="captured_at"),
        DateRangeFilter(name="closed", label=_("Closed"), field="closed_at"),
    )
    sorts = (Sort("captured", _("Captured"), column="captured_at", descending_first=True),)
    default_sort = "-captured"
    export_name = "leads"
    export_title = _("Leads")
    export_columns = (
        Column(_("Name"), lambda lead: lead.customer.display_name, name="name", url=page_of, is_head=True),
        Column(_("Customer number"), lambda lead: lead.customer.number, name="number"),
        Column(_("State"), lambda lead: lead.get_state_display(), name="state", draw=lead_badge),
        Column(_("Source"), lambda lead: lead.source and str(lead.source), name="source"),
        Column(_("In charge"), lambda lead: lead.assignee and lead.assignee.name, name="assignee"),
        Column(_("Region"), lambda lead: lead.customer.region, name="region"),
        Column(_("Captured"), lambda lead: lead.captured_at, name="captured", kind=ColumnKind.TIME, sort="captured"),
        Column(_("Contacted"), lambda lead: lead.contacted_at, name="contacted", kind=ColumnKind.TIME),
        Column(_("Qualified"), lambda lead: lead.qualified_at, name="qualified", kind=ColumnKind.TIME),
        Column(_("Closed"), lambda lead: lead.closed_at, name="closed", kind=ColumnKind.TIME),
        Column(_("Why it was lost"), lambda lead: lead.lost_reason and str(lead.lost_reason), name="lost_reason"),
    )
    page_columns = ("name", "number", "state", "source", "assignee", "region", "captured", "contacted")

    def get_queryset(self) -> QuerySet[Lead]:
        return leads_for_list(Lead.objects)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            counts=self._counts(lead_counts(user)),
            may_work=may(user, LEADS_WORK),
            may_report=may(user, REPORT),
            form_url=reverse("lifecycle:join", args=[current_tenant().slug]),
            **context,
        )

    def _counts(self, found: dict[str, int]) -> list[tuple[str, int, str]]:
        """Return each count with its words and the address of what it counts."""
        asked = {
            "nobodys": (_("Nobody yet"), {"assignee": "none"}),
            "own": (_("Mine"), {"assignee": self.request.user.pk}),
            "new": (_("Not contacted yet"), {"state": "new"}),
            "qualified": (_("Qualified"), {"state": "qualified"}),
        }
        return [
            (str(label), found[name], f"{self.request.path}?{urlencode(params)}")
            for name, (label, params) in asked.items()
        ]


class LeadDetailView(StaffView, TemplateView):
    permission_required = LEADS_VIEW
    template_name = "lifecycle/lead_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        lead = get_object_or_404(lead_for_record(Lead.objects), pk=self.kwargs["pk"])
        user = self.request.user
        return super().get_context_data(
            lead=lead,
            customer=lead.customer,
            wish=self._wish(lead),
            may_reveal=may(user, REVEAL),
            duplicates=self._duplicates(lead.customer) if may(user, MERGE) else [],
            history=history_of(lead, user=user),
            **context,
        )

    @staticmethod
    def _wish(lead: Lead) -> str:
        if lead.__dict__["wish"] is None:
            return ""
        text = readable(lead, "wish")
        return UNREADABLE if text is None else mask_text(text, known_names(lead.customer))

    @staticmethod
    def _duplicates(customer: Customer) -> list[Any]:
        pairs = candidates_of(customer)[:MOST_DUPLICATES]
        return [(pair, pair.second if pair.first_id == customer.pk else pair.first) for pair in pairs]


class CreateLeadView(AsksWhoItIs):
    permission_required = LEADS_WORK
    template_name = "lifecycle/lead_form.html"
    form_class = NewLeadForm
    draft_name = "lifecycle.new_lead"
    error_fields = {
        "customer_number_taken": "number",
        "bad_contact_point": "phone",
        "source_not_in_use": "source",
        "wish_too_long": "wish",
        "cannot_work": "assignee",
    }
    success_message = _("The lead is taken up.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(purposes=current_texts(), **context)

    def save(self, form: NewLeadForm) -> str:
        at = timezone.now()
        lead = capture_lead(**form.facts, by=self.request.user, at=at)
        match_customers([lead.customer_id], at=at)
        return page_of(lead)


class TakeUpView(StaffFormView):
    """Take a customer that has not shipped up as a lead."""

    permission_required = LEADS_WORK
    template_name = "lifecycle/take_up_form.html"
    form_class = SourcedForm
    error_fields = {"source_not_in_use": "source", "wish_too_long": "wish", "cannot_work": "assignee"}
    success_message = _("The lead is taken up.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.customer, user=self.request.user)
        return super().get_context_data(customer=self.customer, history=history, **context)

    def save(self, form: SourcedForm) -> str:
        return page_of(
            take_up_lead(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        )


class WorkView(StaffFormView):
    """A form about one open lead; it leads back to the lead."""

    permission_required = LEADS_WORK
    template_name = "lifecycle/lead_work.html"
    title: Any = ""
    submit_class = "btn-primary"
    error_fields = {"cannot_work": "assignee", "lost_reason_not_in_use": "reason"}

    @cached_property
    def lead(self) -> Lead:
        return get_object_or_404(leads_for_list(Lead.objects), pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.lead, user=self.request.user)
        return super().get_context_data(
            lead=self.lead, title=self.title, submit_class=self.submit_class, history=history, **context
        )

    def save(self, form: BaseForm) -> str:
        self.act(**form.cleaned_data, lead=self.lead, by=self.request.user, at=timezone.now())
        return page_of(self.lead)

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class AssignView(WorkView):
    form_class = ChargeForm
    title = _("Hand over the lead")
    success_message = _("The lead was handed over.")

    def get_initial(self) -> dict[str, Any]:
        return {"assignee": self.lead.assignee}

    def act(self, **facts: Any) -> object:
        return assign_lead(**facts)


class LoseView(WorkView):
    form_class = LoseForm
    title = _("Give up the lead")
    submit_class = "btn-danger"
    success_message = _("The lead is given up.")

    def act(self, **facts: Any) -> object:
        return lose_lead(**facts)


class LeadStepView(StepView):
    """One step of a lead that asks for nothing more."""

    permission_required = LEADS_WORK
    success_message: Any = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        lead = get_object_or_404(Lead.objects, pk=pk)
        return self.take(self.act, lead=lead, said=self.success_message, then=page_of(lead))

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class TakeView(LeadStepView):
    success_message = _("You are in charge of this lead.")

    def act(self, **facts: Any) -> object:
        return take_lead(**facts)


class ContactView(LeadStepView):
    success_message = _("The lead is contacted.")

    def act(self, **facts: Any) -> object:
        return contact_lead(**facts)


class QualifyView(LeadStepView):
    success_message = _("The lead is qualified.")

    def act(self, **facts: Any) -> object:
        return qualify_lead(**facts)


class ConvertView(LeadStepView):
    success_message = _("The lead is won: the customer is new.")

    def act(self, **facts: Any) -> object:
        return convert_lead(**facts)


class ReopenView(LeadStepView):
    success_message = _("The lead is open again.")

    def act(self, **facts: Any) -> object:
        return reopen_lead(**facts)
