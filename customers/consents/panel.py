"""What a customer and its contacts agreed to, as pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from core.accounts.permissions import may
from customers.consents.deciding import Decision, Standing
from customers.consents.preferring import ChannelChoice, choose_channel
from customers.enums import Channel
from customers.forms.consents import ConsentForm
from customers.models import Consent, Contact, Customer, Purpose
from customers.permissions import CONSENTS_RECORD
from customers.querysets import SHOWN_ON_RECORD, contacts_in_order


@dataclass(frozen=True)
class ChannelLine:
    """Whether the whole customer may be contacted by a channel for a purpose, and why."""

    label: str
    decision: Decision


@dataclass(frozen=True)
class PurposeLine:
    """One purpose, whether the customer may be contacted for it and how, what contacts said, and a form for more."""

    purpose: Purpose
    channels: list[ChannelLine]
    choice: ChannelChoice | None
    of_contacts: list[tuple[str, Consent]]
    form: ConsentForm | None


@dataclass(frozen=True)
class ConsentPanel:
    lines: list[PurposeLine]


def load_consent_panel(customer: Customer, user: Any) -> ConsentPanel:
    """Return whether a customer may be contacted, by purpose and channel; five queries."""
    contacts = list(contacts_in_order().filter(customer=customer)[:SHOWN_ON_RECORD])
    may_record = may(user, CONSENTS_RECORD) and customer.erased_at is None
    return ConsentPanel(lines_of(customer, contacts, may_record=may_record, at=timezone.now()))


def lines_of(
    customer: Customer,
    contacts: Sequence[Contact],
    *,
    may_record: bool,
    at: datetime,
    refused: ConsentForm | None = None,
) -> list[PurposeLine]:
    """Return a line for each purpose in use; `refused` stands for the form that was sent and not taken."""
    standing = Standing(customer)
    return [
        PurposeLine(
            purpose,
            [
                ChannelLine(str(Channel(channel).label), standing.decide(key, channel, at=at))
                for channel in purpose.channels
            ],
            _instead_of_preferred(standing, purpose, at=at),
            _said_by(contacts, purpose, standing),
            _form_of(purpose, contacts, refused) if may_record and purpose.may_be_decided else None,
        )
        for key, purpose in standing.purposes.items()
    ]


def _instead_of_preferred(standing: Standing, purpose: Purpose, *, at: datetime) -> ChannelChoice | None:
    """Return the channel to take for a purpose where the preferred one, which it covers, may not be used."""
    if standing.customer.preferred_channel not in purpose.channels:
        return None
    choice = choose_channel(standing, purpose.key, at=at)
    return choice if choice.channel and choice.against_preferred else None


def _said_by(contacts: Sequence[Contact], purpose: Purpose, standing: Standing) -> list[tuple[str, Consent]]:
    names = {contact.pk: contact.masked_name for contact in contacts}
    return [
        (names[consent.contact_id], consent)
        for consent in standing.consents.values()
        if consent.contact_id in names and consent.purpose_id == purpose.pk
    ]


def _form_of(purpose: Purpose, contacts: Sequence[Contact], refused: ConsentForm | None) -> ConsentForm:
    if refused is not None and refused.purpose.pk == purpose.pk:
        return refused
    return ConsentForm(purpose=purpose, contacts=contacts)
