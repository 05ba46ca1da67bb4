"""Scans of shipments that come in by files: what their columns mean, and what becomes of each row."""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row
from core.imports.running import keep_row
from core.imports.texts import meaning_of_choices, plain_moment
from core.tenancy.scope import current_tenant
from customers.turns import wait_for_imports
from shipments.enums import ScanKind, ShipmentException
from shipments.imports.shipments import warning
from shipments.labels import SCAN_LABELS
from shipments.models import ScanEvent, Shipment
from shipments.outcomes import Outcome
from shipments.permissions import IMPORT
from shipments.rows import Memo, RowRefused
from shipments.scans import (
    FIELDS,
    REQUIRED,
    UNKNOWN_WAYBILL,
    Scan,
    read_scan,
    scan_parsers,
    warning_before_acceptance,
    write_scans,
)
from shipments.undoing import MOVED, WrittenScan, undo_scans

NAMES = {
    "waybill_number": (
        *("运单", "运单编号", "单号", "快递单号", "物流单号"),
        *("waybill", "awb", "tracking number", "tracking no", "consignment"),
    ),
    "kind": ("扫描类型", "操作类型", "轨迹类型", "scan type", "event", "status"),
    "happened_at": ("扫描时间", "操作时间", "发生时间", "scan time", "event time", "date"),
    "place": ("城市", "扫描城市", "所在地", "city", "location"),
    "outlet": ("扫描网点", "操作网点", "branch", "depot", "station"),
    "courier": ("快递员", "操作员", "小哥", "driver", "operator"),
    "exception": ("异常类型", "异常原因", "exception type"),
}
MEANINGS = {"kind": ScanKind, "exception": ShipmentException}


def fields() -> list[ImportField]:
    """Return the facts of a scan."""
    meaning = meaning_of_choices(ScanKind)
    looks = {"kind": lambda text: meaning(text).casefold() in ScanKind.values}
    return [
        ImportField(
            name=name,
            label=SCAN_LABELS[name],
            is_required=name in REQUIRED,
            names=NAMES[name],
            looks_like=looks.get(name),
        )
        for name in FIELDS
    ]


def reader(present: Collection[str], at: datetime) -> Callable[[Row], None]:
    """Return what reads a row into the values of a scan."""
    parsers = scan_parsers(ZoneInfo(current_tenant().time_zone), at)
    meanings = {name: meaning_of_choices(choices) for name, choices in MEANINGS.items()}
    meanings["happened_at"] = plain_moment
    read = {name: Memo(_both(meanings.get(name, str), parse)) for name, parse in parsers.items()}

    def read_row(row: Row) -> None:
        try:
            values = read_scan({name: memo.__getitem__ for name, memo in read.items()}, row.cells)
        except RowRefused as refusal:
            for each in (*_refusals(read, row.cells), refusal):
                row.refuse(each.reason, SCAN_LABELS[each.field])
            row.key = row.cells["waybill_number"].strip()
            row.values = {"waybill_number": row.key}
            return
        row.values = values
        row.key = values["waybill_number"]
        row.marks = (f"{row.key}|{values['kind']}|{values['happened_at'].isoformat()}",)

    return read_row


def _refusals(read: Mapping[str, Memo], cells: Mapping[str, str]) -> Iterator[RowRefused]:
    """Yield what is wrong with each cell by itself."""
    for name, memo in read.items():
        try:
            memo[cells.get(name, "")]
        except RowRefused as refusal:
            yield refusal


def _both(meaning: Callable[[str], str], parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: parse(meaning(text))


def _shipments_of(rows: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
    """Return what is stored of the rows' shipments, by waybill; one query."""
    found = Shipment.objects.filter(waybill_number__in={row.key for row in rows})
    names = ("waybill_number", "pk", "version", "customer_id", "accepted_at", *MOVED)
    return {each["waybill_number"]: each for each in found.values(*names)}


def plan(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Say what would become of the rows."""
    shipments = _shipments_of(rows)
    scans = ScanEvent.objects.filter(shipment__in=[each["pk"] for each in shipments.values()])
    there = set(scans.values_list("shipment", "kind", "happened_at"))
    for row in rows:
        shipment = shipments.get(row.key)
        if shipment is None:
            row.refuse(UNKNOWN_WAYBILL)
            continue
        row.owner_id = shipment["customer_id"]
        if row.is_refused:
            continue
        scan = (shipment["pk"], row.values["kind"], row.values["happened_at"])
        row.status = RowStatus.UNCHANGED if scan in there else RowStatus.CREATED
        if row.values["happened_at"] < shipment["accepted_at"]:
            row.warnings.append(warning(warning_before_acceptance(row.values["kind"])))


def write(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Add the scans to their shipments' traces by the statement of the API, and move the shipments on."""
    if not rows:
        return
    wait_for_imports()
    before = _shipments_of(rows)
    scans = [Scan(Outcome(row.line, row.key), row.values) for row in rows]
    write_scans(scans, at=at)
    after = _shipments_of(rows)
    told: set[str] = set()
    for row, scan in zip(rows, scans, strict=True):
        if scan.outcome.status == "failed":
            row.refuse(UNKNOWN_WAYBILL)
            continue
        row.status = RowStatus(scan.outcome.status)
        row.owner_id = after[row.key]["customer_id"]
        if row.status == RowStatus.CREATED:
            row.record_id = scan.id
            row.before = _before(before[row.key], after[row.key], is_first=row.key not in told)
            told.add(row.key)


def _before(before: Mapping[str, Any], after: Mapping[str, Any], *, is_first: bool) -> dict[str, Any]:
    """Return what undoes a scan, as JSON; the first of a shipment takes back what all of the part moved on."""
    kept = {"shipment": str(after["pk"]), "version": after["version"]}
    if is_first:
        facts = {name: before[name] for name in MOVED}
        facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
        kept |= {"version_before": before["version"], "facts": facts}
    return kept


def undo(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Remove the scans and take their shipments back, but for those that somebody touched since."""
    written = [
        WrittenScan(
            scan_id=row.record_id,
            shipment_id=uuid.UUID(row.before["shipment"]),
            version=row.before["version"],
            version_before=row.before.get("version_before", row.before["version"]),
            facts=_as_facts(row.before.get("facts", {})),
        )
        for row in rows
    ]
    undo_scans(written=written, by=by, at=at)
    for row, each in zip(rows, written, strict=True):
        if each.kept is None:
            row.status = RowStatus.UNDONE
        else:
            keep_row(row, each.kept)


def _as_facts(before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name.endswith(("_at", "_since")) and value else value
        for name, value in before.items()
    }


SCANS = ImportKind(
    name="scans",
    label=_("Scans of shipments"),
    text=_("Added to the traces of known waybills, which they move on."),
    icon="scan",
    permission=IMPORT,
    order=50,
    key="waybill_number",
    fields=fields,
    reader=reader,
    plan=plan,
    write=write,
    undo=undo,
    rows_per_part=2000,
    list_url="shipments:list",
)
