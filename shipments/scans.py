"""Getting the scan trace of shipments in: check rows, write them in one statement, and move the shipments on."""

import csv
import io
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.audit.services import record
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.ids import uuid7
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.turns import wait_for_imports
from shipments.enums import FOUND_BY_CLOCK, ScanKind, ShipmentException
from shipments.happenings import telling_of_shipments, wake_for_shipments
from shipments.models import ScanEvent, Shipment
from shipments.outcomes import Outcome
from shipments.rows import RowRefused, choice_parser, moment_parser, number_parser, text_parser

FIELDS = ("waybill_number", "kind", "happened_at", "place", "outlet", "courier", "exception")
REQUIRED = FIELDS[:3]
UNKNOWN_WAYBILL = _("There is no shipment with this waybill number.")
BEFORE_ACCEPTANCE = {
    ScanKind.PICKED_UP: "picked_up_before_acceptance",
    ScanKind.DELIVERED: "delivered_before_acceptance",
}


@dataclass(slots=True)
class Scan:
    """A scan to be written, with its values by the names of FIELDS."""

    outcome: Outcome
    values: dict[str, Any]
    id: uuid.UUID = field(default_factory=uuid7)


class ScanRefused(DomainError):
    """A scan breaks a rule; `field` names where."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reasons[0])
        self.code, self.field = outcome.codes[0], outcome.fields[0]


@transaction.atomic
def record_scan(*, shipment: Shipment, scan: Mapping[str, str], by: ApiKey, at: datetime) -> tuple[ScanEvent, bool]:
    """Write one scan by the rules of record_scans; return it, and whether it is new. Raises ScanRefused."""
    (outcome,) = record_scans(rows=[{**scan, "waybill_number": shipment.waybill_number}], at=at)
    if outcome.status == "failed":
        raise ScanRefused(outcome)
    event = ScanEvent.objects.get(shipment=shipment, kind=scan["kind"], happened_at=scan["happened_at"])
    is_new = outcome.status == "created"
    if is_new:
        record("scan.recorded", subject=shipment, by=by, at=at, details={"scan": event.kind})
    return event, is_new


@transaction.atomic
def record_scans(*, rows: Iterable[Mapping[str, str]], at: datetime) -> list[Outcome]:
    """Write the scans, given as text by the names of FIELDS, and return what became of each, in order.

    A scan is one of its waybill, kind and time: the same again changes nothing. A shipment's status and times
    follow its trace forward, never back. Naive times are local to the tenant.
    """
    parsers = scan_parsers(ZoneInfo(current_tenant().time_zone), at)
    outcomes: list[Outcome] = []
    scans: list[Scan] = []
    for line, row in enumerate(rows, start=1):
        shown = "".join(letter for letter in row["waybill_number"][:40] if letter.isprintable())
        outcomes.append(Outcome(line, shown, "unchanged"))
        try:
            scans.append(Scan(outcomes[-1], read_scan(parsers, row)))
        except RowRefused as refusal:
            outcomes[-1].fail(refusal.code, refusal.message, refusal.field)
    if scans:
        write_scans(scans, at=at)
    return outcomes


def scan_parsers(zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    """Return what reads each fact of a scan from text; naive times are local to the zone."""
    return {
        "waybill_number": number_parser("waybill_number"),
        "kind": choice_parser("kind", ScanKind),
        "happened_at": moment_parser("happened_at", zone, at, required=True),
        "place": text_parser("place", 100),
        "outlet": text_parser("outlet", 100),
        "courier": text_parser("courier", 60),
        "exception": choice_parser("exception", ShipmentException, unsaid=FOUND_BY_CLOCK),
    }


def read_scan(parsers: Mapping[str, Any], row: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a scan. Raises RowRefused."""
    values = {name: parse(row.get(name, "")) for name, parse in parsers.items()}
    if not values["kind"]:
        raise RowRefused.of("missing_value", "kind", _("is empty."))
    if bool(values["exception"]) != (values["kind"] == ScanKind.EXCEPTION):
        raise RowRefused.of("bad_exception", "exception", _("belongs to a scan of an exception, and to no other."))
    return values


