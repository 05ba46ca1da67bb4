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
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.tenancy.ids import uuid7
from core.tenancy.scope import current_tenant, required_tenant_id
from shipments.enums import ScanKind, ShipmentException
from shipments.rows import RowRefused, choice_parser, moment_parser, text_parser
from shipments.turns import wait_for_imports

FIELDS = ("waybill_number", "kind", "happened_at", "place", "outlet", "courier", "exception")
REQUIRED = FIELDS[:3]


@dataclass(slots=True)
class ScanOutcome:
    """What became of one row: created, unchanged or failed, with a code and a reason."""

    line: int
    waybill_number: str
    status: str = "unchanged"
    code: str = ""
    reason: str | Promise = ""

    def as_cells(self) -> list[str]:
        """Return line, waybill number, status, code and reason."""
        return [str(self.line), self.waybill_number, self.status, self.code, str(self.reason)]


@dataclass(slots=True)
class _Scan:
    outcome: ScanOutcome
    values: dict[str, Any]
    id: uuid.UUID = field(default_factory=uuid7)


@transaction.atomic
def record_scans(*, rows: Iterable[Mapping[str, str]], first_line: int = 1, at: datetime) -> list[ScanOutcome]:
    """Write the scans, given as text by the names of FIELDS, and return what became of each, in order.

    A scan is one of its waybill, kind and time: the same again changes nothing. A shipment's status and times
    follow its trace forward, never back. Naive times are local to the tenant.
    """
    parsers = _parsers(ZoneInfo(current_tenant().time_zone), at)
    outcomes: list[ScanOutcome] = []
    scans: list[_Scan] = []
    for line, row in enumerate(rows, start=first_line):
        outcome = ScanOutcome(line, "".join(letter for letter in row["waybill_number"][:40] if letter.isprintable()))
        outcomes.append(outcome)
        try:
            scans.append(_Scan(outcome, _parse(parsers, row)))
        except RowRefused as refusal:
            outcome.status, outcome.code, outcome.reason = "failed", refusal.code, refusal.message
    if scans:
        _write(scans)
    return outcomes


def _parsers(zone: ZoneInfo, at: datetime) -> dict[str, Any]:
    return {
        "waybill_number": text_parser("waybill_number", 40, required=True),
        "kind": choice_parser("kind", ScanKind),
        "happened_at": moment_parser("happened_at", zone, at, required=True),
        "place": text_parser("place", 100),
        "outlet": text_parser("outlet", 100),
        "courier": text_parser("courier", 60),
        "exception": choice_parser("exception", ShipmentException),
    }


def _parse(parsers: Mapping[str, Any], row: Mapping[str, str]) -> dict[str, Any]:
    values = {name: parse(row.get(name, "")) for name, parse in parsers.items()}
    if not values["kind"]:
        raise RowRefused.of("missing_value", "kind", _("is empty."))
    if bool(values["exception"]) != (values["kind"] == ScanKind.EXCEPTION):
        raise RowRefused.of("bad_exception", "exception", _("belongs to a scan of an exception, and to no other."))
    return values


def _write(scans: list[_Scan]) -> None:
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
            "select waybill_number from shipments_shipment where tenant_id = %s"
            " and waybill_number in (select waybill_number from scanned)",
            [tenant_id],
        )
        known = {waybill for (waybill,) in cursor.fetchall()}
        cursor.execute(INSERT, {"tenant": tenant_id})
        created = {scan_id for (scan_id,) in cursor.fetchall()}
        cursor.execute(MOVE_SHIPMENTS_ON, {"tenant": tenant_id})
        cursor.execute("drop table scanned")
    for scan in scans:
        if scan.values["waybill_number"] not in known:
            scan.outcome.status, scan.outcome.code = "failed", "unknown_waybill"
            scan.outcome.reason = _("There is no shipment with this waybill number.")
        elif scan.id in created:
            scan.outcome.status = "created"


def _as_csv(scans: list[_Scan]) -> io.StringIO:
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
            array_remove(array_agg(distinct nullif(e.exception, '')), null) as exceptions
        from shipments_scanevent e
        where e.tenant_id = %(tenant)s and e.shipment_id in (
            select s.id from shipments_shipment s
            where s.tenant_id = %(tenant)s and s.waybill_number in (select waybill_number from scanned)
        )
        group by e.shipment_id
    ),
    moved as (
        select s.id,
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
    )
    update shipments_shipment s
    set picked_up_at = m.picked_up_at, delivered_at = m.delivered_at, status = m.status, exceptions = m.exceptions
    from moved m
    where s.tenant_id = %(tenant)s and s.id = m.id
        and (s.picked_up_at, s.delivered_at, s.status::text, s.exceptions::text[])
            is distinct from (m.picked_up_at, m.delivered_at, m.status::text, m.exceptions)"""
