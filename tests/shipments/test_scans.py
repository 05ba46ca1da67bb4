from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.tenancy.models import Tenant
from shipments.models import ScanEvent, Shipment
from shipments.scans import record_scans
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

HEAD = "waybill_number,kind,happened_at\n"


@pytest.fixture
def shipment(tenant: Tenant, now: datetime) -> Shipment:
    return make_shipment("W1", now)


def make_shipment(waybill: str, at: datetime) -> Shipment:
    return Shipment.objects.create(waybill_number=waybill, customer=make_customer(at=at), accepted_at=at)


def scan(kind: str, happened_at: str, *, waybill: str = "W1", **facts: str) -> dict[str, str]:
    return {"waybill_number": waybill, "kind": kind, "happened_at": happened_at, **facts}


def test_record_scans_keeps_outlet_and_courier_in_the_tenants_time(shipment, now):
    rows = [scan("picked_up", "2026-03-02 09:00", place="上海", outlet="浦东一部", courier="K-17")]

    assert [outcome.status for outcome in record_scans(rows=rows, at=now)] == ["created"]

    event = ScanEvent.objects.get()
    assert (event.shipment_id, event.kind, event.place, event.outlet, event.courier) == (
        shipment.pk,
        "picked_up",
        "上海",
        "浦东一部",
        "K-17",
    )
    assert event.happened_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_record_scans_again_changes_nothing(shipment, now):
    rows = [scan("picked_up", "2026-03-02T01:00Z"), scan("sorted", "2026-03-02T02:00Z")]
    record_scans(rows=rows, at=now)

    assert [outcome.status for outcome in record_scans(rows=rows, at=now)] == ["unchanged", "unchanged"]
    assert ScanEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["picked_up"], "in_transit"),
        (["picked_up", "departed", "out_for_delivery"], "out_for_delivery"),
        (["out_for_delivery", "delivered"], "delivered"),
    ],
)
def test_record_scans_moves_the_shipment_on(shipment, now, kinds, status):
    record_scans(rows=[scan(kind, f"2026-03-02T0{hour}:00Z") for hour, kind in enumerate(kinds)], at=now)

    shipment.refresh_from_db()
    assert shipment.status == status
    assert (shipment.delivered_at is not None) == (status == "delivered")


def test_late_scans_never_move_a_shipment_back(shipment, now):
    record_scans(rows=[scan("delivered", "2026-03-02T03:00Z")], at=now)

    record_scans(rows=[scan("out_for_delivery", "2026-03-02T02:00Z")], at=now)

    shipment.refresh_from_db()
    assert (shipment.status, shipment.delivered_at) == ("delivered", datetime(2026, 3, 2, 3, 0, tzinfo=UTC))


def test_exception_of_a_scan_stands_on_the_shipment_once(shipment, now):
    Shipment.objects.filter(pk=shipment.pk).update(exceptions=["late"])

    for hour in (1, 2):
        record_scans(rows=[scan("exception", f"2026-03-02T0{hour}:00Z", exception="damaged")], at=now)

    shipment.refresh_from_db()
    assert shipment.exceptions == ["damaged", "late"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (scan("picked_up", "2026-03-02T01:00Z", waybill="W9"), "unknown_waybill"),
        (scan("", "2026-03-02T01:00Z"), "missing_value"),
        (scan("lost", "2026-03-02T01:00Z"), "unknown_value"),
        (scan("sorted", "2026-02-30"), "bad_date"),
        (scan("sorted", ""), "missing_value"),
        (scan("sorted", "2026-03-02T01:00Z", exception="lost"), "bad_exception"),
        (scan("exception", "2026-03-02T01:00Z"), "bad_exception"),
        (scan("sorted", "2026-03-02T01:00Z", outlet="a\x00b"), "control_character"),
        (scan("sorted", "2026-03-02T01:00Z", courier="k" * 61), "too_long"),
    ],
)
def test_bad_scan_is_refused_and_spoils_no_other(shipment, now, row, code):
    outcomes = record_scans(rows=[row, scan("sorted", "2026-03-02T05:00Z")], at=now)

    assert [(outcome.status, outcome.codes) for outcome in outcomes] == [("failed", [code]), ("created", ())]
    assert ScanEvent.objects.count() == 1


def test_scans_of_another_tenants_waybill_are_unknown(shipment, other_tenant, tenant, now):
    with inside(other_tenant, leaving=tenant):
        foreign = make_shipment("R1", now)

    outcomes = record_scans(rows=[scan("delivered", "2026-03-02T01:00Z", waybill="R1")], at=now)

    assert outcomes[0].codes == ["unknown_waybill"]
    with inside(other_tenant, leaving=tenant):
        foreign.refresh_from_db()
        assert (foreign.status, ScanEvent.objects.count()) == ("accepted", 0)


def test_import_scans_reads_as_shipments_are_read(shipment, tmp_path: Path):
    """Blank lines count, extra cells and open quotes spoil their own row alone, odd times are warned of."""
    file, result, out = tmp_path / "scans.csv", tmp_path / "result.csv", StringIO()
    rows = [
        "",
        "W1,sorted,2026-03-02 13:00,more",
        'W1,"sorted,2026-03-02 13:00',
        "W1,delivered,2026-03-02 09:00",
        "W1,sorted,2026-03-02 09:00",
        "W1,departed,2026/3/2 13:00",
    ]
    file.write_text(HEAD + "\n".join(rows) + "\n")

    call_command("import_scans", file, tenant="swift", result=result, stdout=out, stderr=StringIO())

    assert out.getvalue().split() == ["created:", "3", "unchanged:", "0", "failed:", "2", "warned:", "2"]
    assert [line.split(",")[:4] for line in result.read_text().splitlines()[1:]] == [
        ["3", "W1", "failed", "wrong_column_count"],
        ["4", "", "failed", "broken_quotes"],
        ["5", "W1", "created", "delivered_before_acceptance"],
        ["6", "W1", "created", "scanned_before_acceptance"],
        ["7", "W1", "created", ""],
    ]


def test_import_scans_where_the_result_cannot_be_written_changes_nothing(shipment, tmp_path: Path):
    file = tmp_path / "scans.csv"
    file.write_text(f"{HEAD}W1,sorted,2026-03-02 13:00\n")

    with pytest.raises(CommandError):
        call_command("import_scans", file, tenant="swift", result=tmp_path / "missing" / "result.csv")

    assert ScanEvent.objects.count() == 0


def test_import_scans_counts_and_names_refused_rows(shipment, tmp_path: Path):
    file, out, errors = tmp_path / "scans.csv", StringIO(), StringIO()
    file.write_text("waybill_number,kind,happened_at\nW1,sorted,2026-03-02 13:00\nW9,sorted,2026-03-02 09:00\n")

    call_command("import_scans", file, tenant="swift", stdout=out, stderr=errors)

    assert out.getvalue().split() == ["created:", "1", "unchanged:", "0", "failed:", "1", "warned:", "0"]
    assert errors.getvalue().startswith("3: W9: failed: unknown_waybill")


@pytest.mark.parametrize("content", [b"waybill_number,kind\nW1,sorted\n", b"\xff\xfe", b'"a', b"", HEAD.encode()])
def test_import_scans_of_an_unreadable_file_changes_nothing(shipment, tmp_path: Path, content: bytes):
    file = tmp_path / "scans.csv"
    file.write_bytes(content)

    with pytest.raises(CommandError):
        call_command("import_scans", file, tenant="swift")

    assert ScanEvent.objects.count() == 0
