from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.imports.permissions import IMPORTS
from core.web.lists import (
    BooleanFilter,
    ChoiceFilter,
    Column,
    ColumnKind,
    DateRangeFilter,
    Filter,
    ListView,
    MoneyRangeFilter,
    PrefixFilter,
    Sort,
    UserFilter,
)
from core.web.records import DraftedFormView, HereView, RecordFormView
from core.web.trail import history_of
from core.web.views import StaffView
from customers.consents.preferring import against_preferred
from customers.duplicates import candidates_of, match_customers
from customers.enums import CustomerKind, Segment, Stage, Tier
from customers.forms.custom_fields import PREFIX
from customers.forms.customers import CreateCustomerForm, UpdateCustomerForm
from customers.models import Customer, CustomField, DuplicateCandidate
from customers.needs.reading import kinds_to_add, needs_of, with_needs
from customers.own_columns import own_columns
from customers.own_filters import own_filters
from customers.panels import panels_for
from customers.permissions import ASSIGN, CONSENTS_VIEW, EDIT, MERGE, REVEAL, VIEW
from customers.querysets import (
    SHOWN_ON_RECORD,
    active_fields,
    bring_points,
    current_texts,
    for_list,
    for_record_page,
    undoable_merges,
)
from customers.services import create_customer, update_customer
from customers.templatetags.customers import quality_badge, segment_badge, stage_badge, tier_badge
from customers.views.interactions import timeline_context

MOST_DUPLICATES = 5


def _page_of(customer: Customer) -> str:
    return reverse("customers:detail", args=[customer.pk])


