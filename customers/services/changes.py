"""Changing what a caller names and nothing else: how partners write, who do not see every fact of a record."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.permissions import may
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.contact_points import home_country, normalised
from customers.enums import CustomerKind
from customers.models import MAX_TAGS, Address, Contact, ContactPoint, Customer
from customers.numbers import clean_number
from customers.permissions import ASSIGN
from customers.services.addresses import update_address
from customers.services.contacts import ContactPointChange, NewContactPoint, NoSuchContactPoint, update_contact
from customers.services.customers import CustomerChanged, CustomerNumberTaken, create_customer, update_customer
from customers.services.locking import lock_customer, lock_with_referrer
from customers.services.referrers import find_referrer

FACTS = (
    "kind",
    "company_name",
    "industry",
    "region",
    "source",
    "tags",
    "preferred_channel",
    "preferred_language",
    "account_manager",
)
PERSONAL = ("person_name", "special_needs", "birthday")
# Given by name and number, kept as references.
LINKS = ("group", "referrer")


class CompanyNameMissing(DomainError):
    code = "company_name_missing"
    message = _("A company has a name.")


class PersonNameMissing(DomainError):
    code = "person_name_missing"
    message = _("An individual has a name.")


class TooManyTags(DomainError):
    code = "too_many_tags"
    message = _("This customer cannot have more tags.")


class MayNotAssign(DomainError):
    code = "may_not_assign"
    message = _("Another account manager is chosen by who may give customers to others.")


class Outcome(StrEnum):
    """What became of a record that was to be as a caller says."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def open_customer(
    *, number: str, facts: Mapping[str, Any], may_lack_required: bool = False, by: User | ApiKey, at: datetime
) -> Customer:
    """Open the archive of a customer that has a name, as the page asks for one; a lead `may_lack_required` fields.

    Raises CompanyNameMissing or PersonNameMissing, and what create_customer does.
    """
    kind = facts.get("kind", CustomerKind.COMPANY)
    check_name(kind, facts.get(name_of(kind)))
    facts = {**facts, "kind": kind}
    return create_customer(number=number, **facts, may_lack_required=may_lack_required, by=by, at=at)


@transaction.atomic
def change_customer(
    *, customer: Customer, changes: Mapping[str, Any], version: int | None = None, by: User | ApiKey, at: datetime
) -> tuple[Customer, Outcome]:
    """Change the facts that `changes` names; an empty one is removed, and nothing is written where none differs.

    A customer that has a name keeps one. Raises CustomerChanged if `version` is given and there is a newer one,
    CompanyNameMissing, PersonNameMissing, MayNotAssign, NeedsManager, or what update_customer does of custom values
    and referrers.
    """
    customer = lock_with_referrer(customer.pk, number=changes.get("referrer") or "")
    if version is not None and customer.version != version:
        raise CustomerChanged
    differing = differing_facts(customer, changes)
    linked = {
        name: changes[name] or "" for name in LINKS if name in changes and _links_otherwise(customer, name, changes)
    }
    if not differing and not linked:
        return customer, Outcome.UNCHANGED
    check_may_assign(differing, by=by)
    facts = {name: getattr(customer, name) for name in FACTS}
    changed = update_customer(
        customer=customer,
        version=customer.version,
        **{**facts, **{name: value for name, value in differing.items() if name in FACTS}},
        **{name: value for name, value in differing.items() if name in PERSONAL and value},
        remove=[name for name, value in differing.items() if name in PERSONAL and not value],
        custom_values=changes["custom_values"] if "custom_values" in differing else None,
        **linked,
        by=by,
        at=at,
    )
    return changed, Outcome.UPDATED


