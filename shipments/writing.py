"""Writing shipments: a chunk of rows with their customers, events and figures, in a few statements."""

import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import uuid_utils
from django.db import connection

from core.accounts.models import User
from core.audit.statement import actor, recording
from core.partners.models import ApiKey
from core.tenancy.fields import MoneyField
from core.tenancy.scope import required_tenant_id
from customers.enums import CustomerKind
from customers.opening import Archive, open_missing_archives
from customers.shipment_figures import Figures, add_shipments, set_shipments
from customers.turns import wait_for_imports
from shipments.happenings import telling_of_shipments, wake_for_shipments
from shipments.models import Shipment
from shipments.rows import ACCEPTED, BLANKS, CUSTOMER, FIELDS, KIND, NAME, WAYBILL

# The customer is written as customer_id, its name and kind not at all.
COLUMNS = tuple(name for name in FIELDS if name not in {"customer_number", "customer_name", "customer_kind"})
AMOUNTS = {field.attname for field in Shipment._meta.concrete_fields if isinstance(field, MoneyField)}
# What the clock found of a shipment stays, whatever its sender says went wrong.
KEPT_EXCEPTIONS = """case
    when s.late_noted_at is null and not s.exceptions::text[] @> '{silent}' then excluded.exceptions
    else array(
        select x from unnest(excluded.exceptions::text[]) x
        union
        select x from unnest(s.exceptions::text[]) x where x = 'silent' or (x = 'late' and s.late_noted_at is not null)
        order by 1
    )::varchar(10)[] end"""
# Where the file has no column, the statement says what the field holds.
LITERALS = {None: "null", 0: "0", "": "''", "{}": "'{}'"}


class WrittenShipment(NamedTuple):
    """A shipment that a chunk created or changed; `id` is a text."""

    id: str
    version: int
    is_new: bool


class Chunk(NamedTuple):
    """What was written: by waybill the shipments that are new or changed, by number all customers and the new ones."""

    shipments: Mapping[str, WrittenShipment]
    customers: Mapping[str, uuid.UUID]
    opened: Mapping[str, uuid.UUID]


def write_chunk(
    rows: Sequence[Sequence[Any]],
    *,
    tenant_id: uuid.UUID,
    present: Collection[str],
    known: Collection[str] | None = None,
    by: User | ApiKey | None,
    at: datetime,
) -> Chunk:
    """Write rows with values in the order of FIELDS, no waybill twice; of known shipments only what is `present`.

    `known` are the waybills that are there already, where the caller has looked since it holds the turn of imports: all
    others are added without a look for each.
    """
    names: dict[str, str] = {}
    persons: set[str] = set()
    for row in rows:
        number = row[CUSTOMER]
        if row[KIND] == CustomerKind.INDIVIDUAL:
            persons.add(number)
        if not names.get(number):
            names[number] = row[NAME]
    with connection.cursor() as cursor:
        # Imports of one tenant go one after the other, so that each sees what the others wrote.
        wait_for_imports()
        ids, opened = open_missing_archives(
            (
                Archive(
                    number=number,
                    kind=CustomerKind.INDIVIDUAL if number in persons else CustomerKind.COMPANY,
                    name=name,
                )
                for number, name in names.items()
            ),
            at=at,
        )
        # The status is worked out where the file has none.
        sent = [name for name in COLUMNS if name in present or name == "status"]
        texts = [name for name in sent if isinstance(BLANKS[name], str) or name == "waybill_number"]
        names_sql = ", ".join(("id", "customer_id", *sent))
        cursor.execute(
            "create temp table incoming on commit drop as"  # noqa: S608  the names are our own
            f" select {names_sql} from shipments_shipment with no data"
        )
        # As text only, which is a fifth of the cost of core's uuid7().
        made = {row[WAYBILL]: str(uuid_utils.uuid7()) for row in rows}
        cursor.copy_expert(
            f"copy incoming ({names_sql}) from stdin with (format csv, force_not_null ({', '.join(texts)}))",
            _as_csv(rows, made, ids, sent),
        )
        written: dict[str, WrittenShipment] = {}
        moved: list[uuid.UUID] = []
        parameters = {"tenant": tenant_id, "at": at, **actor(by)}
        if known is None or known:
            moved = _customers_of_moved_shipments(cursor, tenant_id)
            cursor.execute(_upsert(present, sent, known), {**parameters, "known": known and list(known)})
            written |= {waybill: WrittenShipment(str(pk), *facts) for waybill, pk, *facts in cursor.fetchall()}
        if known is not None and len(known) < len(rows):
            cursor.execute(_insert(sent, known), {**parameters, "known": list(known)})
            written |= {waybill: WrittenShipment(pk, 1, True) for waybill, pk in made.items() if waybill not in known}
        wake_for_shipments()
        cursor.execute("drop table incoming")
        new = {waybill for waybill, shipment in written.items() if shipment.is_new}
        add_shipments(_added((row for row in rows if row[WAYBILL] in new), ids), at=at)
        set_shipments(_figures(cursor, tenant_id, moved))
    return Chunk(written, ids, opened)


