from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.tenancy.errors import DomainError
from customers import timeline
from customers.enums import InteractionKind
from customers.models import Contact, Customer, Interaction
from customers.services.locking import lock_customer

LONGEST_TEXT = 5000
# The clocks of two machines may differ a little.
AHEAD = timedelta(minutes=5)


class NothingSaid(DomainError):
    code = "nothing_said"
    message = _("Write down what it was about.")


class TextTooLong(DomainError):
    code = "text_too_long"
    message = _("An entry holds 5,000 characters at most.")


class NotYetHappened(DomainError):
    code = "not_yet_happened"
    message = _("This time lies in the future. The timeline keeps what has happened.")


class ContactOfAnother(DomainError):
    code = "contact_of_another"
    message = _("This contact does not belong to the customer.")


class InteractionGone(DomainError):
    code = "interaction_gone"
    message = _("Somebody else removed this entry in the meantime.")


@transaction.atomic
def record_interaction(
    *,
    customer: Customer,
    kind: str,
    text: str,
    direction: str = "",
    contact: Contact | None = None,
    happened_at: datetime | None = None,
    source: str = "",
    by: User | None = None,
    at: datetime,
) -> Interaction:
    """Add to a customer's timeline what was said, or a note.

    With a `source` the same is kept once: what was kept first is returned. Raises NothingSaid, TextTooLong,
    NotYetHappened or ContactOfAnother.
    """
    text = text.strip()
    happened_at = happened_at or at
    if not text:
        raise NothingSaid
    if len(text) > LONGEST_TEXT:
        raise TextTooLong
    if happened_at > at + AHEAD:
        raise NotYetHappened
    if contact is not None and contact.customer_id != customer.pk:
        raise ContactOfAnother
    # An erasure that is under way deletes what it sees: what is written beside it waits, and is written after it.
    lock_customer(customer.pk, lets_others_point_here=True)
    # A note is said to nobody.
    direction = "" if kind == InteractionKind.NOTE else direction
    interaction = Interaction(
        customer=customer,
        contact=contact,
        kind=kind,
        direction=direction,
        text=text,
        source=source,
        happened_at=happened_at,
        recorded_at=at,
        recorded_by=by if isinstance(by, User) else None,
    )
    kept = _keep_once(interaction)
    if kept is not interaction:
        return kept
    details = {"how": kind, "direction": direction} if direction else {"how": kind}
    record("interaction.recorded", subject=interaction, by=by, at=at, details=details)
    publish(
        "interaction.created",
        subject_id=interaction.pk,
        payload={"customer_id": str(customer.pk), "kind": kind, "direction": direction},
        at=at,
    )
    return interaction


@transaction.atomic
def tell_in_timeline(
    *, customer: Customer, code: str, parameters: Mapping[str, Any], source: str, happened_at: datetime, at: datetime
) -> Interaction:
    """Add what the system has to tell of a customer, once for a `source`; `parameters` are never personal.

    Raises KeyError for a code that nobody registered in `customers.timeline`.
    """
    if not timeline.is_registered(code):
        raise KeyError(f"The timeline has no words for {code}.")
    return _keep_once(
        Interaction(
            customer=customer,
            kind=InteractionKind.SYSTEM,
            code=code,
            parameters=dict(parameters),
            source=source,
            happened_at=happened_at,
            recorded_at=at,
        )
    )


@transaction.atomic
def remove_interaction(*, interaction: Interaction, by: User, at: datetime) -> None:
    """Take an entry that people wrote out of the timeline for good. Raises InteractionGone."""
    found = Interaction.objects.select_for_update().exclude(kind=InteractionKind.SYSTEM)
    interaction = found.filter(pk=interaction.pk).first()
    if interaction is None:
        raise InteractionGone
    kind, customer = interaction.kind, interaction.customer
    interaction.delete()
    record("interaction.removed", subject=customer, by=by, at=at, details={"how": kind})


def _keep_once(interaction: Interaction) -> Interaction:
    """Insert it, or return what was kept from its source before, be it by somebody at the same moment.

    Locks no customer: many are told of in one transaction, beside statements that write many customers.
    """
    Interaction.objects.bulk_create([interaction], ignore_conflicts=bool(interaction.source))
    if not interaction.source:
        return interaction
    kept = Interaction.objects.get(customer=interaction.customer, source=interaction.source)
    return interaction if kept.pk == interaction.pk else kept
