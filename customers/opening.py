"""Opening the archives of many customers at once, with the people who speak for them, as imports do."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uuid_utils
from django.db import connection

from core.accounts.models import User
from core.audit.statement import actor, recording
from core.crypto.fields import encrypt
from core.crypto.tokens import Gram, Tokens, name_grams, unique_gram
from core.events.statement import telling
from core.events.waking import wake_for
from core.partners.models import ApiKey
from core.tenancy.copying import as_array, as_bytea, incoming
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.contact_points import home_country
from customers.enums import CustomerKind, PointSource
from customers.models import Contact, ContactPoint, Customer
from customers.search_index import index_new, point_grams
from customers.services.contacts import NewContactPoint

CUSTOMERS, CONTACTS, POINTS = (model._meta.db_table for model in (Customer, Contact, ContactPoint))
PLAIN = ("industry", "region", "source", "preferred_channel", "preferred_language")
PERSONAL = ("person_name", "special_needs", "birthday")
HEAD = ("id", "number", "kind", "company_name", "tags", "custom_values", "account_manager_id", "group_id")
CUSTOMER_COLUMNS = (*HEAD, *PLAIN, *PERSONAL)
CONTACT_COLUMNS = ("id", "customer_id", "name", "position", "is_primary")
POINT_COLUMNS = ("id", "contact_id", "kind", "value", "fingerprint", "is_preferred", "source")

# What comes under the number of a customer who was merged belongs to the one that took its place.
KNOWN = f"""
    select number, coalesce(merged_into_id, id) from {CUSTOMERS}
    where tenant_id = %s and number = any(%s)"""  # noqa: S608

# Of an archive that somebody else opened in the meantime nothing of ours is there to hang on to.
ADD_CONTACTS = f"""
    insert into {CONTACTS} (tenant_id, id, customer_id, name, position, is_primary, created_at, version)
    select %(tenant)s, i.id, i.customer_id, i.name, i.position, i.is_primary, %(at)s, 1
    from incoming_{CONTACTS} i join {CUSTOMERS} c on c.tenant_id = %(tenant)s and c.id = i.customer_id"""  # noqa: S608

ADD_POINTS = f"""
    insert into {POINTS} (tenant_id, id, contact_id, kind, value, fingerprint, is_preferred, source, added_at,
        verified_how, opted_out_how)
    select %(tenant)s, i.id, i.contact_id, i.kind, i.value, i.fingerprint, i.is_preferred, i.source, %(at)s, '', ''
    from incoming_{POINTS} i join {CONTACTS} c on c.tenant_id = %(tenant)s and c.id = i.contact_id"""  # noqa: S608


def _opening(*, is_told: bool, is_recorded: bool) -> str:
    """Return the statement that opens the archives and tells of them; the rest of each is as a new one begins."""
    parts = []
    if is_told:
        parts.append(telling("customer.created", of="opened", subject="id", payload={"number": "number"}))
    if is_recorded:
        details = "jsonb_build_object('number', number)"
        facts = {"kind": Customer._meta.label_lower, "subject": "id", "details": details}
        parts.append(f"recorded as ({recording('customer.created', of='opened', **facts)})")
    return f"""
        with opened as (
            insert into {CUSTOMERS} (tenant_id, {", ".join(CUSTOMER_COLUMNS)}, created_at, version,
                contribution, token_rank, window_shipment_count, lower_runs, shipment_count)
            select %(tenant)s::uuid, {", ".join(CUSTOMER_COLUMNS)}, %(at)s, 1, 0, 0, 0, 0, 0
            from incoming_{CUSTOMERS}
            on conflict (tenant_id, number) do nothing
            returning number, id
        ){"".join(f", {part}" for part in parts)}
        select number, id from opened"""  # noqa: S608  names of our own tables


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Somebody who speaks for a customer; the values of `points` are normalised. The first of a customer is primary."""

    name: str
    position: str = ""
    points: Sequence[NewContactPoint] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A customer that may have an archive already; `name` is the company's, or the person's.

    `facts` are others by the names of `customers.services.create_customer`, but for the id of the group.
    """

    number: str
    kind: str = CustomerKind.COMPANY
    name: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    contacts: Sequence[NewContact] = ()


@dataclass(slots=True)
class _Rows:
    """What is to be written of new archives, and the grams by which they will be found."""

    tenant_id: uuid.UUID
    country: str
    tokens: Tokens
    customers: list[tuple] = field(default_factory=list)
    contacts: list[tuple] = field(default_factory=list)
    points: list[tuple] = field(default_factory=list)
    grams: dict[str, set[Gram]] = field(default_factory=lambda: defaultdict(set))

    def add(self, archive: Archive) -> None:
        customer_id = uuid_utils.uuid7()
        shown_id = str(customer_id)
        is_person = archive.kind == CustomerKind.INDIVIDUAL
        facts = {("person_name" if is_person else "company_name"): archive.name, **archive.facts}
        company, manager = facts.get("company_name", ""), facts.get("account_manager")
        self.customers.append(
            (
                *(shown_id, archive.number, archive.kind, company, as_array(facts.get("tags", ()))),
                json.dumps(facts.get("custom_values", {})),
                manager and manager.pk,
                facts.get("group_id"),
                *(facts.get(name, "") for name in PLAIN),
                *(self._sealed(facts.get(name), CUSTOMERS, name, customer_id) for name in PERSONAL),
            )
        )
        grams = self.grams[shown_id]
        grams |= name_grams(company) | name_grams(facts.get("person_name") or "")
        for place, contact in enumerate(archive.contacts):
            grams |= name_grams(contact.name)
            self._add_contact(contact, shown_id, is_primary=place == 0)
            for point in contact.points:
                grams |= point_grams(point.kind, point.value, self.country)

    def _add_contact(self, contact: NewContact, customer_id: str, *, is_primary: bool) -> None:
        contact_id = uuid_utils.uuid7()
        shown_id = str(contact_id)
        name = self._sealed(contact.name, CONTACTS, "name", contact_id)
        self.contacts.append((shown_id, customer_id, name, contact.position, is_primary))
        # The same number may be said twice of somebody: it is kept once.
        points = {(point.kind, self.tokens.of(unique_gram(point.value))): point for point in reversed(contact.points)}
        for (kind, fingerprint), point in reversed(points.items()):
            point_id = uuid_utils.uuid7()
            value = self._sealed(point.value, POINTS, "value", point_id)
            self.points.append(
                (str(point_id), shown_id, kind, value, fingerprint, point.is_preferred, PointSource.IMPORT)
            )

    def _sealed(self, text: str | None, table: str, column: str, row_id: uuid_utils.UUID) -> str | None:
        if not text:
            return None
        value = encrypt(text, tenant_id=self.tenant_id, table=table, column=column, row_id=row_id)
        return as_bytea(value)


def open_archives(archives: Iterable[Archive], *, at: datetime) -> Mapping[str, uuid.UUID]:
    """Return the ids of these customers by number, as `open_missing_archives` does."""
    return open_missing_archives(archives, at=at)[0]


def open_missing_archives(
    archives: Iterable[Archive], *, at: datetime
) -> tuple[Mapping[str, uuid.UUID], Mapping[str, uuid.UUID]]:
    """Return the ids of these customers by number, and those of them that are new.

    Those without an archive get one, the others stay as they are. Some queries, however many there are. The caller
    holds the turn of the tenant's imports, though somebody may open one of the archives by hand meanwhile: theirs
    stands.
    """
    wanted = {archive.number: archive for archive in archives}
    found = known_archives(list(wanted))
    new = [archive for number, archive in wanted.items() if number not in found]
    opened = open_new_archives(new, at=at)
    found |= opened
    if len(opened) < len(new):
        found |= known_archives([archive.number for archive in new if archive.number not in opened])
    return found, opened


def known_archives(numbers: list[str]) -> dict[str, uuid.UUID]:
    """Return the ids of the customers who are there, by number; one query."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [required_tenant_id(), numbers])
        return dict(cursor.fetchall())