def differing_facts(customer: Customer, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the changes is not so yet; custom values with those that stay, and nothing of LINKS.

    Raises CompanyNameMissing or PersonNameMissing.
    """
    if "custom_values" in changes:
        values = {**customer.custom_values, **changes["custom_values"]}
        changes = {**changes, "custom_values": {key: value for key, value in values.items() if value}}
    differing = {
        name: value
        for name, value in changes.items()
        if name not in LINKS and (getattr(customer, name) or None) != (value or None)
    }
    kind = differing.get("kind", customer.kind)
    name = name_of(kind)
    if name in differing or "kind" in differing:
        check_name(kind, changes.get(name, getattr(customer, name)))
    return differing


def _links_otherwise(customer: Customer, name: str, changes: Mapping[str, Any]) -> bool:
    """Say whether a name or number leads elsewhere than the customer does. Raises BadReferrer."""
    if name == "referrer":
        return find_referrer(changes[name] or "", of=customer) != customer.referrer_id
    return (customer.group.name if customer.group else "") != (changes[name] or "")


@transaction.atomic
def add_tag(*, customer: Customer, tag: str, by: User, at: datetime) -> tuple[Customer, Outcome]:
    """Put a tag on a customer that does not have it yet. Raises TooManyTags."""
    customer = lock_customer(customer.pk)
    if tag not in customer.tags and len(customer.tags) >= MAX_TAGS:
        raise TooManyTags
    return change_customer(customer=customer, changes={"tags": _with(customer.tags, tag)}, by=by, at=at)


@transaction.atomic
def remove_tag(*, customer: Customer, tag: str, by: User, at: datetime) -> tuple[Customer, Outcome]:
    """Take a tag from a customer that has it."""
    customer = lock_customer(customer.pk)
    left = [each for each in customer.tags if each != tag]
    return change_customer(customer=customer, changes={"tags": left}, by=by, at=at)


@transaction.atomic
def put_into_group(*, customer: Customer, group: str, by: User, at: datetime) -> tuple[Customer, Outcome]:
    """Put a customer into the group of a name, which is made where there is none yet; no name takes it out of its."""
    return change_customer(customer=customer, changes={"group": group}, by=by, at=at)


def _with(tags: Sequence[str], tag: str) -> list[str]:
    return [*tags] if tag in tags else [*tags, tag]


@transaction.atomic
def upsert_customer(
    *, number: str, changes: Mapping[str, Any], version: int | None = None, by: User | ApiKey, at: datetime
) -> tuple[Customer, Outcome]:
    """Open the archive of a number, or change what `changes` names of it. Raises what the two do.

    `version` 0 stands for a customer that is to be new: CustomerChanged is raised where there is one. A customer that
    was merged is refused: its facts are those of the one in its place.
    """
    number = clean_number(number)
    stored = Customer.with_merged.filter(number=number).first()
    if stored is None:
        try:
            return open_customer(number=number, facts=changes, by=by, at=at), Outcome.CREATED
        except CustomerNumberTaken:
            # Somebody else was a moment faster.
            stored = Customer.with_merged.get(number=number)
    return change_customer(customer=stored, changes=changes, version=version, by=by, at=at)


@transaction.atomic
def change_contact(
    *, contact: Contact, changes: Mapping[str, Any], version: int, by: User | ApiKey, at: datetime
) -> Contact:
    """Change the facts that `changes` names; its `points`, where given, are all there are from then on.

    Raises what update_contact does.
    """
    # The lock of update_contact, taken first, so that the points do not change before they are compared.
    lock_customer(contact.customer_id)
    points = changes.get("points")
    return update_contact(
        contact=contact,
        version=version,
        name=changes.get("name", ""),
        position=changes.get("position", contact.position),
        is_primary=changes.get("is_primary", contact.is_primary),
        points=[] if points is None else _point_changes(contact, points),
        by=by,
        at=at,
    )


@transaction.atomic
def change_address(
    *, address: Address, changes: Mapping[str, Any], version: int, by: User | ApiKey, at: datetime
) -> Address:
    """Change the facts that `changes` names. Raises what update_address does."""
    names = ("label", "country", "region", "city", "district", "postal_code", "is_primary")
    facts = {name: changes.get(name, getattr(address, name)) for name in names}
    return update_address(address=address, version=version, street=changes.get("street", ""), **facts, by=by, at=at)


def _point_changes(contact: Contact, wanted: Sequence[NewContactPoint]) -> list[ContactPointChange]:
    """Return what makes the stored points into the wanted ones; those that stay keep their rows.

    Raises BadContactPoint or NoSuchContactPoint.
    """
    country = home_country(current_tenant().time_zone)
    left = {point.pk: point for point in contact.points.all()}
    changes = []
    for point in wanted:
        value = normalised(point.kind, point.value, country=country) if point.value or not point.point_id else ""
        same = _same_point(left.values(), point, value)
        if same is not None:
            del left[same.pk]
        changes.append(
            ContactPointChange(
                point_id=same and same.pk,
                kind=point.kind,
                value="" if same and value == same.value else value,
                is_preferred=point.is_preferred,
                verified_how=point.verified_how,
                opted_out_how=point.opted_out_how,
            )
        )
    gone = [ContactPointChange(point_id=point.pk, kind=point.kind, is_removed=True) for point in left.values()]
    return gone + changes


def _same_point(stored: Iterable[ContactPoint], wanted: NewContactPoint, value: str) -> ContactPoint | None:
    if wanted.point_id is None:
        return next((each for each in stored if (each.kind, each.value) == (wanted.kind, value)), None)
    named = next((each for each in stored if each.pk == wanted.point_id), None)
    if named is None:
        raise NoSuchContactPoint
    return named


def name_of(kind: str) -> str:
    """Return which name a customer of the kind has to have."""
    return "person_name" if kind == CustomerKind.INDIVIDUAL else "company_name"


def check_name(kind: str, name: str | None) -> None:
    """Raise CompanyNameMissing or PersonNameMissing where there is no name."""
    if not name:
        raise PersonNameMissing if kind == CustomerKind.INDIVIDUAL else CompanyNameMissing


def check_may_assign(differing: Mapping[str, Any], *, by: User | ApiKey) -> None:
    """Raise MayNotAssign where another account manager is among what differs of a stored customer, and not theirs."""
    if "account_manager" in differing and not may(by, ASSIGN):
        raise MayNotAssign
