"""What is told of shipments: each turn once, by files and by scans."""

import csv

import pytest

from core.events.models import OutboxEvent, OutboxPending
from core.events.registry import event_type, receive
from customers.models import Customer
from shipments.models import Shipment
from shipments.scans import record_scans
from shipments.upserting import record_shipments

COMMON = {"waybill_number", "customer_id"}
HEADER = "waybill_number,customer_number,accepted_at,freight,delivered_at,exceptions"
WITH_STATUS = f"{HEADER},status"


@pytest.fixture
def bring_in(tenant, now):
    def bring_in(*rows, header=HEADER):
        return record_shipments(rows=csv.DictReader((header, *rows)), by=None, at=now)

    return bring_in


def told(waybill):
    """Return and forget what was told of one shipment, in words; each payload is as declared."""
    shipment = Shipment.objects.get(waybill_number=waybill)
    events = OutboxEvent.objects.filter(subject_id=shipment.pk).order_by("name")
    for event in events:
        event_type(event.name).check(event.payload)
        assert event.payload["waybill_number"] == waybill
        assert event.payload["customer_id"] == str(shipment.customer_id)
    found = [
        (event.name.removeprefix("shipment."), *(event.payload[key] for key in event.payload if key not in COMMON))
        for event in events
    ]
    events.delete()
    return found


def test_new_shipments_are_told_with_what_they_already_are(bring_in):
    bring_in(
        "W1,C1,2026-02-01 08:00,1,,",
        "W2,C1,2026-02-01 08:00,1,2026-02-02 08:00,",
        "W3,C1,2026-02-01 08:00,1,,late;damaged",
    )

    assert told("W1") == [("created", "accepted")]
    assert told("W2") == [("created", "delivered"), ("delivered", "2026-02-02T00:00:00+00:00")]
    assert told("W3") == [("created", "accepted"), ("exception", ["damaged", "late"])]
    customer = Customer.objects.get()
    opened = OutboxEvent.objects.get(name="customer.created")
    assert (opened.subject_id, opened.payload) == (customer.pk, {"number": "C1"})


def test_changes_are_told_once_and_the_same_again_not_at_all(bring_in):
    bring_in("W1,C1,2026-02-01 08:00,1,,late")
    told("W1")

    bring_in("W1,C1,2026-02-01 08:00,2,2026-02-02 08:00,late;lost,delivered", header=WITH_STATUS)
    assert told("W1") == [
        ("delivered", "2026-02-02T00:00:00+00:00"),
        ("exception", ["lost"]),
        ("updated", "delivered"),
    ]

    bring_in("W1,C1,2026-02-01 08:00,2,2026-02-02 08:00,late;lost,delivered", header=WITH_STATUS)
    assert told("W1") == []

    bring_in("W1,C1,2026-02-01 08:00,3,2026-02-02 08:00,late;lost,delivered", header=WITH_STATUS)
    assert told("W1") == [("updated", "delivered")]


def test_archives_of_persons_are_told_by_number_alone(bring_in):
    bring_in(
        "W1,P1,Zhang Wei,individual,2026-02-01 08:00,1",
        header="waybill_number,customer_number,customer_name,customer_kind,accepted_at,freight",
    )

    assert OutboxEvent.objects.get(name="customer.created").payload == {"number": "P1"}


def test_scans_tell_what_they_moved(bring_in, now):
    bring_in("W1,C1,2026-02-01 08:00,1,,", "W2,C1,2026-02-01 08:00,1,,")
    told("W1"), told("W2")
    scans = [
        {"waybill_number": "W1", "kind": "picked_up", "happened_at": "2026-02-01 09:00"},
        {"waybill_number": "W1", "kind": "delivered", "happened_at": "2026-02-02 09:00"},
        {"waybill_number": "W2", "kind": "exception", "happened_at": "2026-02-02 09:00", "exception": "late"},
    ]

    record_scans(rows=scans, at=now)

    assert told("W1") == [("delivered", "2026-02-02T01:00:00+00:00"), ("updated", "delivered")]
    assert told("W2") == [("exception", ["late"]), ("updated", "in_transit")]

    record_scans(rows=scans, at=now)

    assert (told("W1"), told("W2")) == ([], [])


def test_events_wait_for_their_receivers_where_there_are_any(bring_in, monkeypatch):
    monkeypatch.setattr("core.events.registry._receivers", {})
    bring_in("W1,C1,2026-02-01 08:00,1,2026-02-02 08:00,")
    assert OutboxPending.objects.count() == 0

    receive("shipment.delivered", name="test.delivered", call=print)
    bring_in("W2,C1,2026-02-01 08:00,1,2026-02-02 08:00,", "W3,C1,2026-02-01 08:00,1,,")

    delivered = OutboxEvent.objects.get(name="shipment.delivered", payload__waybill_number="W2")
    assert [pending.pk for pending in OutboxPending.objects.all()] == [delivered.pk]
