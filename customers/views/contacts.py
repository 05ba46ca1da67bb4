from collections.abc import Mapping
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
from core.tenancy.scope import current_tenant
from core.web.lists import ListView, Sort
from core.web.records import RecordFormView
from core.web.undoing import UndoableView
from core.web.views import StaffFormView, go_to
from customers.contact_points import home_country
from customers.forms.contacts import ContactForm, UpdateContactForm
from customers.models import Contact, Customer
from customers.permissions import EDIT, REVEAL, VIEW
from customers.querysets import current_texts, with_points
from customers.services import NewContactPoint, add_contact, remove_contact, update_contact
from customers.services.restoring import contact_before, restore_contact


class ContactListView(ListView):
    """All contacts of one customer; their names are encrypted, so they stand in the order they were added."""

    permission_required = VIEW
    template_name = "customers/contact_list.html"
    sorts = (Sort("created", gettext_lazy("Created"), column="created_at"),)
    default_sort = "created"

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[Contact]:
        return with_points(Contact.objects.filter(customer=self.customer))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            customer=self.customer,
            may_edit=may(self.request.user, EDIT),
            may_reveal=may(self.request.user, REVEAL),
            **context,
        )


class CreateContactView(StaffFormView):
    permission_required = EDIT
    template_name = "customers/contact_form.html"
    form_class = ContactForm
    success_message = gettext_lazy("The contact was added.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "country": home_country(current_tenant().time_zone)}

    def get_initial(self) -> dict[str, Any]:
        return {"is_primary": not Contact.objects.filter(customer=self.customer, is_primary=True).exists()}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, purposes=current_texts(), **context)

    def save(self, form: ContactForm) -> str:
        facts = form.facts
        points = [
            NewContactPoint(kind=point.kind, value=point.value, is_preferred=point.is_preferred)
            for point in facts.pop("points")
        ]
        add_contact(customer=self.customer, points=points, **facts, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])


class UpdateContactView(RecordFormView):
    permission_required = EDIT
    template_name = "customers/contact_form.html"
    form_class = UpdateContactForm
    success_message = gettext_lazy("Saved.")

    @cached_property
    def record(self) -> Contact:
        return _contact_of(self.kwargs)

    @property
    def draft_subject_id(self) -> UUID:
        return self.record.customer_id

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "country": home_country(current_tenant().time_zone)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        contact = self.record
        return super().get_context_data(
            customer=contact.customer, contact=contact, stored_point_count=len(contact.points.all()), **context
        )

    def save(self, form: UpdateContactForm) -> str:
        contact = self.record
        update_contact(contact=contact, version=contact.version, **form.facts, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[contact.customer_id])


class RemoveContactView(UndoableView):
    permission_required = EDIT
    http_method_names = ["post"]

    def act(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        contact = _contact_of(kwargs)
        before = contact_before(contact)
        try:
            remove_contact(contact=contact, version=contact.version, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            self.tell_undoable(_("The contact was removed."), subject_id=contact.customer_id, before=before)
        return go_to(request, reverse("customers:detail", args=[contact.customer_id]))

    def undo(self, before: Mapping[str, Any]) -> str:
        customer_id = self.kwargs["pk"]
        restore_contact(customer_id=customer_id, before=before, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[customer_id])


def _contact_of(kwargs: dict[str, Any]) -> Contact:
    contacts = with_points(Contact.objects.select_related("customer"))
    return get_object_or_404(contacts, pk=kwargs["contact"], customer_id=kwargs["pk"])
