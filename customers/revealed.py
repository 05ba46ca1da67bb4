"""Which personal fields of customers are revealed one by one, of whom, and on which page."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.crypto import revealable
from customers.models import Address, Contact, ContactPoint, Customer, CustomerNeed, Interaction
from customers.permissions import REVEAL


def _page_of(customer: Customer) -> str:
    return reverse("customers:detail", args=[customer.pk])


for kind, label, field in (
    ("customer-name", _("Name of the person"), "person_name"),
    ("birthday", _("Birthday"), "birthday"),
    ("special-needs", _("Notes on needs"), "special_needs"),
):
    revealable.register(
        kind=kind,
        label=label,
        model=Customer,
        field=field,
        permission=REVEAL,
        owner=lambda customer: customer,
        url=_page_of,
    )
revealable.register(
    kind="contact-name",
    label=_("Name of the contact"),
    model=Contact,
    field="name",
    permission=REVEAL,
    owner=lambda contact: contact.customer,
    url=lambda contact: _page_of(contact.customer),
)
revealable.register(
    kind="contact-point",
    label=_("Phone, e-mail or account"),
    model=ContactPoint,
    field="value",
    permission=REVEAL,
    owner=lambda point: point.contact.customer,
    url=lambda point: _page_of(point.contact.customer),
)
revealable.register(
    kind="address",
    label=_("Street, house and unit"),
    model=Address,
    field="street",
    permission=REVEAL,
    owner=lambda address: address.customer,
    url=lambda address: _page_of(address.customer),
)
revealable.register(
    kind="need",
    label=_("Invoice rules, in words"),
    model=CustomerNeed,
    field="text",
    permission=REVEAL,
    owner=lambda need: need.customer,
    url=lambda need: _page_of(need.customer),
)
revealable.register(
    kind="interaction",
    label=_("Entry of the timeline"),
    model=Interaction,
    field="text",
    permission=REVEAL,
    owner=lambda interaction: interaction.customer,
    url=lambda interaction: _page_of(interaction.customer),
)
