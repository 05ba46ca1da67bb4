from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.crypto.tokens import unique_gram
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.scope import current_tenant
from customers.contact_points import BadContactPoint, home_country, normalised
from customers.happenings import publish_update
from customers.models import Contact, ContactPoint, Customer
from customers.search_index import index_customers
from customers.services.locking import lock_customer
from customers.services.points import MARKS, PreferredOptedOut, set_marks, source_of, tell_marks

MAX_POINTS = 10


class ContactChanged(RecordChanged):
    code = "contact_changed"
    message = _("Somebody else changed this contact in the meantime.")


class ContactGone(DomainError):
    code = "contact_gone"
    message = _("Somebody else removed this contact in the meantime.")


class TooManyContactPoints(DomainError):
    code = "too_many_contact_points"
    message = format_lazy(_("A contact has at most {most} ways to be reached."), most=MAX_POINTS)


class SameContactPoint(BadContactPoint):
    code = "contact_point_twice"
    message = _("A contact has each number, address or account once.")


class NoSuchContactPoint(BadContactPoint):
    code = "no_such_contact_point"
    message = _("The contact has no contact point of this id.")


@dataclass(frozen=True, kw_only=True)
class NewContactPoint:
    """A way to reach somebody, before it is stored; what is said of it as `set_marks` takes it.

    Where a contact is changed, `point_id` may name one that it has, whose value stays if this one is empty.
    """

    point_id: UUID | None = None
    kind: str
    value: str
    is_preferred: bool = False
    verified_how: str | None = None
    opted_out_how: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContactPointChange:
    """What becomes of one way to reach somebody.

    Without the `point_id` of a stored one it is added; an empty value keeps what is stored.
    """

    point_id: UUID | None = None
    kind: str
    value: str = ""
    is_preferred: bool = False
    verified_how: str | None = None
    opted_out_how: str | None = None
    is_removed: bool = False


@transaction.atomic
def add_contact(
    *,
    customer: Customer,
    name: str,
    position: str = "",
    is_primary: bool = False,
    points: Sequence[NewContactPoint] = (),
    source: str = "",
    by: User | ApiKey | None = None,
    at: datetime,
) -> Contact:
    """Add somebody who speaks for the customer; a primary contact takes the place of the one before.

    `source` is where the points come from, if not from whoever adds them. Raises BadContactPoint, PreferredOptedOut or
    TooManyContactPoints.
    """
    customer = lock_customer(customer.pk)
    if is_primary:
        _free_primary(customer.pk)
    contact = Contact.objects.create(
        customer=customer, name=name, position=position, is_primary=is_primary, created_at=at
    )
    source = source or source_of(by)
    written = [
        new_point(contact, replace(point, value=_written(point.kind, point.value)), source=source, at=at)
        for point in points
    ]
    _check_points(written)
    ContactPoint.objects.bulk_create(written)
    index_customers([customer.pk])
    record("contact.added", subject=customer, by=by, at=at, details={"contact_points": len(points)})
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
    by: User | ApiKey,
    at: datetime,
) -> Contact:
    """Change a contact; an empty name keeps what is stored, and so does a point that is not named.

    `version` is the one that the caller read. Raises ContactChanged if there is a newer one, ContactGone if there is
    none, BadContactPoint, PreferredOptedOut or TooManyContactPoints.
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
    _change_points(contact, points, of=customer, by=by, at=at)
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


def new_point(contact: Contact, point: NewContactPoint, *, source: str, at: datetime) -> ContactPoint:
    """Return a point with a normalised value, not stored yet. Raises PreferredOptedOut."""
    made = ContactPoint(
        contact=contact,
        kind=point.kind,
        value=point.value,
        is_preferred=point.is_preferred,
        source=source,
        added_at=at,
    )
    set_marks(made, verified_how=point.verified_how, opted_out_how=point.opted_out_how, at=at)
    _check_preferred(made, is_wanted=point.is_preferred)
    return made


def _change_points(
    contact: Contact, changes: Sequence[ContactPointChange], *, of: Customer, by: User | ApiKey, at: datetime
) -> None:
    stored = {point.pk: point for point in contact.points.all()}
    if any(change.is_preferred for change in changes):
        # One is preferred at most, so the mark is free before it is given again.
        ContactPoint.objects.filter(contact=contact, is_preferred=True).update(is_preferred=False)
    for change in changes:
        point = stored.get(change.point_id)
        if point is not None and change.is_removed:
            point.delete()
        elif point is not None:
            told = _change_point(point, change, source=source_of(by), at=at)
            tell_marks(point, told, of=of, by=by, at=at)
        elif change.value and not change.is_removed:
            new = NewContactPoint(
                kind=change.kind,
                value=_written(change.kind, change.value),
                is_preferred=change.is_preferred,
                verified_how=change.verified_how,
                opted_out_how=change.opted_out_how,
            )
            new_point(contact, new, source=source_of(by), at=at).save(force_insert=True)
    # Of the values that stand there, because a fingerprint under an old key tells nothing about one under a new key.
    _check_points(contact.points.all())


def _change_point(point: ContactPoint, change: ContactPointChange, *, source: str, at: datetime) -> list[str]:
    """Change a point; a new value is as new as one that is added, but a no that was said to it stays."""
    told = []
    value = _written(change.kind, change.value) if change.value else ""
    if not value and change.kind != point.kind:
        raise BadContactPoint(_("Enter it again when its kind changes."))
    if value and (change.kind, value) != (point.kind, point.value):
        point.kind, point.value = change.kind, value
        point.source, point.added_at = source, at
        told += set_marks(point, verified_how="", at=at)
    point.is_preferred = change.is_preferred
    told += set_marks(point, verified_how=change.verified_how, opted_out_how=change.opted_out_how, at=at)
    _check_preferred(point, is_wanted=change.is_preferred)
    point.save(update_fields=["kind", "value", "fingerprint", "source", "added_at", *MARKS])
    return told


def _check_preferred(point: ContactPoint, *, is_wanted: bool) -> None:
    if is_wanted and point.opted_out_at is not None:
        raise PreferredOptedOut


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