def write_scans(scans: list[Scan], *, at: datetime) -> None:
    """Write scans and move their shipments on, in the caller's transaction; each outcome is told."""
    tenant_id = required_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table scanned (id uuid, waybill_number text, kind text, happened_at timestamptz,"
            " place text, outlet text, courier text, exception text) on commit drop"
        )
        cursor.copy_expert(
            "copy scanned from stdin with (format csv, force_not_null (place, outlet, courier, exception))",
            _as_csv(scans),
        )
        wait_for_imports()
        cursor.execute(
            "select waybill_number, accepted_at from shipments_shipment where tenant_id = %s"
            " and waybill_number in (select waybill_number from scanned)",
            [tenant_id],
        )
        accepted = dict(cursor.fetchall())
        cursor.execute(INSERT, {"tenant": tenant_id})
        created = {scan_id for (scan_id,) in cursor.fetchall()}
        cursor.execute(f"{MOVE_SHIPMENTS_ON},{telling_of_shipments()} select 1", {"tenant": tenant_id, "at": at})
        wake_for_shipments()
        cursor.execute("drop table scanned")
    for scan in scans:
        accepted_at = accepted.get(scan.values["waybill_number"])
        if accepted_at is None:
            scan.outcome.fail("unknown_waybill", UNKNOWN_WAYBILL, "waybill_number")
            continue
        if scan.id in created:
            scan.outcome.status = "created"
        if scan.values["happened_at"] < accepted_at:
            scan.outcome.warn(warning_before_acceptance(scan.values["kind"]))


def warning_before_acceptance(kind: str) -> str:
    """Return the code of the warning for a scan before its shipment was accepted."""
    return BEFORE_ACCEPTANCE.get(kind, "scanned_before_acceptance")


def _as_csv(scans: list[Scan]) -> io.StringIO:
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    for scan in scans:
        write((scan.id, *(scan.values[name] for name in FIELDS)))
    buffer.seek(0)
    return buffer


INSERT = """
    insert into shipments_scanevent (id, tenant_id, shipment_id, kind, happened_at, place, outlet, courier, exception)
    select c.id, %(tenant)s, s.id, c.kind, c.happened_at, c.place, c.outlet, c.courier, c.exception
    from scanned c join shipments_shipment s on s.tenant_id = %(tenant)s and s.waybill_number = c.waybill_number
    on conflict (tenant_id, shipment_id, kind, happened_at) do nothing
    returning id"""

MOVE_SHIPMENTS_ON = """
    with trace as (
        select e.shipment_id,
            min(e.happened_at) filter (where e.kind = 'picked_up') as picked_up_at,
            max(e.happened_at) filter (where e.kind = 'delivered') as delivered_at,
            bool_or(e.kind = 'out_for_delivery') as is_out,
            max(e.happened_at) as last_scan_at,
            array_remove(array_agg(distinct nullif(e.exception, '')), null) as exceptions
        from shipments_scanevent e
        where e.tenant_id = %(tenant)s and e.shipment_id in (
            select s.id from shipments_shipment s
            where s.tenant_id = %(tenant)s and s.waybill_number in (select waybill_number from scanned)
        )
        group by e.shipment_id
    ),
    moved as (
        select s.id, s.version as old_version, s.status as old_status, s.exceptions as old_exceptions, t.last_scan_at,
            case when t.last_scan_at > s.seen_at then null
                else s.silent_since end as silent_since,
            coalesce(s.picked_up_at, t.picked_up_at) as picked_up_at,
            coalesce(s.delivered_at, t.delivered_at) as delivered_at,
            case when s.status in ('cancelled', 'delivered') then s.status
                when t.delivered_at is not null then 'delivered'
                when t.is_out then 'out_for_delivery'
                when s.status = 'accepted' then 'in_transit'
                else s.status end as status,
            case when s.exceptions::text[] @> t.exceptions::text[] then s.exceptions::text[]
                else array(select distinct x from unnest(s.exceptions::text[] || t.exceptions::text[]) x order by x)
                end as exceptions
        from shipments_shipment s join trace t on t.shipment_id = s.id
        where s.tenant_id = %(tenant)s
    ),
    touched as (
        update shipments_shipment s
        set picked_up_at = m.picked_up_at, delivered_at = m.delivered_at, status = m.status, exceptions = m.exceptions,
            last_scan_at = m.last_scan_at, silent_since = m.silent_since,
            -- A scan that says nothing new of its shipment leaves its version as it is.
            version = case
                when (s.picked_up_at, s.delivered_at, s.status::text, s.exceptions::text[], s.silent_since)
                    is distinct from (m.picked_up_at, m.delivered_at, m.status::text, m.exceptions, m.silent_since)
                then s.version + 1 else s.version end
        from moved m
        where s.tenant_id = %(tenant)s and s.id = m.id
            and (s.picked_up_at, s.delivered_at, s.status::text, s.exceptions::text[], s.silent_since, s.last_scan_at)
                is distinct from
                (m.picked_up_at, m.delivered_at, m.status::text, m.exceptions, m.silent_since, m.last_scan_at)
        returning s.id, s.waybill_number, s.customer_id, s.status, s.delivered_at, s.exceptions::text[],
            m.old_status, m.old_exceptions::text[], s.version <> m.old_version as is_moved
    ),
    written as (select *, false as is_new from touched where is_moved)"""