def _as_csv(
    rows: Sequence[Sequence[Any]], made: Mapping[str, str], ids: Mapping[str, uuid.UUID], sent: Sequence[str]
) -> io.StringIO:
    buffer = io.StringIO()
    pick = itemgetter(*(FIELDS.index(name) for name in sent))
    customers = {number: str(customer_id) for number, customer_id in ids.items()}
    csv.writer(buffer).writerows((made[row[WAYBILL]], customers[row[CUSTOMER]], *pick(row)) for row in rows)
    buffer.seek(0)
    return buffer


def _incoming(sent: Sequence[str], which: str) -> str:
    """Return what begins the statement that writes those of the chunk's rows."""
    columns = ", ".join(("id", "customer_id", *COLUMNS))
    incoming = ", ".join(("id", "customer_id", *(name if name in sent else LITERALS[BLANKS[name]] for name in COLUMNS)))
    return f"""
            insert into shipments_shipment as s (tenant_id, version, {columns})
            select %(tenant)s::uuid, 1, {incoming} from incoming {which}"""  # noqa: S608  the names are our own


def _insert(sent: Sequence[str], known: Collection[str]) -> str:
    """Return the statement that adds the chunk's rows that are not known, with their events."""
    which = "where waybill_number <> all(%(known)s)" if known else ""
    return f"""
        with written as (
            {_incoming(sent, which)}
            returning s.id, s.waybill_number, s.customer_id, s.status, s.delivered_at, s.exceptions::text[],
                true as is_new, null as old_status, null::text[] as old_exceptions
        ),
        {telling_of_shipments()}
        select count(*) from written
    """  # noqa: S608  the names are our own


def _upsert(present: Collection[str], sent: Sequence[str], known: Collection[str] | None) -> str:
    """Return the statement that writes the chunk, or its known rows, with its events and its audit trail, and answers
    what was written of which shipment; only columns that the file has are changed.

    Another status, and a later pickup or acceptance, are signs of it that end a silence.
    """
    which = "where true" if known is None else "where waybill_number = any(%(known)s)"
    changed = ["customer_id", *(name for name in COLUMNS if name in present and name != "waybill_number")]
    stored = ", ".join(f"s.{name}" for name in changed)
    replacing = ", ".join(KEPT_EXCEPTIONS if name == "exceptions" else f"excluded.{name}" for name in changed)
    is_moved = "s.status is distinct from excluded.status" if "status" in present else "false"
    picked_up_at = "excluded.picked_up_at" if "picked_up_at" in present else "s.picked_up_at"
    recorded = recording(
        "shipment.updated",
        of="written where changes is not null",
        kind=Shipment._meta.label_lower,
        subject="id",
        changes="changes",
    )
    return f"""
        with written as (
            {_incoming(sent, which)}
            on conflict (tenant_id, waybill_number) do update
            set (version, {", ".join(changed)}) = row(s.version + 1, {replacing}),
                status_at = case when {is_moved} then %(at)s else s.status_at end,
                silent_since = case when {is_moved} or greatest(excluded.accepted_at, {picked_up_at}) > s.seen_at
                    then null else s.silent_since end
            where ({stored}) is distinct from ({replacing})
            returning s.id, s.version, s.waybill_number, s.customer_id, s.status, s.delivered_at, s.exceptions::text[],
                s.xmax = 0 as is_new, {_before("status", "text")}, {_before("exceptions", "text[]")},
                {_changes(changed)} as changes
        ),
        {telling_of_shipments()},
        recorded as ({recorded})
        select waybill_number, id, version, is_new from written
    """  # noqa: S608  the names are our own


