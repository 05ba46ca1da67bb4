"""Shipments and scans by the thousand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from core.partners.bulk.kinds import RowResult, RowStatus
from core.partners.models import ApiKey
from core.partners.problems import BAD_BODY, Fault
from customers.numbers import BadNumber, clean_number
from shipments.api.taken import ScanRow, ShipmentReader, ShipmentRow
from shipments.outcomes import Outcome
from shipments.scans import record_scans
from shipments.upserting import SentShipment, upsert_shipments

SHIPMENTS, SCANS = "shipments", "shipment_events"
# Each part writes the figures of its customers, and at its end: so one part is quicker than many, and agents who work
# on the same customers wait for a moment only.
SHIPMENTS_PER_PART = 10_000
SCANS_PER_PART = 5000


def waybill_of(row: Mapping[str, Any]) -> str:
    """Return the waybill number of a row as it is stored, as far as it is one."""
    text = row.get("waybill_number")
    try:
        return clean_number(text)[:40] if isinstance(text, str) else ""
    except BadNumber:
        return ""


def write_shipments(*, rows: Sequence[Mapping[str, Any]], by: ApiKey, at: datetime) -> list[RowResult]:
    """Create or change shipments, no waybill twice; return what became of each."""
    reader = ShipmentReader(ShipmentRow(), at=at)
    taken: list[SentShipment | RowResult] = []
    for row in rows:
        facts, faults = reader.read(row)
        if faults:
            taken.append(RowResult.of(ValidationError({name: [fault] for name, fault in faults.items()}), {}))
        else:
            taken.append(SentShipment(facts.pop("waybill_number"), facts))
    if sent := [each for each in taken if isinstance(each, SentShipment)]:
        upsert_shipments(sent=sent, by=by, at=at)
    return [each if isinstance(each, RowResult) else _result(each.outcome) for each in taken]


def write_scans(*, rows: Sequence[Mapping[str, Any]], by: ApiKey, at: datetime) -> list[RowResult]:
    """Add scans to the shipments of their waybills; return what became of each."""
    serializer = ScanRow()
    scans: list[dict[str, str]] = []
    results: list[RowResult | None] = []
    for row in rows:
        try:
            scans.append(serializer.run_validation(row))
            results.append(None)
        except ValidationError as error:
            results.append(RowResult.of(error, {}))
    outcomes: Iterable[Outcome] = iter(record_scans(rows=scans, at=at))
    return [result or _result(next(outcomes)) for result in results]


def _result(outcome: Outcome) -> RowResult:
    if outcome.status != RowStatus.FAILED:
        return RowResult(outcome.status, outcome.codes)
    return RowResult.failed(code="invalid_body", detail=BAD_BODY, errors=faults_of(outcome))


def faults_of(outcome: Outcome) -> list[dict[str, str]]:
    """Return what made a row fail, each at its place in the body."""
    return [
        Fault(pointer=f"/{field}", code=code, detail=reason).as_document()
        for field, code, reason in zip(outcome.fields, outcome.codes, outcome.reasons, strict=True)
    ]
