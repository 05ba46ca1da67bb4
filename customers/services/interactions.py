from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
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


class InteractionChanged(DomainError):
    code = "interaction_changed"
    message = _("Somebody else changed this entry in the meantime.")


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
    by: User | ApiKey | None = None,
    at: datetime,
) -> Interaction:
    """Add to a customer's timeline what was said, or a note.

    With a `source` the same is kept once: what was kept first is returned. Raises NothingSaid, TextTooLong,
    NotYetHappened or ContactOfAnother.
    """
    _hold(customer.pk)
    interaction = Interaction(
        customer=customer,
        contact=contact,
        kind=kind,
        direction=direction,
        text=text,
        source=source,
        happened_at=happened_at or at,
        recorded_at=at,
        recorded_by=by if isinstance(by, User) else None,
        recorded_by_key=by.pk if isinstance(by, ApiKey) else None,
    )
    _check(interaction, at)
    kept = _keep_once(interaction)
    if kept is not interaction:
        return kept
    record("interaction.recorded", subject=interaction, by=by, at=at, details=_details(interaction))
    publish(
        "interaction.created",
        subject_id=interaction.pk,
        payload={"customer_id": str(customer.pk), "kind": kind, "direction": interaction.direction},
        at=at,
    )
    return interaction


@transaction.atomic
def correct_interaction(
    *, interaction: Interaction, changes: Mapping[str, Any], version: int, by: User | ApiKey, at: datetime
) -> Interaction:
    """Change what `changes` names of an entry that people or partners wrote: text, kind, direction, contact, time.

    Raises InteractionGone, InteractionChanged if there is a newer version, and what record_interaction does.
    """
    _hold(interaction.customer_id)
    interaction = _written(interaction)
    if interaction.version != version:
        raise InteractionChanged
    for name, value in changes.items():
        setattr(interaction, name, value)
    _check(interaction, at)
    interaction.version += 1
    interaction.save(update_fields=["text", "kind", "direction", "contact", "happened_at", "version"])
    record("interaction.corrected", subject=interaction, by=by, at=at, details=_details(interaction))
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
def remove_interaction(
    *, interaction: Interaction, version: int | None = None, by: User | ApiKey, at: datetime
) -> None:
    """Take an entry that people wrote out of the timeline for good.

    Raises InteractionGone, or InteractionChanged if `version` is given and there is a newer one.
    """
    interaction = _written(interaction)
    if version is not None and interaction.version != version:
        raise InteractionChanged
    kind, customer = interaction.kind, interaction.customer
    interaction.delete()
    record("interaction.removed", subject=customer, by=by, at=at, details={"how": kind})


def _hold(customer_id: UUID) -> None:
    # An erasure that is under way deletes what it sees: what is written beside it waits, and is written after it.
    lock_customer(customer_id, lets_others_point_here=True)


def _written(interaction: Interaction) -> Interaction:
    """Return the entry as it is stored, locked. Raises InteractionGone."""
    found = Interaction.objects.select_for_update(of=("self",)).exclude(kind=InteractionKind.SYSTEM)
    stored = found.filter(pk=interaction.pk).first()
    if stored is None:
        raise InteractionGone
    return stored


def _check(interaction: Interaction, at: datetime) -> None:
    interaction.text = interaction.text.strip()
    if not interaction.text:
        raise NothingSaid
    if len(interaction.text) > LONGEST_TEXT:
        raise TextTooLong
    if interaction.happened_at > at + AHEAD:
        raise NotYetHappened
    if interaction.contact is not None and interaction.contact.customer_id != interaction.customer_id:
        raise ContactOfAnother
    # A note is said to nobody.
    if interaction.kind == InteractionKind.NOTE:
        interaction.direction = ""


def _details(interaction: Interaction) -> dict[str, str]:
    how = {"how": interaction.kind}
    return {**how, "direction": interaction.direction} if interaction.direction else how


def _keep_once(interaction: Interaction) -> Interaction:
    """Insert it, or return what was kept from its source before, be it by somebody at the same moment.

    Locks no customer: many are told of in one transaction, beside statements that write many customers.
    """
    Interaction.objects.bulk_create([interaction], ignore_conflicts=bool(interaction.source))
    if not interaction.source:
        return interaction
    kept = Interaction.objects.get(customer=interaction.customer, source=interaction.source)
    return interaction if kept.pk == interaction.pk else kept
