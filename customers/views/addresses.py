from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.web.lists import ListView, Sort
from core.web.records import RecordFormView
from core.web.undoing import UndoableView
from core.web.views import StaffFormView, go_to
from customers.forms.addresses import PARTS, AddressForm, UpdateAddressForm
from customers.models import Address, Customer
from customers.permissions import EDIT, VIEW
from customers.places import Place, read
from customers.services import add_address, remove_address, update_address
from customers.services.restoring import address_before, restore_address

# The buttons that ask for it, and that save an address of which nothing but the street is known.
READ, AS_IT_IS = "read", "as_it_is"


class AddressListView(ListView):
    """All addresses of one customer, in the order they were added, which their ids keep."""

    permission_required = VIEW
    template_name = "customers/address_list.html"
    sorts = (Sort("created", gettext_lazy("Created"), column="id"),)
    default_sort = "created"

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[Address]:
        return Address.objects.filter(customer=self.customer)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, may_edit=may(self.request.user, EDIT), **context)


class ReadsAddress(StaffFormView):
    """A form of an address that can be asked for what a line, or the parts so far, say, before anything is saved.

    Where nothing but the street is known of one in China, it is saved only by the button that says so.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if READ not in request.POST:
            return super().post(request, *args, **kwargs)
        kwargs = self.get_form_kwargs()
        typed = kwargs.pop("data").dict()
        place = asdict(read(Place(**{name: typed.get(name, "") for name in PARTS})))
        kwargs["initial"] = {**kwargs["initial"], **typed, **{name: place[name] for name in PARTS}}
        form = self.form_class(**{**kwargs, "files": None})
        is_unread = bool(place["street"]) and not (place["region"] or place["city"])
        return self.render_to_response(self.get_context_data(form=form, is_unread=is_unread))

    def form_valid(self, form: AddressForm) -> HttpResponse:
        if AS_IT_IS in self.request.POST or not form.lacks_place():
            return super().form_valid(form)
        form.fields["region"].widget.attrs["autofocus"] = True
        return self.render_to_response(self.get_context_data(form=form, lacks_place=True), status=422)


class CreateAddressView(ReadsAddress):
    permission_required = EDIT
    template_name = "customers/address_form.html"
    form_class = AddressForm
    success_message = gettext_lazy("The address was added.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"is_primary": not Address.objects.filter(customer=self.customer, is_primary=True).exists()}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: AddressForm) -> str:
        add_address(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])


class UpdateAddressView(ReadsAddress, RecordFormView):
    permission_required = EDIT
    template_name = "customers/address_form.html"
    form_class = UpdateAddressForm
    success_message = gettext_lazy("Saved.")

    @cached_property
    def record(self) -> Address:
        return _address_of(self.kwargs)

    @property
    def draft_subject_id(self) -> UUID:
        return self.record.customer_id

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.record.customer, address=self.record, **context)

    def save(self, form: UpdateAddressForm) -> str:
        address = self.record
        update_address(
            address=address, version=address.version, **form.cleaned_data, by=self.request.user, at=timezone.now()
        )
        return reverse("customers:detail", args=[address.customer_id])


class RemoveAddressView(UndoableView):
    permission_required = EDIT
    http_method_names = ["post"]

    def act(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        address = _address_of(kwargs)
        before = address_before(address)
        try:
            remove_address(address=address, version=address.version, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            self.tell_undoable(_("The address was removed."), subject_id=address.customer_id, before=before)
        return go_to(request, reverse("customers:detail", args=[address.customer_id]))

    def undo(self, before: Mapping[str, Any]) -> str:
        customer_id = self.kwargs["pk"]
        restore_address(customer_id=customer_id, before=before, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[customer_id])


def _address_of(kwargs: dict[str, Any]) -> Address:
    addresses = Address.objects.select_related("customer")
    return get_object_or_404(addresses, pk=kwargs["address"], customer_id=kwargs["pk"])
