"""What a customer agreed to: written down in its panel, with all that was ever said on a page of its own."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to
from customers.consents.panel import ConsentPanel, lines_of
from customers.forms.consents import ConsentForm
from customers.models import ConsentEntry, Contact, Customer, PreferenceLink, Purpose
from customers.permissions import CONSENTS_RECORD, CONSENTS_VIEW
from customers.querysets import SHOWN_ON_RECORD, contacts_in_order
from customers.services.consents import record_consents
from customers.services.preferences import make_preference_link, preference_token, revoke_preference_link

PANEL = "panel-consents"
NEWEST = 100
POINT_ACTIONS = (
    "contact_point.opted_out",
    "contact_point.allowed",
    "contact_point.verified",
    "contact_point.doubted",
    "contact_point.preferred",
    "contact_point.restored",
)


def _page_of(customer_id: UUID) -> str:
    return reverse("customers:consents", args=[customer_id])


class ConsentsView(StaffView, TemplateView):
    """Whether a customer may be contacted, all that was said, newest first, and the links to say it by oneself."""

    permission_required = CONSENTS_VIEW
    template_name = "customers/consent_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        customer = get_object_or_404(Customer.objects, pk=self.kwargs["pk"])
        contacts = list(contacts_in_order().filter(customer=customer)[:SHOWN_ON_RECORD])
        may_record = may(self.request.user, CONSENTS_RECORD) and customer.erased_at is None
        said = ConsentEntry.objects.filter(customer=customer).select_related("purpose", "recorded_by")
        names = {contact.pk: contact.masked_name for contact in contacts}
        at = timezone.now()
        return super().get_context_data(
            customer=customer,
            panel=ConsentPanel(lines_of(customer, contacts, may_record=may_record, at=at)),
            entries=[
                (entry, names.get(entry.contact_id, _("A contact")) if entry.contact_id else "")
                for entry in said.order_by("-decided_at", "-id")[:NEWEST]
            ],
            links=self._links(customer, at) if may_record else [],
            contacts=contacts,
            may_record=may_record,
            history=history_of(customer, user=self.request.user, only=POINT_ACTIONS),
            history_title=_("What was said of contact points"),
            **context,
        )

    def _links(self, customer: Customer, at: Any) -> list[tuple[PreferenceLink, str]]:
        links = PreferenceLink.objects.filter(customer=customer, expires_at__gt=at).select_related("contact", "made_by")
        slug = current_tenant().slug
        return [
            (
                link,
                self.request.build_absolute_uri(reverse("customers:preferences", args=[slug, preference_token(link)])),
            )
            for link in links.order_by("-made_at", "-id")
        ]


class RecordConsentView(StaffFormView):
    """Write down what somebody said to one purpose; the panel of the customer's page comes back in its place."""

    permission_required = CONSENTS_RECORD
    http_method_names = ["post"]
    template_name = "customers/consent_form.html"
    form_class = ConsentForm
    success_message = gettext_lazy("Written down. It holds from now on.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"], erased_at=None)

    @cached_property
    def contacts(self) -> list[Contact]:
        return list(contacts_in_order().filter(customer=self.customer)[:SHOWN_ON_RECORD])

    @property
    def is_in_panel(self) -> bool:
        return self.request.htmx.target == PANEL

    def get_form_kwargs(self) -> dict[str, Any]:
        purpose = get_object_or_404(Purpose.objects, pk=self.kwargs["purpose"])
        kwargs = super().get_form_kwargs()
        return {**kwargs, "purpose": purpose, "contacts": self.contacts}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: ConsentForm) -> str:
        record_consents(customer=self.customer, **form.facts, by=self.request.user, at=timezone.now())
        return _page_of(self.customer.pk)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        answer = super().form_valid(form)
        if not self.is_in_panel or form.errors:
            return answer
        # The panel itself says what holds.
        list(messages.get_messages(self.request))
        return self._panel()

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self._panel(form, status=422) if self.is_in_panel else super().form_invalid(form)

    def _panel(self, form: Any = None, status: int = 200) -> HttpResponse:
        lines = lines_of(self.customer, self.contacts, may_record=True, at=timezone.now(), refused=form)
        context = {"customer": self.customer, "panel": ConsentPanel(lines), "is_open": form is not None}
        return TemplateResponse(self.request, "customers/consent_panel.html", context, status=status)


class MakePreferenceLinkView(StaffView):
    permission_required = CONSENTS_RECORD
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        customer = get_object_or_404(Customer.objects, pk=pk, erased_at=None)
        contacts = {str(contact.pk): contact for contact in Contact.objects.filter(customer=customer)}
        contact = contacts.get(request.POST.get("contact", ""))
        try:
            make_preference_link(customer=customer, contact=contact, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The link is made. One that was there before no longer works."))
        return go_to(request, _page_of(pk))


class RevokePreferenceLinkView(StaffView):
    permission_required = CONSENTS_RECORD
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: UUID, link: UUID) -> HttpResponse:
        found = get_object_or_404(PreferenceLink.objects, pk=link, customer_id=pk)
        revoke_preference_link(link=found, by=request.user, at=timezone.now())
        messages.success(request, _("The link no longer works."))
        return go_to(request, _page_of(pk))
