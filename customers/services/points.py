"""What is known of a contact point besides its value: whether it reaches somebody, and whether it may be used."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from customers.consents.words import POINTS_TEXT_VERSION
from customers.contact_points import BadContactPoint
from customers.enums import ConsentSource, PointProof, PointSaying, PointSource
from customers.happenings import publish_update
from customers.models import Contact, ContactPoint, Customer
from customers.services.interactions import tell_in_timeline
from customers.services.locking import lock_customer

MARKS = ("is_preferred", "verified_at", "verified_how", "opted_out_at", "opted_out_how")

Before = Mapping[str, Any]


class ContactPointGone(DomainError):
    code = "contact_point_gone"
    message = _("Somebody else removed this contact point in the meantime.")


class ContactPointChanged(RecordChanged):
    code = "contact_point_changed"
    message = _("Somebody else changed this contact in the meantime.")


class PreferredOptedOut(BadContactPoint):
    code = "preferred_opted_out"
    message = _("What may not be used any more cannot be the preferred way. Allow its use first.")


def source_of(by: User | ApiKey | None) -> str:
    """Return where a contact point that somebody writes comes from."""
    return PointSource.PARTNER if isinstance(by, ApiKey) else PointSource.HAND


def set_marks(
    point: ContactPoint, *, verified_how: str | None = None, opted_out_how: str | None = None, at: datetime
) -> list[str]:
    """Note in memory what is said of a point: how, "" for no longer, None for as it is; return the trail's actions.

    Said again, the moment of the first time stays. What is opted out is not the preferred one.
    """
    told = []
    if verified_how is not None and verified_how != point.verified_how:
        point.verified_how = verified_how
        point.verified_at = at if verified_how else None
        told.append("contact_point.verified" if verified_how else "contact_point.doubted")
    if opted_out_how is not None and bool(opted_out_how) != (point.opted_out_at is not None):
        point.opted_out_how = opted_out_how
        point.opted_out_at = at if opted_out_how else None
        point.is_preferred = point.is_preferred and not opted_out_how
        told.append("contact_point.opted_out" if opted_out_how else "contact_point.allowed")
    return told


def tell_marks(
    point: ContactPoint, told: Sequence[str], *, of: Customer, by: User | ApiKey | None, at: datetime
) -> None:
    """Write into the trail what set_marks returned."""
    how = {
        "contact_point.verified": {"verified_how": point.verified_how},
        "contact_point.opted_out": {"opted_out_how": point.opted_out_how},
    }
    for action in told:
        record(action, of=of, by=by, at=at, details={"way": point.kind, **how.get(action, {})})


@transaction.atomic
def verify_point(*, point: ContactPoint, how: str, by: User, at: datetime) -> ContactPoint:
    """Note that the contact is reached by this point; `how` is a PointProof. Raises ContactPointGone."""
    return _mark(point, lambda held: set_marks(held, verified_how=how, at=at), by=by, at=at)


@transaction.atomic
def doubt_point(*, point: ContactPoint, by: User, at: datetime) -> ContactPoint:
    """Note that nobody knows any more whether the contact is reached by this point. Raises ContactPointGone."""
    return _mark(point, lambda held: set_marks(held, verified_how="", at=at), by=by, at=at)


@transaction.atomic
def opt_out_point(*, point: ContactPoint, how: str, by: User, at: datetime) -> ContactPoint:
    """Keep that this point is not to be used any more; `how` they said so is a ConsentSource.

    Raises ContactPointGone.
    """
    return _mark(point, lambda held: set_marks(held, opted_out_how=how, at=at), by=by, at=at)


@transaction.atomic
def allow_point(*, point: ContactPoint, by: User, at: datetime) -> ContactPoint:
    """Let a point be used again. Raises ContactPointGone."""
    return _mark(point, lambda held: set_marks(held, opted_out_how="", at=at), by=by, at=at)


@transaction.atomic
def say_of_point(*, point: ContactPoint, saying: str, at: datetime) -> ContactPoint:
    """Keep what its holder says of a point in the preference centre, a PointSaying, in trail and timeline; said again
    it changes nothing.

    Raises ContactPointGone, or PreferredOptedOut.
    """

    def told(held: ContactPoint, actions: Sequence[str], customer: Customer) -> None:
        for action in actions:
            details = {
                "way": held.kind,
                "contact_point": str(held.pk),
                "said_how": ConsentSource.LINK,
                "text_version": POINTS_TEXT_VERSION,
            }
            event = record(action, of=customer, by=None, at=at, details=details)
            tell_in_timeline(
                customer=customer,
                code=action,
                parameters={"way": held.kind, "source": ConsentSource.LINK},
                source=f"contact_point:{event.pk}",
                happened_at=at,
                at=at,
            )

    return _mark(point, lambda held: _say(held, saying, at=at), tell=told, at=at)


def _say(point: ContactPoint, saying: str, *, at: datetime) -> list[str]:
    match PointSaying(saying):
        case PointSaying.OPT_OUT:
            return set_marks(point, opted_out_how=ConsentSource.LINK, at=at)
        case PointSaying.ALLOW:
            return set_marks(point, opted_out_how="", at=at)
        case PointSaying.CONFIRM:
            return set_marks(point, verified_how=PointProof.OWNER, at=at)
        case PointSaying.PREFER:
            return _prefer(point)


def _prefer(point: ContactPoint) -> list[str]:
    if point.opted_out_at is not None:
        raise PreferredOptedOut
    if point.is_preferred:
        return []
    # One is preferred at most, so the mark is free before it is given again.
    ContactPoint.objects.filter(contact=point.contact, is_preferred=True).update(is_preferred=False)
    point.is_preferred = True
    return ["contact_point.preferred"]


def marks_before(point: ContactPoint) -> Before:
    """Return what restore_marks needs besides the version, as JSON holds it."""
    marks = {name: getattr(point, name) for name in MARKS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in marks.items()}


@transaction.atomic
def restore_marks(*, point: ContactPoint, version: int, before: Before, by: User, at: datetime) -> ContactPoint:
    """Make of a point what it was; `version` is the contact's since.

    Raises ContactPointGone, or ContactPointChanged where the contact has another version.
    """

    def put_back(held: ContactPoint) -> list[str]:
        if held.contact.version != version:
            raise ContactPointChanged
        for name in MARKS:
            value = before[name]
            setattr(held, name, parse_datetime(value) if name.endswith("_at") and value else value)
        return ["contact_point.restored"]

    return _mark(point, put_back, by=by, at=at)


def _mark(
    point: ContactPoint,
    change: Callable[[ContactPoint], Sequence[str]],
    *,
    by: User | None = None,
    tell: Callable[[ContactPoint, Sequence[str], Customer], None] | None = None,
    at: datetime,
) -> ContactPoint:
    """Change a held point; where that changes nothing, nothing is written or told. `tell` is told in its own way."""
    customer = lock_customer(point.contact.customer_id)
    held = _held(point.pk, customer)
    told = change(held)
    if told:
        held.save(update_fields=MARKS)
        contact = held.contact
        contact.version += 1
        contact.save(update_fields=["version"])
        if tell is None:
            tell_marks(held, told, of=customer, by=by, at=at)
        else:
            tell(held, told, customer)
        publish_update(customer, changed=["contacts"], at=at)
    return held


def _held(point_id: UUID, customer: Customer) -> ContactPoint:
    # The customer is held; the undoing of a merge may have taken the contact to another.
    contacts = Contact.objects.select_for_update(of=("self",)).filter(points=point_id, customer=customer)
    contact = contacts.first()
    point = ContactPoint.objects.filter(pk=point_id, contact=contact).first() if contact else None
    if point is None:
        raise ContactPointGone
    point.contact = contact
    return point