class CustomerListView(ListView):
    permission_required = VIEW
    template_name = "customers/customer_list.html"
    filters = (
        PrefixFilter(name="number", label=_("Customer number"), max_length=40),
        ChoiceFilter(name="tier", label=_("Tier"), choices=Tier.choices, none=_("Not in a tier")),
        ChoiceFilter(name="stage", label=_("Stage"), choices=Stage.choices),
        ChoiceFilter(name="segment", label=_("Segment"), choices=Segment.choices),
        ChoiceFilter(name="kind", label=_("Kind"), choices=CustomerKind.choices),
        PrefixFilter(name="region", label=_("Region"), max_length=100),
        UserFilter(name="account_manager", label=_("Account manager")),
        BooleanFilter(name="unmanaged", label=_("Without an account manager"), field="account_manager__isnull"),
        MoneyRangeFilter(name="contribution", label=_("Contribution")),
        DateRangeFilter(name="created", label=_("Created"), field="created_at"),
        DateRangeFilter(name="last", label=_("Last shipment"), field="last_shipment_at"),
    )
    sorts = (
        Sort("contribution", _("Contribution"), descending_first=True),
        Sort("window", _("Shipments in the window"), column="window_shipment_count", descending_first=True),
        Sort("created", _("Created"), column="created_at", descending_first=True),
        Sort("mending", _("To mend first"), column="mending_rank", descending_first=True),
    )
    default_sort = "-contribution"
    export_name = "customers"
    export_title = _("Customers")
    export_columns = (
        Column(_("Customer number"), lambda customer: customer.number, name="number"),
        Column(_("Name"), lambda customer: customer.display_name, name="name", url=_page_of, is_head=True),
        Column(_("Kind"), lambda customer: customer.get_kind_display(), name="kind"),
        Column(
            _("Tier"),
            lambda customer: customer.get_tier_display(),
            name="tier",
            draw=lambda customer: tier_badge(customer.tier),
        ),
        Column(
            _("Stage"),
            lambda customer: customer.get_stage_display(),
            name="stage",
            draw=lambda customer: stage_badge(customer.stage),
        ),
        Column(
            _("Segment"),
            lambda customer: customer.get_segment_display(),
            name="segment",
            draw=lambda customer: segment_badge(customer.segment),
        ),
        Column(
            _("Contribution"),
            lambda customer: customer.contribution,
            name="contribution",
            kind=ColumnKind.MONEY,
            sort="contribution",
        ),
        Column(_("Shipments"), lambda customer: customer.shipment_count, name="shipments", kind=ColumnKind.NUMBER),
        Column(
            _("Shipments in the window"),
            lambda customer: customer.window_shipment_count,
            name="window",
            kind=ColumnKind.NUMBER,
            sort="window",
        ),
        Column(_("Last shipment"), lambda customer: customer.last_shipment_at, name="last", kind=ColumnKind.TIME),
        Column(_("Industry"), lambda customer: customer.industry, name="industry"),
        Column(_("Region"), lambda customer: customer.region, name="region"),
        Column(_("Account manager"), lambda customer: customer.account_manager, name="account_manager"),
        Column(_("Tags"), lambda customer: ", ".join(customer.tags), name="tags"),
        Column(
            _("Data quality"),
            lambda customer: customer.quality,
            name="quality",
            kind=ColumnKind.NUMBER,
            sort="mending",
            draw=lambda customer: quality_badge(customer.quality),
        ),
        Column(
            _("Created"), lambda customer: customer.created_at, name="created", kind=ColumnKind.TIME, sort="created"
        ),
    )
    page_columns = (
        "name",
        "number",
        "tier",
        "stage",
        "contribution",
        "shipments",
        "last",
        "account_manager",
    )

    @cached_property
    def own_fields(self) -> list[CustomField]:
        return list(active_fields())

    def get_filters(self) -> Sequence[Filter]:
        return [*self.filters, *own_filters(self.own_fields)]

    def get_columns(self) -> Sequence[Column]:
        return [*self.export_columns, *own_columns(self.own_fields)]

    def get_queryset(self) -> QuerySet[Customer]:
        return for_list(Customer.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = self.request.user
        may_edit = may(user, EDIT)
        return super().get_context_data(may_edit=may_edit, may_bring_in=may_edit and may(user, IMPORTS), **context)


class CustomerDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "customers/customer_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            merged = get_object_or_404(Customer.with_merged.exclude(merged_into=None), pk=kwargs["pk"])
        messages.info(request, gettext("%(number)s was merged into this customer.") % {"number": merged.number})
        return redirect("customers:detail", merged.merged_into_id)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        customer = get_object_or_404(
            with_needs(for_record_page(Customer.objects.all()), customer="pk"), pk=self.kwargs["pk"]
        )
        contacts, addresses = customer.first_contacts, customer.first_addresses
        bring_points(contacts[:SHOWN_ON_RECORD])
        may_edit, may_merge = may(self.request.user, EDIT), may(self.request.user, MERGE)
        return super().get_context_data(
            customer=customer,
            contacts=contacts[:SHOWN_ON_RECORD],
            has_more_contacts=len(contacts) > SHOWN_ON_RECORD,
            addresses=addresses[:SHOWN_ON_RECORD],
            has_more_addresses=len(addresses) > SHOWN_ON_RECORD,
            custom_facts=[
                (field.label, PREFIX + field.key, customer.custom_values.get(field.key, ""))
                for field in active_fields()
            ],
            against_preferred=against_preferred(customer, sees_consents=may(self.request.user, CONSENTS_VIEW)),
            preferred_language=dict(settings.LANGUAGES).get(customer.preferred_language, customer.preferred_language),
            panels=panels_for(customer, self.request.user),
            may_reveal=may(self.request.user, REVEAL),
            history=history_of(customer, user=self.request.user),
            may_edit=may_edit,
            needs=needs_of(customer),
            need_kinds=kinds_to_add(customer),
            manager_fact="account_manager" if may(self.request.user, ASSIGN) else "",
            facts_url=reverse("customers:update", args=[customer.pk]) if may_edit else "",
            merges=undoable_merges(customer, at=timezone.now()),
            may_merge=may_merge,
            duplicates=_compared(customer) if may_merge else [],
            **timeline_context(customer, self.request.user, contacts=contacts, asked=self.request.GET),
            **context,
        )


def _compared(customer: Customer) -> list[tuple[DuplicateCandidate, Customer]]:
    """Return the likeliest duplicates of a customer, each with the other of the two."""
    pairs = candidates_of(customer)[:MOST_DUPLICATES]
    return [(pair, pair.second if pair.first_id == customer.pk else pair.first) for pair in pairs]


class CustomerPanelView(StaffView, TemplateView):
    """One panel of a customer's page, which the page asks for when it comes into view; or a page by itself."""

    permission_required = VIEW
    template_name = "customers/customer_panel.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        customer = get_object_or_404(Customer.objects.select_related("account_manager"), pk=self.kwargs["pk"])
        panels = {panel.key: panel for panel in panels_for(customer, self.request.user)}
        if self.kwargs["key"] not in panels:
            raise Http404
        shown = panels[self.kwargs["key"]]
        return super().get_context_data(
            customer=customer, shown=shown, panel=shown.load(customer, self.request.user), **context
        )


class CustomerHereView(HereView):
    permission_required = VIEW

    def get_record(self) -> Customer:
        return get_object_or_404(Customer.objects.only("tenant"), pk=self.kwargs["pk"])


class CreateCustomerView(DraftedFormView):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    draft_name = "customers.new"
    form_class = CreateCustomerForm
    error_fields = {"customer_number_taken": "number"}
    success_message = _("The customer's archive is open.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "custom_fields": list(active_fields())}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(purposes=current_texts(), **context)

    def save(self, form: CreateCustomerForm) -> str:
        at = timezone.now()
        customer = create_customer(**form.facts, by=self.request.user, at=at)
        match_customers([customer.pk], at=at)
        return reverse("customers:detail", args=[customer.pk])


class UpdateCustomerView(RecordFormView):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    draft_name = "customers.facts"
    form_class = UpdateCustomerForm
    success_message = _("Saved.")

    @cached_property
    def record(self) -> Customer:
        customers = Customer.objects.select_related("account_manager")
        return get_object_or_404(customers, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = {**super().get_form_kwargs(), "custom_fields": list(active_fields())}
        user = self.request.user
        return {**kwargs, "may_assign": may(user, ASSIGN), "sees_consents": may(user, CONSENTS_VIEW)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.record, **context)

    def save(self, form: UpdateCustomerForm) -> str:
        customer = self.record
        updated = update_customer(
            customer=customer, version=customer.version, **form.facts, by=self.request.user, at=timezone.now()
        )
        if updated.preferred_channel != customer.preferred_channel:
            against = against_preferred(updated, sees_consents=may(self.request.user, CONSENTS_VIEW))
            if against:
                messages.warning(self.request, against)
        return reverse("customers:detail", args=[customer.pk])
