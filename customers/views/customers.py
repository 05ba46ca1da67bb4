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
    DateRangeFilter,
    Filter,
    ListView,
    MoneyRangeFilter,
    PrefixFilter,
    Sort,
    UserFilter,
)
from core.web.records import HereView, RecordFormView
from core.web.trail import history_of
from core.web.views import StaffView
from customers.columns import COLUMNS
from customers.consents.preferring import against_preferred
from customers.duplicates import candidates_of, match_customers
from customers.enums import CustomerKind, Segment, SelfService, Stage, Tier
from customers.forms.custom_fields import PREFIX
from customers.forms.customers import NewCustomerForm, UpdateCustomerForm
from customers.models import Customer, CustomField, DuplicateCandidate
from customers.needs.reading import kinds_to_add, needs_of, with_needs
from customers.newcomers import AsksWhoItIs
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
    merges_under,
    undoable,
)
from customers.related.filters import CustomerGroupFilter
from customers.services import create_with_contact, update_customer
from customers.views.interactions import timeline_context

MOST_DUPLICATES = 5
REFERRER_FIELDS = {"bad_referrer": "referrer", "no_such_referrer": "referrer"}


class CustomerListView(ListView):
    permission_required = VIEW
    template_name = "customers/customer_list.html"
    filters = (
        PrefixFilter(name="number", label=_("Customer number"), max_length=40),
        ChoiceFilter(name="tier", label=_("Tier"), choices=Tier.choices, none=_("Not in a tier")),
        ChoiceFilter(name="stage", label=_("Stage"), choices=Stage.choices),
        ChoiceFilter(name="segment", label=_("Segment"), choices=Segment.choices),
        ChoiceFilter(name="self_service", label=_("Self-service"), choices=SelfService.choices),
        ChoiceFilter(name="kind", label=_("Kind"), choices=CustomerKind.choices),
        PrefixFilter(name="region", label=_("Region"), max_length=100),
        CustomerGroupFilter(name="group", label=_("Group")),
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
    export_columns = COLUMNS
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
        merges = list(merges_under(customer))
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
            merges=undoable(merges, customer, at=timezone.now()),
            may_merge=may_merge,
            duplicates=_compared(customer) if may_merge else [],
            **timeline_context(
                customer,
                self.request.user,
                contacts=contacts,
                merged=[merge.absorbed for merge in merges],
                asked=self.request.GET,
            ),
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
        customer = get_object_or_404(Customer.objects.select_related("account_manager", "group"), pk=self.kwargs["pk"])
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


class CreateCustomerView(AsksWhoItIs):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    draft_name = "customers.new"
    form_class = NewCustomerForm
    error_fields = {"customer_number_taken": "number", "bad_contact_point": "phone", **REFERRER_FIELDS}
    success_message = _("The customer's archive is open.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "custom_fields": list(active_fields())}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(purposes=current_texts(), **context)

    def save(self, form: NewCustomerForm) -> str:
        at = timezone.now()
        customer = create_with_contact(**form.facts, by=self.request.user, at=at)
        match_customers([customer.pk], at=at)
        return reverse("customers:detail", args=[customer.pk])


class UpdateCustomerView(RecordFormView):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    draft_name = "customers.facts"
    form_class = UpdateCustomerForm
    error_fields = {"needs_manager": "account_manager", **REFERRER_FIELDS}
    success_message = _("Saved.")

    @cached_property
    def record(self) -> Customer:
        customers = Customer.objects.select_related("account_manager", "group", "referrer")
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
