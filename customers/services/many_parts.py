"""Contacts and addresses by the thousand, as files send them: known by their customer and name or street."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record_many
from core.crypto.fields import readable
from core.crypto.tokens import Gram, compared_name, name_grams, unique_gram
from core.tenancy.copying import rewrite
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.contact_points import home_country
from customers.enums import PointSource
from customers.models import Address, Contact, ContactPoint, Customer
from customers.places import Place, country_at_home, settle_or_keep
from customers.querysets import contacts_in_order, with_points
from customers.search_index import index_more, point_grams
from customers.services.changes import Outcome
from customers.services.contacts import MAX_POINTS, NewContactPoint, TooManyContactPoints, new_point
from customers.services.locking import CustomerMerged
from customers.turns import wait_for_imports

Part = Contact | Address


class NoSuchCustomer(DomainError):
    code = "no_such_customer"
    message = _("No customer has this number. Bring in the customers first.")


@dataclass(frozen=True, kw_only=True)
class PartKind:
    """A kind of parts of a customer: which facts a file may change, and by what two are the same one.

    `settled(facts)` returns the facts as they are stored, where some follow from others.
    """

    model: type[Part]
    action: str
    names: Sequence[str]
    identity: Callable[[Mapping[str, Any]], tuple[str, str]]
    stored: Callable[[Iterable[uuid.UUID]], Iterable[Part]]
    settled: Callable[[Mapping[str, Any]], dict[str, Any]] = dict


def settled_address(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an address with the whole names of its division; an address without a country is at home."""
    place = settle_or_keep(as_place(facts))
    return {**facts, **{name: value for name, value in asdict(place).items() if name != "street" or "street" in facts}}


def as_place(facts: Mapping[str, Any]) -> Place:
    """Return where the facts of an address say that it is."""
    named = {name: facts.get(name) or "" for name in ("region", "city", "district", "street")}
    return Place(country=facts.get("country") or country_at_home(), **named)


CONTACTS = PartKind(
    model=Contact,
    action="contact",
    names=("position", "is_primary"),
    identity=lambda facts: (compared_name(facts.get("name") or ""), ""),
    stored=lambda ids: with_points(contacts_in_order().filter(customer__in=ids)),
)
ADDRESSES = PartKind(
    model=Address,
    action="address",
    names=("label", "country", "region", "city", "district", "division_code", "postal_code", "is_primary"),
    identity=lambda facts: (compared_name(facts.get("street") or ""), compared_name(facts.get("city") or "")),
    stored=lambda ids: Address.objects.filter(customer__in=ids).order_by("id"),
    settled=settled_address,
)


@dataclass(slots=True)
class SentPart:
    """What a contact or an address is to be like; `points` are ways to reach a contact, beside those that it has.

    Of one that `is_first` the customer's primary one is made where there is none.
    `outcome` tells what became of it, or why nothing did. `before` is what undoes it.
    """

    number: str
    facts: Mapping[str, Any]
    points: Sequence[NewContactPoint] = ()
    is_first: bool = False
    outcome: Outcome | DomainError = Outcome.UNCHANGED
    part: Part | None = None
    customer_id: uuid.UUID | None = None
    before: dict[str, Any] | None = None


@dataclass
class _Archive:
    """What stands in the archive of these customers, and what of it changes."""

    kind: PartKind
    customers: dict[str, Customer]
    parts: dict[tuple[uuid.UUID, str], list[Part]] = field(default_factory=lambda: defaultdict(list))
    primary: dict[uuid.UUID, Part] = field(default_factory=dict)
    new: list[Part] = field(default_factory=list)
    changed: dict[uuid.UUID, Part] = field(default_factory=dict)
    freed: dict[uuid.UUID, Part] = field(default_factory=dict)
    points: list[ContactPoint] = field(default_factory=list)

    def add(self, part: Part) -> None:
        facts = {name: readable(part, name) for name in ("name", "street", "city") if hasattr(part, name)}
        self.parts[part.customer_id, self.kind.identity(facts)[0]].append(part)
        if part.is_primary:
            self.primary[part.customer_id] = part

    def find(self, customer: Customer, facts: Mapping[str, Any]) -> Part | None:
        text, place = self.kind.identity(facts)
        for part in self.parts[customer.pk, text]:
            there = compared_name(getattr(part, "city", ""))
            if not place or not there or place == there:
                return part
        return None

    def make_primary(self, part: Part) -> list[Any]:
        """Let a part take the place of the primary one; return the id of that, its version since and before."""
        other = self.primary.get(part.customer_id)
        self.primary[part.customer_id] = part
        if other is None or other is part:
            return []
        other.is_primary = False
        before = other.version
        if other not in self.new:
            other.version += other.pk not in self.changed and other.pk not in self.freed
            self.freed[other.pk] = other
        return [str(other.pk), other.version, before]


def plan_parts(kind: PartKind, sent: Sequence[SentPart], *, at: datetime) -> None:
    """Say what upsert_parts would do, without doing it; three queries at most."""
    _weigh(kind, sent, Customer.with_merged.all(), at)


