from datetime import UTC, datetime

import pytest

from core.tenancy.models import Tenant
from shipments.models import ScanEvent, Shipment
from shipments.scans import record_scans
from tests.factories.accounts import inside
from tests.factories.customers import make_customer


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
