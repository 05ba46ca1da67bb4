"""What customers say to the purposes that they may be contacted for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.consents.folding import refresh_consents
from customers.consents.withdrawals import stop_all
from customers.enums import ConsentState
from customers.models import ConsentEntry, Contact, Customer, Purpose
from customers.services.interactions import AHEAD, ContactOfAnother, NotYetHappened, tell_in_timeline
from customers.services.locking import lock_customer


class NothingChosen(DomainError):
    code = "nothing_chosen"
    message = _("Choose at least one channel.")


class PurposeNotInUse(DomainError):
    code = "purpose_not_in_use"
    message = _("This purpose is no longer in use.")


class ConsentNotAsked(DomainError):
    code = "consent_not_asked"
    message = _("This purpose rests on the contract: nobody is asked for consent to it.")


class ChannelNotCovered(DomainError):
    code = "channel_not_covered"
    message = _("This purpose does not cover this channel.")


class UnknownText(DomainError):
    code = "unknown_text"
    message = _("The purpose has no text of this version.")


@dataclass(frozen=True)
class Choice:
    """What somebody says to one purpose and one channel: a ConsentState."""

    purpose: Purpose
    channel: str
    state: str


@transaction.atomic
def record_consents(
    *,
    customer: Customer,
    choices: Collection[Choice],
    contact: Contact | None = None,
    source: str,
    text_version: int | None = None,
    decided_at: datetime | None = None,
    by: User | ApiKey | None = None,
    at: datetime,
) -> list[ConsentEntry]:
    """Keep what a customer, or one of its contacts, said, and let it hold from now on; `by` is None for themselves.

    They saw the text of `text_version`, or the newest, and said it now unless told. An older decision than the one
    that holds is kept and changes nothing. Raises NothingChosen, PurposeNotInUse, ConsentNotAsked, ChannelNotCovered,
    UnknownText, ContactOfAnother, NotYetHappened or CustomerMerged.
    """
    # Two at once would each make what holds without the other's entry.
    customer = lock_customer(customer.pk, lets_others_point_here=True)
    if contact is not None and not Contact.objects.filter(pk=contact.pk, customer=customer).exists():
        raise ContactOfAnother
    decided_at = decided_at or at
    if decided_at > at + AHEAD:
        raise NotYetHappened
    _check(choices, text_version)
    entries = ConsentEntry.objects.bulk_create(
        ConsentEntry(
            customer=customer,
            said_of=customer.pk,
            contact_id=contact and contact.pk,
            purpose=choice.purpose,
            channel=choice.channel,
            state=choice.state,
            source=source,
            text_version=text_version or choice.purpose.text_version,
            decided_at=decided_at,
            recorded_at=at,
            recorded_by=by if isinstance(by, User) else None,
            recorded_by_key=by.pk if isinstance(by, ApiKey) else None,
        )
        for choice in choices
    )
    refresh_consents([customer.pk])
    withdrawn = [choice.purpose.key for choice in choices if choice.state == ConsentState.WITHDRAWN]
    stop_all(withdrawn, customer=customer, at=at)
    _tell(customer, entries, by=by, at=at)
    return entries


def _check(choices: Collection[Choice], text_version: int | None) -> None:
    if not choices:
        raise NothingChosen
    for choice in choices:
        purpose = choice.purpose
        if not purpose.is_active:
            raise PurposeNotInUse
        if not purpose.may_be_decided:
            raise ConsentNotAsked
        if choice.channel not in purpose.channels:
            raise ChannelNotCovered
        if text_version is not None and not 1 <= text_version <= purpose.text_version:
            raise UnknownText


def _tell(customer: Customer, entries: Collection[ConsentEntry], *, by: User | ApiKey | None, at: datetime) -> None:
    """Tell the trail, the timeline and other rooms, once for each purpose and decision."""
    together: dict[tuple, list[ConsentEntry]] = defaultdict(list)
    for entry in entries:
        together[entry.purpose_id, entry.state].append(entry)
    for (_purpose, state), said in together.items():
        first, channels = said[0], [entry.channel for entry in said]
        name = "consent.given" if state == ConsentState.GIVEN else "consent.withdrawn"
        contact_id = first.contact_id and str(first.contact_id)
        record(
            name,
            of=customer,
            by=by,
            at=at,
            details={"purpose": str(first.purpose.pk), "channels": channels, "said_how": first.source},
        )
        tell_in_timeline(
            customer=customer,
            code=name,
            parameters={
                "name_zh": first.purpose.name_zh,
                "name_en": first.purpose.name_en,
                "channels": channels,
                "source": first.source,
                "is_of_contact": contact_id is not None,
            },
            source=f"consent:{first.pk}",
            happened_at=first.decided_at,
            at=at,
        )
        happening = {
            "subject_id": customer.pk,
            "payload": {
                "number": customer.number,
                "contact_id": contact_id,
                "purpose": first.purpose.key,
                "channels": channels,
                "source": first.source,
                "text_version": first.text_version,
                "decided_at": first.decided_at.isoformat(),
            },
            "at": at,
        }
        if state == ConsentState.GIVEN:
            publish("consent.given", **happening)
        else:
            publish("consent.withdrawn", **happening)
