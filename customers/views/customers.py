from typing import Any

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
from core.web.lists import ChoiceFilter, Column, ColumnKind, ListView, PrefixFilter, Sort, UserFilter
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView
from customers.enums import CustomerKind, Tier
from customers.forms.customers import CreateCustomerForm, UpdateCustomerForm, stored_facts
from customers.models import Customer
from customers.panels import panels_for
from customers.permissions import EDIT, REVEAL, VIEW
from customers.querysets import SHOWN_ON_RECORD, active_fields, for_list, for_record_page, undoable_merges
from customers.services import CustomerChanged, create_customer, update_customer
from customers.views.interactions import timeline_context


def _page_of(customer: Customer) -> str:
    return reverse("customers:detail", args=[customer.pk])


class CustomerListView(ListView):
    permission_required = VIEW
    template_name = "customers/customer_list.html"
    filters = (
        PrefixFilter(name="number", label=_("Customer number"), max_length=40),
        ChoiceFilter(name="tier", label=_("Tier"), choices=Tier.choices, none=_("Not in a tier")),
        ChoiceFilter(name="kind", label=_("Kind"), choices=CustomerKind.choices),
        PrefixFilter(name="region", label=_("Region"), max_length=100),
        UserFilter(name="account_manager", label=_("Account manager")),
    )
    sorts = (
        Sort("contribution", _("Contribution"), descending_first=True),
        Sort("created", _("Created"), column="created_at", descending_first=True),
    )
    default_sort = "-contribution"
    export_name = "customers"
    export_title = _("Customers")
    export_columns = (
        Column(_("Customer number"), lambda customer: customer.number, name="number"),
        Column(_("Name"), lambda customer: customer.display_name, name="name", url=_page_of, is_head=True),
        Column(_("Kind"), lambda customer: customer.get_kind_display(), name="kind"),
        Column(
            _("Tier"), lambda customer: customer.get_tier_display(), name="tier", template="customers/tier_cell.html"
        ),
        Column(
            _("Contribution"),
            lambda customer: customer.contribution,
            name="contribution",
            kind=ColumnKind.MONEY,
            sort="contribution",
        ),
        Column(_("Shipments"), lambda customer: customer.shipment_count, name="shipments", kind=ColumnKind.NUMBER),
        Column(_("Last shipment"), lambda customer: customer.last_shipment_at, name="last", kind=ColumnKind.TIME),
        Column(_("Industry"), lambda customer: customer.industry, name="industry"),
        Column(_("Region"), lambda customer: customer.region, name="region"),
        Column(_("Account manager"), lambda customer: customer.account_manager, name="account_manager"),
        Column(_("Tags"), lambda customer: ", ".join(customer.tags), name="tags"),
        Column(
            _("Created"), lambda customer: customer.created_at, name="created", kind=ColumnKind.TIME, sort="created"
        ),
    )
    page_columns = ("name", "number", "tier", "contribution", "shipments", "last", "account_manager", "created")

    def get_queryset(self) -> QuerySet[Customer]:
        return for_list(Customer.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(may_edit=may(self.request.user, EDIT), **context)


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
        customer = get_object_or_404(for_record_page(Customer.objects.all()), pk=self.kwargs["pk"])
        contacts, addresses = customer.first_contacts, customer.first_addresses
        return super().get_context_data(
            customer=customer,
            contacts=contacts[:SHOWN_ON_RECORD],
            has_more_contacts=len(contacts) > SHOWN_ON_RECORD,
            addresses=addresses[:SHOWN_ON_RECORD],
            has_more_addresses=len(addresses) > SHOWN_ON_RECORD,
            custom_facts=[(field.label, customer.custom_values.get(field.key, "")) for field in active_fields()],
            panels=panels_for(customer, self.request.user),
            may_reveal=may(self.request.user, REVEAL),
            history=history_of(customer, user=self.request.user),
            may_edit=may(self.request.user, EDIT),
            merges=undoable_merges(customer, at=timezone.now()),
            **timeline_context(customer, self.request.user, contacts=contacts[:SHOWN_ON_RECORD]),
            **context,
        )


class CreateCustomerView(StaffFormView):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    form_class = CreateCustomerForm
    error_fields = {"customer_number_taken": "number"}
    success_message = _("The customer's archive is open.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "custom_fields": list(active_fields())}

    def save(self, form: CreateCustomerForm) -> str:
        customer = create_customer(**form.facts, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[customer.pk])


class UpdateCustomerView(StaffFormView):
    permission_required = EDIT
    template_name = "customers/customer_form.html"
    form_class = UpdateCustomerForm
    success_message = _("Saved.")

    @cached_property
    def customer(self) -> Customer:
        customers = Customer.objects.select_related("account_manager")
        return get_object_or_404(customers, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer, "custom_fields": list(active_fields())}

    def get_initial(self) -> dict[str, Any]:
        return {**stored_facts(self.customer), "version": self.customer.version}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: UpdateCustomerForm) -> str:
        try:
            update_customer(customer=self.customer, **form.facts, by=self.request.user, at=timezone.now())
        except CustomerChanged:
            form.show_stored(self.customer)
            raise
        return reverse("customers:detail", args=[self.customer.pk])