def open_new_archives(
    archives: Iterable[Archive],
    *,
    is_told: bool = True,
    is_recorded: bool = False,
    by: User | ApiKey | None = None,
    at: datetime,
) -> Mapping[str, uuid.UUID]:
    """Open these archives; return the ids of those that nobody opened meanwhile. The caller holds the turn, too.

    Not `is_told` are those of whom an event tells together. Of those `is_recorded` each stands in the trail, as opened
    `by` somebody.
    """
    tokens = Tokens(required_tenant_id())
    rows = _Rows(required_tenant_id(), home_country(current_tenant().time_zone) or "", tokens)
    for archive in archives:
        rows.add(archive)
    if not rows.customers:
        return {}
    asked = {"tenant": rows.tenant_id, "at": at, **actor(by)}
    with connection.cursor() as cursor:
        with incoming(CUSTOMERS, CUSTOMER_COLUMNS, rows.customers, texts=("company_name", *PLAIN)):
            cursor.execute(_opening(is_told=is_told, is_recorded=is_recorded), asked)
            opened = dict(cursor.fetchall())
        if is_told:
            wake_for("customer.created")
        if rows.contacts:
            with incoming(CONTACTS, CONTACT_COLUMNS, rows.contacts, texts=("position",)):
                cursor.execute(ADD_CONTACTS, asked)
        if rows.points:
            with incoming(POINTS, POINT_COLUMNS, rows.points):
                cursor.execute(ADD_POINTS, asked)
    index_new({(shown := str(customer_id)): rows.grams[shown] for customer_id in opened.values()}, tokens)
    return opened
