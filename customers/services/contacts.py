from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.crypto.tokens import unique_gram
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.contact_points import BadContactPoint, home_country, normalised
from customers.happenings import publish_update
from customers.models import Contact, ContactPoint, Customer
from customers.search_index import index_customers
from customers.services.locking import lock_customer

MAX_POINTS = 10


class ContactChanged(DomainError):
    code = "contact_changed"
    message = _(
        "Somebody else changed this contact in the meantime. What is stored now stands below; save again to put"
        " your version in its place."
    )


class ContactGone(DomainError):
    code = "contact_gone"
    message = _("Somebody else removed this contact in the meantime.")


class TooManyContactPoints(DomainError):
    code = "too_many_contact_points"
    message = format_lazy(_("A contact has at most {most} ways to be reached."), most=MAX_POINTS)


class SameContactPoint(BadContactPoint):
    code = "contact_point_twice"
    message = _("A contact has each number, address or account once.")


@dataclass(frozen=True, kw_only=True)
class NewContactPoint:
    """A way to reach somebody, before it is stored."""

    kind: str
    value: str
    is_preferred: bool = False


@dataclass(frozen=True, kw_only=True)
class ContactPointChange:
    """What becomes of one way to reach somebody.

    Without the `point_id` of a stored one it is added; an empty value keeps what is stored.
    """

    point_id: UUID | None = None
    kind: str
    value: str = ""
    is_preferred: bool = False
    is_removed: bool = False


@transaction.atomic
def add_contact(
    *,
    customer: Customer,
    name: str,
    position: str = "",
    is_primary: bool = False,
    points: Sequence[NewContactPoint] = (),
    by: User | None = None,
    at: datetime,
) -> Contact:
    """Add somebody who speaks for the customer; a primary contact takes the place of the one before.

    Raises BadContactPoint or TooManyContactPoints.
    """
    customer = lock_customer(customer.pk)
    if is_primary:
        _free_primary(customer.pk)
    contact = Contact.objects.create(
        customer=customer, name=name, position=position, is_primary=is_primary, created_at=at
    )
    written = [
        ContactPoint(
            contact=contact,
            kind=point.kind,
            value=_written(point.kind, point.value),
            is_preferred=point.is_preferred,
        )
        for point in points
    ]
    _check_points(written)
    ContactPoint.objects.bulk_create(written)
    index_customers([customer.pk])
    record("contact.added", subject=customer, by=by, at=at, details={"points": len(points)})
    publish_update(customer, changed=["contacts"], at=at)
    return contact


@transaction.atomic
def update_contact(
    *,
    contact: Contact,
    version: int,
    name: str = "",
    position: str,
    is_primary: bool,
    points: Sequence[ContactPointChange],
    by: User,
    at: datetime,
) -> Contact:
    """Change a contact; an empty name keeps what is stored, and so does a point that is not named.

    `version` is the one that the caller read. Raises ContactChanged if there is a newer one, ContactGone if there is
    none, BadContactPoint or TooManyContactPoints.
    """
    customer = lock_customer(contact.customer_id)
    contact = _locked(contact)
    if contact.version != version:
        raise ContactChanged

    if is_primary and not contact.is_primary:
        _free_primary(contact.customer_id)
    contact.position = position
    contact.is_primary = is_primary
    contact.version += 1
    changed = ["position", "is_primary", "version"]
    if name:
        contact.name = name
        changed.append("name")
    contact.save(update_fields=changed)
    _change_points(contact, points)
    index_customers([contact.customer_id])
    record("contact.updated", subject=contact, of=customer, by=by, at=at)
    publish_update(customer, changed=["contacts"], at=at)
    return contact


@transaction.atomic
def remove_contact(*, contact: Contact, version: int | None = None, by: User, at: datetime) -> None:
    """Remove a contact with every way to reach them, for good.

    Raises ContactGone, or ContactChanged if `version` is given and there is a newer one.
    """
    customer = lock_customer(contact.customer_id)
    contact = _locked(contact)
    if version is not None and contact.version != version:
        raise ContactChanged
    contact.delete()
    index_customers([customer.pk])
    record("contact.removed", subject=customer, by=by, at=at)
    publish_update(customer, changed=["contacts"], at=at)


def _locked(contact: Contact) -> Contact:
    # The customer is held; the undoing of a merge may have taken the contact to another.
    found = Contact.objects.select_for_update().filter(pk=contact.pk, customer_id=contact.customer_id).first()
    if found is None:
        raise ContactGone
    return found


def _change_points(contact: Contact, changes: Sequence[ContactPointChange]) -> None:
    stored = {point.pk: point for point in contact.points.all()}
    if any(change.is_preferred for change in changes):
        # One is preferred at most, so the mark is free before it is given again.
        ContactPoint.objects.filter(contact=contact, is_preferred=True).update(is_preferred=False)
    for change in changes:
        point = stored.get(change.point_id)
        if point is not None and change.is_removed:
            point.delete()
        elif point is not None:
            _change_point(point, change)
        elif change.value and not change.is_removed:
            ContactPoint.objects.create(
                contact=contact,
                kind=change.kind,
                value=_written(change.kind, change.value),
                is_preferred=change.is_preferred,
            )
    # Of the values that stand there, because a fingerprint under an old key tells nothing about one under a new key.
    _check_points(contact.points.all())


def _change_point(point: ContactPoint, change: ContactPointChange) -> None:
    if change.value:
        point.value = _written(change.kind, change.value)
    elif change.kind != point.kind:
        raise BadContactPoint(_("Enter it again when its kind changes."))
    point.kind = change.kind
    point.is_preferred = change.is_preferred
    point.save(update_fields=["kind", "value", "fingerprint", "is_preferred"])


def _check_points(points: Iterable[ContactPoint]) -> None:
    kept = [(point.kind, unique_gram(point.value)) for point in points]
    if len(kept) > MAX_POINTS:
        raise TooManyContactPoints
    if len(set(kept)) < len(kept):
        raise SameContactPoint


def _written(kind: str, value: str) -> str:
    return normalised(kind, value, country=home_country(current_tenant().time_zone))


def _free_primary(customer_id: UUID) -> None:
    primary = Contact.objects.filter(customer_id=customer_id, is_primary=True)
    primary.update(is_primary=False, version=F("version") + 1)
