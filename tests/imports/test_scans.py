"""Scans come in by a file: they move their shipments on, and are taken back."""

import pytest

from shipments.models import ScanEvent, Shipment
from shipments.scans import record_scans
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, in_parts_of, outcomes, undone

HEAD = "运单号,扫描,时间,地点\n"
TRACE = "W1,已揽收,2026-03-01 09:00,上海\nW1,departed,2026-03-01 13:00,\nW1,delivered,2026-03-02 11:00,\n"


@pytest.fixture(autouse=True)
def shipment(tenant, now):
    return Shipment.objects.create(
        waybill_number="W1", customer=make_customer(at=now, number="C1"), accepted_at="2026-03-01T00:00Z"
    )


@pytest.fixture
def bring_in(supervisor, now):
    def bring_in(content, **more):
        return imported(content, by=supervisor, at=now, kind="scans", **more)

    return bring_in


def state():
    shipment = Shipment.objects.get(waybill_number="W1")
    return shipment.status, shipment.picked_up_at is not None, shipment.delivered_at is not None, shipment.exceptions


def test_scans_move_the_shipment_on_and_the_same_again_changes_nothing(bring_in):
    content = HEAD + TRACE.replace("已揽收", "picked_up") + "W9,sorted,2026-03-01 09:00,\nW1,lost,2026-03-01 09:00,\n"

    first = bring_in(content)
    again = bring_in(content)

    assert first.counts == {"created": 3, "refused": 2}, outcomes(first)
    assert [words for *_row, words in outcomes(first)][3:] == [
        "There is no shipment with this waybill number.",
        "Scan: does not know “lost”.",
    ]
    assert again.counts == {"unchanged": 3, "refused": 2}
    assert (state(), ScanEvent.objects.count()) == (("delivered", True, True, []), 3)


def test_check_warns_of_odd_times_and_changes_nothing(supervisor, now):
    content = (
        "waybill_number,kind,happened_at\n"
        "W1,delivered,2026-02-28 09:00\n"
        "W1,sorted,2026-02-28 09:00\n"
        "W1,sorted,2026-02-28 09:00,more\n"
        'W1,"sorted,2026-03-02 13:00\n'
    )

    batch = checked(content, by=supervisor, at=now, kind="scans")

    assert outcomes(batch) == [
        (2, "created", "Delivered before it was accepted; kept as it is."),
        (3, "created", "Scanned before it was accepted; kept as it is."),
        (4, "refused", "The row has more cells than the first line."),
        (5, "refused", "The quotes of this line are not in pairs."),
    ]
    assert (batch.warned, ScanEvent.objects.count()) == (2, 0)


@pytest.mark.parametrize("rows", [1, 2, 500])
def test_undo_takes_the_shipment_back(bring_in, supervisor, now, monkeypatch, rows):
    in_parts_of(monkeypatch, rows, "scans")
    before = Shipment.objects.values().get()
    batch = bring_in(HEAD + TRACE.replace("已揽收", "picked_up"))
    assert state() == ("delivered", True, True, [])

    batch = undone(batch, by=supervisor, at=now)

    assert (batch.counts, ScanEvent.objects.count()) == ({"undone": 3}, 0)
    assert Shipment.objects.values().get() == before


def test_undo_leaves_the_trace_of_a_shipment_that_went_on(bring_in, supervisor, now):
    batch = bring_in(HEAD + "W1,sorted,2026-03-01 09:00,\n")
    record_scans(rows=[{"waybill_number": "W1", "kind": "delivered", "happened_at": "2026-03-01 12:00"}], at=now)

    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "kept", "Somebody or a scan changed it since.")]
    assert (state()[0], ScanEvent.objects.count()) == ("delivered", 2)