def _before(column: str, kind: str) -> str:
    """Return what a known shipment `s` held, which a statement still sees: it reads the table as it was."""
    return f"""(case when s.xmax <> 0 then
        (select o.{column} from shipments_shipment o where o.tenant_id = s.tenant_id and o.id = s.id)
    end)::{kind} as old_{column}"""  # noqa: S608  the names are our own


def _changes(columns: Sequence[str]) -> str:
    """Return what differs of a known shipment `s` from its row before the statement, as the audit trail keeps it."""
    values = ", ".join(
        f"('{name.removesuffix('_id')}', {_kept('o', name)}, {_kept('s', name)}, o.{name} is distinct from s.{name})"
        for name in columns
    )
    return f"""case when s.xmax <> 0 then (
        select jsonb_object_agg(v.name, jsonb_build_array(v.old, v.new)) from shipments_shipment o
        cross join lateral (values {values}) v(name, old, new, differs)
        where o.tenant_id = s.tenant_id and o.id = s.id and v.differs
    ) end"""  # noqa: S608  the names are our own


def _kept(row: str, name: str) -> str:
    value = f"{row}.{name}"
    return f"to_jsonb(({value} / 100.0)::numeric(20, 2)::text)" if name in AMOUNTS else f"to_jsonb({value})"


def _added(rows: Iterable[Sequence[Any]], ids: Mapping[str, uuid.UUID]) -> list[Figures]:
    """Return what new shipments add to the figures of their customers, in the order in which those are locked."""
    dates: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    for row in rows:
        dates[ids[row[CUSTOMER]]].append(row[ACCEPTED])
    return [
        (customer_id, len(dates[customer_id]), min(dates[customer_id]), max(dates[customer_id]))
        for customer_id in sorted(dates)
    ]


def _customers_of_moved_shipments(cursor: object, tenant_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the customers, old and new, of shipments that are about to change customer or date."""
    cursor.execute(
        "select s.customer_id, i.customer_id from incoming i"
        " join shipments_shipment s on s.tenant_id = %s and s.waybill_number = i.waybill_number"
        " where (s.customer_id, s.accepted_at) is distinct from (i.customer_id, i.accepted_at)",
        [tenant_id],
    )
    return sorted({customer_id for pair in cursor.fetchall() for customer_id in pair})


def recount_shipments(customer_ids: Collection[uuid.UUID]) -> None:
    """Count the shipments of these customers anew; the caller holds the turn of the tenant's imports."""
    with connection.cursor() as cursor:
        set_shipments(_figures(cursor, required_tenant_id(), sorted(customer_ids)))


def _figures(cursor: object, tenant_id: uuid.UUID, customer_ids: list[uuid.UUID]) -> list[tuple]:
    if not customer_ids:
        return []
    cursor.execute(
        "select u.id, count(s.id), min(s.accepted_at), max(s.accepted_at) from unnest(%s::uuid[]) as u(id)"
        " left join shipments_shipment s on s.tenant_id = %s and s.customer_id = u.id group by u.id",
        [customer_ids, tenant_id],
    )
    return cursor.fetchall()