@transaction.atomic
def upsert_parts(kind: PartKind, sent: Sequence[SentPart], *, by: User, at: datetime) -> None:
    """Add the parts that their customers do not have, or change those; a few statements, however many there are.

    No part stands twice among them. An event tells of them together.
    """
    wait_for_imports()
    archive = _weigh(kind, sent, Customer.with_merged.select_for_update(of=("self",)).order_by("pk"), at)
    customers = {customer.pk: customer for customer in archive.customers.values()}
    # Only one is the primary one at any moment.
    kind.model.objects.filter(pk__in=archive.freed).update(is_primary=False)
    rewrite([*({**archive.freed, **archive.changed}).values()], [*kind.names, "version"])
    kind.model.objects.bulk_create(archive.new, batch_size=1000)
    ContactPoint.objects.bulk_create(archive.points, batch_size=1000)
    if kind is CONTACTS:
        index_more(_grams(archive))
    added = [customers[part.customer_id] for part in archive.new]
    record_many(f"{kind.action}.added", added, by=by, at=at)
    changed = list(archive.changed.values())
    record_many(f"{kind.action}.updated", changed, of=lambda part: customers[part.customer_id], by=by, at=at)


def _grams(archive: _Archive) -> dict[uuid.UUID, set[Gram]]:
    """Return by what else the customers are found now."""
    country = home_country(current_tenant().time_zone) or ""
    grams: dict[uuid.UUID, set[Gram]] = defaultdict(set)
    for contact in archive.new:
        grams[contact.customer_id] |= name_grams(contact.name)
    for point in archive.points:
        grams[point.contact.customer_id] |= point_grams(point.kind, point.value, country)
    return grams


def _weigh(kind: PartKind, sent: Sequence[SentPart], customers: Any, at: datetime) -> _Archive:
    """Find out what is to be done, and do it to the rows in memory."""
    found = customers.filter(number__in={each.number for each in sent})
    archive = _Archive(kind, {customer.number: customer for customer in found})
    for part in kind.stored([customer.pk for customer in archive.customers.values()]):
        archive.add(part)
    for each in sent:
        try:
            _weigh_one(archive, each, at)
        except DomainError as refusal:
            each.outcome = refusal
    return archive


def _weigh_one(archive: _Archive, sent: SentPart, at: datetime) -> None:
    customer = archive.customers.get(sent.number)
    if customer is None:
        raise NoSuchCustomer
    if customer.merged_into_id is not None:
        raise CustomerMerged
    sent.customer_id = customer.pk
    if sent.is_first and customer.pk not in archive.primary:
        sent.facts = {**sent.facts, "is_primary": True}
    part = archive.find(customer, sent.facts)
    if part is None:
        part = _new(archive, customer, sent, at)
    else:
        _change(archive, part, sent, at)
    sent.part = part


def _new(archive: _Archive, customer: Customer, sent: SentPart, at: datetime) -> Part:
    model = archive.kind.model
    moment = {"created_at": at} if model is Contact else {}
    part = model(customer=customer, **archive.kind.settled(sent.facts), **moment)
    points = _points(part, sent.points, (), at)
    if model is Contact:
        # A row that repeats this one is weighed without asking for what is not stored yet.
        part._prefetched_objects_cache = {"points": points}
    archive.new.append(part)
    archive.points += points
    freed = archive.make_primary(part) if part.is_primary else []
    archive.add(part)
    sent.outcome = Outcome.CREATED
    sent.before = {"version": 1, "freed": freed}
    return part


def _change(archive: _Archive, part: Part, sent: SentPart, at: datetime) -> None:
    stands = {name: getattr(part, name) for name in archive.kind.names}
    named = {name: value for name, value in sent.facts.items() if name in stands}
    wanted = archive.kind.settled({**stands, **named})
    differing = {name: wanted[name] for name in stands if stands[name] != wanted[name]}
    points = _points(part, sent.points, part.points.all(), at) if sent.points else []
    if not differing and not points:
        return
    before = {name: stands[name] for name in differing}
    for name, value in differing.items():
        setattr(part, name, value)
    if part.pk not in archive.changed and part.pk not in archive.freed:
        part.version += 1
    archive.changed[part.pk] = part
    archive.points += points
    freed = archive.make_primary(part) if differing.get("is_primary") else []
    sent.outcome = Outcome.UPDATED
    added = [str(point.pk) for point in points]
    sent.before = {"version": part.version, "facts": before, "points": added, "freed": freed}


def _points(
    contact: Part, sent: Sequence[NewContactPoint], stored: Iterable[ContactPoint], at: datetime
) -> list[ContactPoint]:
    """Return the ways to reach a contact that it does not have yet. Raises TooManyContactPoints."""
    known = {(point.kind, unique_gram(readable(point, "value") or "")) for point in stored}
    count = len(known)
    points = []
    for point in sent:
        key = (point.kind, unique_gram(point.value))
        if key not in known:
            known.add(key)
            points.append(new_point(contact, point, source=PointSource.IMPORT, at=at))
    if points and count + len(points) > MAX_POINTS:
        raise TooManyContactPoints
    return points
