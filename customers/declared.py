"""What customers declare: actions in the audit trail, what their fields hold of a person, and what is revealed."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import actions, erasures
from core.crypto import revealable
from core.crypto.register import classify
from core.events import registry
from core.partners.models import KeptAnswer
from core.partners.querysets import answers_naming
from customers.erasures import register as register_erasable
from customers.models import Address, Contact, ContactPoint, Customer
from customers.permissions import REVEAL
from customers.services.erasure import KIND, ErasureReason, erase_again, forget_kept_answers, personal_fields

actions.declare("customer.created", _("Customer created"))
actions.declare("customer.updated", _("Customer changed"))
actions.declare("customer.erased", _("Personal data erased"))
actions.declare("contact.added", _("Contact added"))
actions.declare("contact.updated", _("Contact changed"))
actions.declare("contact.removed", _("Contact removed"))
actions.declare("address.added", _("Address added"))
actions.declare("address.updated", _("Address changed"))
actions.declare("address.removed", _("Address removed"))
actions.declare("custom_field.added", _("Customer field added"))
actions.declare("custom_field.updated", _("Customer field changed"))
actions.declare("custom_field.retired", _("Customer field retired"))
actions.declare("custom_field.revived", _("Customer field taken up again"))
actions.declare_fields(
    number=_("Customer number"),
    erased_at=_("Erased"),
    why_erased=_("Why it was erased"),
    facts=_("Personal facts"),
    contacts=_("Contacts"),
    addresses=_("Addresses"),
    kept_answers=_("Answers to partners, kept for a day"),
    kind=_("Kind"),
    company_name=_("Company name"),
    person_name=_("Name of the person"),
    industry=_("Industry"),
    region=_("Region"),
    source=_("Source"),
    tags=_("Tags"),
    special_needs=_("Special needs"),
    birthday=_("Birthday"),
    preferred_channel=_("Preferred channel"),
    preferred_language=_("Preferred language"),
    account_manager=_("Account manager"),
    tier_since=_("Tier since"),
    custom_values=_("Customer fields"),
    position=_("Position"),
    is_primary=_("Primary"),
    points=_("Ways to be reached"),
    label=_("Label"),
    choices=_("Options"),
    order=_("Order on the page"),
    city=_("City"),
    postal_code=_("Postal code"),
    street=_("Street, house and unit"),
)

actions.declare_values("why_erased", lambda: dict(ErasureReason.choices))
erasures.register(KIND, erase_again)
register_erasable(
    "facts",
    label=_("Personal facts"),
    count=lambda customer: sum(getattr(customer, name) is not None for name in personal_fields()),
)
register_erasable(
    "contacts",
    label=_("Contacts"),
    count=lambda customer: customer.contacts.count(),
    erase=lambda customer: customer.contacts.all().delete(),
)
register_erasable(
    "points",
    label=_("Ways to be reached"),
    count=lambda customer: ContactPoint.objects.filter(contact__customer=customer).count(),
)
register_erasable(
    "addresses",
    label=_("Addresses"),
    count=lambda customer: customer.addresses.count(),
    erase=lambda customer: customer.addresses.all().delete(),
)
register_erasable(
    "kept_answers",
    label=_("Answers to partners, kept for a day"),
    count=lambda customer: answers_naming(KeptAnswer.objects.all(), customer.pk).count(),
    erase=forget_kept_answers,
)

classify("customers.CustomField", business="key label kind choices order is_active")
classify(
    "customers.Customer",
    business="""number kind company_name industry region source tags preferred_channel preferred_language
        account_manager custom_values created_at erased_at version tier tier_since contribution window_shipment_count
        lower_tier lower_runs lower_as_of shipment_count first_shipment_at last_shipment_at""",
    personal="person_name birthday special_needs",
)
classify("customers.Contact", business="customer position is_primary created_at version", personal="name")
classify("customers.ContactPoint", business="contact kind is_preferred", personal="value")
classify(
    "customers.Address",
    business="customer label region city postal_code is_primary version",
    personal="street",
)
classify("customers.CustomerToken", business="customer key_version pk", personal="token")

registry.declare(
    "customer.created",
    version=1,
    payload={"number": "the customer's number"},
    doc="A customer's archive was opened.",
)
registry.declare(
    "customer.updated",
    version=1,
    payload={"number": "the customer's number", "version": "the version of the record from now on"},
    doc="Facts of a customer were changed.",
)


def _page_of(customer: Customer) -> str:
    return reverse("customers:detail", args=[customer.pk])


for kind, label, field in (
    ("customer-name", _("Name of the person"), "person_name"),
    ("birthday", _("Birthday"), "birthday"),
    ("special-needs", _("Special needs"), "special_needs"),
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
