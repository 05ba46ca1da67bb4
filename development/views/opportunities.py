"""Opportunities: the list, the page of one, opening and editing."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.clock import local_date, months_after
from core.tenancy.scope import current_tenant
from core.web.lists import (
    Column,
    ColumnKind,
    DateRangeFilter,
    GroupFilter,
    ListView,
    MoneyRangeFilter,
    PrefixFilter,
    RecordFilter,
    Sort,
    UserFilter,
)
from core.web.records import DraftedFormView, RecordFormView
from core.web.trail import history_of
from core.web.views import StaffView
from customers.models import Customer
from customers.permissions import REVEAL
from customers.timeline import known_names
from development.enums import DealStage
from development.forms import OpenOpportunityForm, UpdateOpportunityForm
from development.models import Competitor, Opportunity
from development.offers import for_list as proposals_for_list
from development.permissions import VIEW, WRITE
from development.querysets import for_list, for_record, is_closed, is_open, masked, note_in_words, notes_for_list
from development.services import open_opportunity, rules_in_force, update_opportunity
from development.templatetags.development import deal_badge
from shipments.filters import CustomerFilter

MONTHS_AHEAD, NOTES = 2, 10


def page_of(opportunity: Opportunity) -> str:
    return reverse("development:detail", args=[opportunity.pk])


def every_competitor() -> QuerySet[Competitor]:
    return Competitor.objects.order_by("name", "id")


class OpportunityListView(ListView):
    """The open opportunities unless told otherwise, those that are expected to close first at first."""

    permission_required = VIEW
    template_name = "development/opportunity_list.html"
    filters = (
        GroupFilter(
            name="stage",
            label=_("Stage"),
            field="deal_stage",
            choices=DealStage.choices,
            groups={
                "": (pgettext_lazy("opportunities", "Open"), is_open),
                "closed": (pgettext_lazy("opportunities", "Closed"), is_closed),
                "all": (_("All"), lambda rows: rows),
            },
        ),
        UserFilter(name="owner", label=_("Owner")),
        PrefixFilter(name="number", label=_("Number"), max_length=20),
        CustomerFilter(name="customer", label=_("Customer number")),
        RecordFilter(name="competitor", label=_("Competitor"), options=every_competitor),
        DateRangeFilter(name="closes", label=_("Expected to close"), field="closes_on"),
        DateRangeFilter(name="closed", label=_("Closed"), field="closed_at"),
        MoneyRangeFilter(name="freight", label=_("Expected freight a month"), field="expected_freight"),
    )
    sorts = (
        Sort("closes", _("Expected to close"), column="closes_on"),
        Sort("freight", _("Expected freight a month"), column="expected_freight", descending_first=True),
        Sort("opened", _("Opened"), column="opened_at", descending_first=True),
    )
    default_sort = "closes"
    export_name = "opportunities"
    export_title = _("Opportunities")
    export_columns = (
        Column(_("What it is about"), lambda row: row.title, name="title", url=page_of, is_head=True),
        Column(_("Number"), lambda row: row.number, name="number"),
        Column(
            _("Customer"),
            lambda row: row.customer.display_name,
            name="customer",
            url=lambda row: reverse("customers:detail", args=[row.customer_id]),
        ),
        Column(_("Customer number"), lambda row: row.customer.number, name="customer_number"),
        Column(
            _("Stage"),
            lambda row: row.get_deal_stage_display(),
            name="stage",
            draw=deal_badge,
        ),
        Column(
            _("Expected freight a month"),
            lambda row: row.expected_freight,
            name="freight",
            kind=ColumnKind.MONEY,
            sort="freight",
        ),
        Column(_("Expected to close"), lambda row: row.closes_on, name="closes", kind=ColumnKind.TIME, sort="closes"),
        Column(_("Owner"), lambda row: row.owner and row.owner.name, name="owner"),
        Column(_("Competitor"), lambda row: row.competitor and row.competitor.name, name="competitor"),
        Column(_("Why it was lost"), lambda row: row.get_lost_reason_display(), name="lost_reason"),
        Column(_("Opened"), lambda row: row.opened_at, name="opened", kind=ColumnKind.TIME, sort="opened"),
        Column(_("Closed"), lambda row: row.closed_at, name="closed", kind=ColumnKind.TIME),
    )
    page_columns = ("title", "customer", "stage", "freight", "closes", "owner")

    def get_queryset(self) -> QuerySet[Opportunity]:
        return for_list(Opportunity.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(may_write=may(self.request.user, WRITE), **context)


class OpportunityDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "development/opportunity_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        opportunity = get_object_or_404(for_record(Opportunity.objects.all()), pk=self.kwargs["pk"])
        user, names = self.request.user, known_names(opportunity.customer)
        is_late = opportunity.is_open and opportunity.closes_on < local_date(timezone.now(), current_tenant().time_zone)
        notes = notes_for_list(opportunity.market_notes.order_by("-written_at", "-id"))
        chance = rules_in_force().chance(opportunity.deal_stage)
        return super().get_context_data(
            opportunity=opportunity,
            need=masked(opportunity, "need", names),
            moves=[(change, masked(change, "remark", names)) for change in opportunity.changes.all()],
            proposals=proposals_for_list(opportunity.proposals.all()).order_by("-edition"),
            notes=[(note, note_in_words(note)) for note in notes[:NOTES]],
            chance=chance,
            weighted=opportunity.expected_freight * chance / 100,
            is_late=is_late,
            facts_url=reverse("development:update", args=[opportunity.pk])
            if opportunity.is_open and may(user, WRITE)
            else "",
            may_reveal=may(user, REVEAL),
            history=history_of(opportunity, user=user),
            **context,
        )


class OpenOpportunityView(DraftedFormView):
    permission_required = WRITE
    template_name = "development/opportunity_form.html"
    draft_name = "opportunities.new"
    form_class = OpenOpportunityForm
    error_fields = {"owner_may_not": "owner"}
    success_message = _("The opportunity is open.")

    @cached_property
    def customer(self) -> Customer | None:
        asked = self.request.GET.get("customer")
        if not asked:
            return None
        try:
            return get_object_or_404(Customer.objects, pk=uuid.UUID(asked))
        except ValueError as error:
            raise Http404 from error

    @property
    def draft_record_id(self) -> uuid.UUID:
        return self.customer.pk if self.customer else self.request.user.pk

    def get_initial(self) -> dict[str, Any]:
        today = local_date(timezone.now(), current_tenant().time_zone)
        return {"owner": self.request.user.pk, "closes_on": months_after(today, MONTHS_AHEAD)}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: OpenOpportunityForm) -> str:
        return page_of(open_opportunity(**form.facts, by=self.request.user, at=timezone.now()))


class UpdateOpportunityView(RecordFormView):
    permission_required = WRITE
    template_name = "development/opportunity_form.html"
    draft_name = "opportunities.facts"
    form_class = UpdateOpportunityForm
    error_fields = {"owner_may_not": "owner"}
    success_message = _("Saved.")

    @cached_property
    def record(self) -> Opportunity:
        found = Opportunity.objects.select_related("customer", "owner", "competitor")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @property
    def draft_subject_id(self) -> uuid.UUID:
        return self.record.customer_id

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(opportunity=self.record, customer=self.record.customer, **context)

    def save(self, form: UpdateOpportunityForm) -> str:
        record = self.record
        update_opportunity(
            opportunity=record, version=record.version, **form.facts, by=self.request.user, at=timezone.now()
        )
        return page_of(record)
