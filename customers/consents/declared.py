"""What purposes and consents declare: actions in the trail, what their fields hold of a person, events, relations."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.consents.folding import refresh_consents
from customers.enums import Channel, ConsentSource
from customers.models import Consent, ConsentEntry, Customer, PreferenceLink
from customers.querysets import selves
from customers.relations import Relation

actions.declare("purpose.added", _("Purpose added"))
actions.declare("purpose.updated", _("Purpose changed"))
actions.declare("purpose.retired", _("Purpose retired"))
actions.declare("purpose.revived", _("Purpose taken up again"))
actions.declare("consent.given", _("Consent given"))
actions.declare("consent.withdrawn", _("Consent withdrawn"))
actions.declare("contact_point.preferred", _("Contact point preferred"))
actions.declare("preference_link.made", _("Link to the preference centre made"))
actions.declare("preference_link.revoked", _("Link to the preference centre revoked"))
actions.declare_fields(
    purpose=_("Purpose"),
    contact_point=_("Contact point"),
    channels=_("Channels"),
    said_how=_("How they said it"),
    name_zh=_("Name in Chinese"),
    name_en=_("Name in English"),
    basis=_("What it rests on"),
    lapses_after_months=_("Months until a consent lapses"),
    text_version=_("Version of the text"),
    valid_from=_("Consents hold from version"),
    consents=_("Consents"),
)
actions.declare_values("channels", lambda: dict(Channel.choices))
actions.declare_values("said_how", lambda: dict(ConsentSource.choices))

classify(
    "customers.Purpose",
    business="""key name_zh name_en basis channels lapses_after_months order is_active text_version valid_from
        version""",
)
classify("customers.PurposeText", business="purpose version text_zh text_en written_at written_by")
classify(
    "customers.ConsentEntry",
    business="""customer said_of contact_id purpose channel state source text_version decided_at recorded_at recorded_by
        recorded_by_key""",
)
classify("customers.Consent", business="customer contact purpose channel state source text_version decided_at")
classify("customers.PreferenceLink", business="customer contact made_at made_by expires_at", sensitive="word")

relations.register(
    "consent_entries",
    Relation(
        label=_("What was said about being contacted"),
        model=ConsentEntry,
        rows=lambda customer: customer.consent_entries.all(),
        moves="customer",
        recount=refresh_consents,
    ),
)
relations.register(
    "consents",
    Relation(
        label=_("Consents"),
        model=Consent,
        rows=lambda customer: Consent.objects.filter(customer__in=selves(customer)),
        stays=_("They are made anew from what both said; where one of them said no, it is no."),
    ),
)


def _links(customer: Customer) -> object:
    return PreferenceLink.objects.filter(customer=customer)


relations.register(
    "preference_links",
    Relation(
        label=_("Links to the preference centre"),
        model=PreferenceLink,
        personal=lambda customer: _links(customer).count(),
        erase=lambda customer: _links(customer).delete(),
        moves="customer",
    ),
)

PAYLOAD = {
    "number": registry.text("the customer's number"),
    "contact_id": registry.record_id("the contact who said it; null for the whole customer", is_nullable=True),
    "purpose": registry.text("the key of the purpose"),
    "channels": registry.texts("the channels that it was said of", values=Channel.values),
    "source": registry.text("how it was said", values=ConsentSource.values),
    "text_version": registry.whole_number("the version of the text that they saw"),
    "decided_at": registry.moment("when they said it"),
}
registry.declare(
    "consent.given",
    version=1,
    subject="the customer",
    payload=PAYLOAD,
    doc="A customer, or one of its contacts, agreed to be contacted for a purpose, or took an objection back.",
)
registry.declare(
    "consent.withdrawn",
    version=1,
    subject="the customer",
    payload=PAYLOAD,
    doc="A customer, or one of its contacts, withdrew a consent or objected to a purpose: nobody is contacted for it.",
)
