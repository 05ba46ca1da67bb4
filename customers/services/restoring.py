"""What was removed from a customer a moment ago, put back as it was; and a step with a follow-up taken back."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.crypto.fields import BlindIndexField, EncryptedTextField, readable
from core.tenancy.errors import DomainError
from core.tenancy.models import TenantModel
from customers.enums import FollowUpState
from customers.happenings import publish_update
from customers.models import Address, Consent, Contact, ContactPoint, FollowUp, Interaction
from customers.search_index import index_customers
from customers.services.follow_up_steps import CLOSED
from customers.services.follow_ups import MOVED, SERIES, FollowUpChanged, hold_follow_up, keep
from customers.services.interactions import remove_interaction
from customers.services.locking import lock_customer

# The customer is the one that the row is put back to.
LEFT_OUT = ("tenant", "customer")
STEPPED = tuple(dict.fromkeys((*CLOSED, *MOVED, *SERIES, "assignee")))
# Of so many entries of the timeline it is kept that they were with a contact.
MOST_ENTRIES = 1000


class ContactOfEntryGone(DomainError):
    code = "contact_of_entry_gone"
    message = _("The contact of this entry was removed in the meantime, so it was not put back.")


Before = Mapping[str, Any]


def contact_before(contact: Contact) -> Before | None:
    """Return what puts a contact back, with ways to be reached and entries of the timeline; None where something of
    it cannot be read, or where it said yes or no to something, which goes with it for good. Three queries, two where
    the points are there already.
    """
    if Consent.objects.filter(contact=contact).exists():
        return None
    rows = [_plain_row(contact), *(_plain_row(point) for point in contact.points.all())]
    entries = Interaction.objects.filter(contact=contact).values_list("pk", flat=True)[: MOST_ENTRIES + 1]
    entries = [str(pk) for pk in entries]
    if None in rows or len(entries) > MOST_ENTRIES:
        return None
    return {"contact": rows[0], "points": rows[1:], "entries": entries}


def address_before(address: Address) -> Before | None:
    """Return what puts an address back; None where something of it cannot be read."""
    return _plain_row(address)


def interaction_before(interaction: Interaction) -> Before | None:
    """Return what puts an entry of the timeline back; None where something of it cannot be read."""
    return _plain_row(interaction)


@transaction.atomic
def restore_contact(*, customer_id: UUID, before: Before, by: User, at: datetime) -> Contact:
    """Put a removed contact back; where another is the primary one by now, that one stays it. Raises CustomerMerged."""
    customer = lock_customer(customer_id)
    contact = Contact(customer=customer, **_values(Contact, before["contact"]))
    contact.is_primary = contact.is_primary and not customer.contacts.filter(is_primary=True).exists()
    contact.save(force_insert=True)
    ContactPoint.objects.bulk_create([ContactPoint(**_values(ContactPoint, point)) for point in before["points"]])
    alone = Interaction.objects.filter(pk__in=before["entries"], customer=customer, contact=None)
    alone.update(contact=contact)
    index_customers([customer.pk])
    record("contact.restored", subject=customer, by=by, at=at, details={"contact_points": len(before["points"])})
    publish_update(customer, changed=["contacts"], at=at)
    return contact


@transaction.atomic
def restore_address(*, customer_id: UUID, before: Before, by: User, at: datetime) -> Address:
    """Put a removed address back; where another is the primary one by now, that one stays it. Raises CustomerMerged."""
    customer = lock_customer(customer_id)
    address = Address(customer=customer, **_values(Address, before))
    address.is_primary = address.is_primary and not customer.addresses.filter(is_primary=True).exists()
    address.save(force_insert=True)
    record("address.restored", subject=customer, by=by, at=at)
    publish_update(customer, changed=["addresses"], at=at)
    return address


@transaction.atomic
def restore_interaction(*, customer_id: UUID, before: Before, by: User, at: datetime) -> Interaction:
    """Put a removed entry of the timeline back. Raises CustomerMerged or ContactOfEntryGone."""
    customer = lock_customer(customer_id, lets_others_point_here=True)
    interaction = Interaction(customer=customer, **_values(Interaction, before))
    if interaction.contact_id and not customer.contacts.filter(pk=interaction.contact_id).exists():
        raise ContactOfEntryGone
    interaction.save(force_insert=True)
    record("interaction.restored", subject=customer, by=by, at=at, details={"how": interaction.kind})
    return interaction


def step_before(follow_up: FollowUp) -> Before | None:
    """Return what takes a step with an open follow-up back; None where its outcome cannot be read."""
    return _plain_row(follow_up, STEPPED)


@transaction.atomic
def take_back_step(*, follow_up: FollowUp, version: int, before: Before, by: User, at: datetime) -> FollowUp:
    """Make a follow-up what it was before a step; what doing it told the timeline goes, unless somebody corrected it.

    `version` is the one that the step wrote. Raises FollowUpChanged if there is a newer one, or FollowUpOpen where
    another is open for the same cause by now.
    """
    stored = hold_follow_up(follow_up, state=follow_up.state)
    if stored.version != version:
        raise FollowUpChanged
    was_done = stored.state == FollowUpState.DONE
    for name, value in _values(FollowUp, before).items():
        setattr(stored, name, value)
    keep(stored, *STEPPED)
    if was_done and stored.customer_id is not None:
        told = Interaction.objects.filter(customer=stored.customer_id, source=f"follow_up:{stored.pk}:{version}")
        for interaction in told.filter(version=1):
            remove_interaction(interaction=interaction, by=by, at=at)
    record("follow_up.step_undone", subject=stored, by=by, at=at)
    return stored


def _plain_row(row: TenantModel, names: Collection[str] = ()) -> Before | None:
    """Return fields of a row in clear, as JSON holds them; all but those that are worked out, if none is named."""
    plain: dict[str, Any] = {}
    for field in row._meta.local_concrete_fields:
        if field.name in LEFT_OUT or isinstance(field, BlindIndexField) or (names and field.name not in names):
            continue
        value = row.__dict__[field.attname]
        if isinstance(field, EncryptedTextField) and value is not None:
            value = readable(row, field.attname)
            if value is None:
                return None
        plain[field.attname] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _values(model: type[TenantModel], plain: Before) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    return {
        name: value if isinstance(fields[name], EncryptedTextField) else fields[name].to_python(value)
        for name, value in plain.items()
    }
