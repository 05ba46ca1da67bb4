"""Partners write shipments and scans by the rules of files."""

from datetime import UTC, datetime

import pytest

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.partners.models import ApiKey
from core.partners.schema import description
from customers.models import Customer
from shipments.models import ScanEvent, Shipment
from shipments.rows import BLANKS
from shipments.upserting import SentShipment, upsert_shipments
from tests.factories.partners import Partner, check_described

PATH = "/shipments/by-number/W-1"
BODY = {
    "customer_number": "N-1",
    "customer_name": "Acme",
    "accepted_at": "2026-03-01T08:00:00+08:00",
    "freight": {"amount": "12.50", "currency": "CNY"},
    "services": ["signed_return", "insured_value"],
    "weight_g": 2400,
    "transport_mode": "air",
    "origin_city": "上海",
}


@pytest.fixture
def partner(tenant):
    return Partner()


def put(partner, body=BODY, path=PATH, **headers):
    return partner.send("put", path, body, **headers)


def refused(answer):
    return answer.status_code, [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_put_creates_then_changes_nothing_then_what_it_names_alone(partner):
    created, same = put(partner), put(partner)
    changed = put(partner, {"status": "delivered", "weight_g": None, "origin_city": ""})

    shipment = Shipment.objects.get()
    assert [each.status_code for each in (created, same, changed)] == [201, 200, 200]
    assert [each.json()["version"] for each in (created, same, changed)] == [1, 1, 2]
    check_described("/shipments/by-number/{number}", created.json(), method="put", status=201)
    assert created.headers["Location"] == f"/api/v1/shipments/{shipment.pk}"
    assert (created.json()["accepted_at"], created.json()["status"]) == ("2026-03-01T00:00:00Z", "accepted")
    assert (created.json()["services"], created.json()["freight"]["amount"]) == (
        ["insured_value", "signed_return"],
        "12.50",
    )
    assert (shipment.status, shipment.weight_g, shipment.origin_city) == ("delivered", None, "")
    assert (shipment.transport_mode, str(shipment.freight), shipment.customer.number) == ("air", "12.50", "N-1")
    assert partner.get(PATH).json() == changed.json()
    assert partner.get("/shipments/by-number/W-2").status_code == 404


def test_put_opens_the_archive_keeps_its_figures_and_tells(partner):
    put(partner)
    put(partner, {"exceptions": ["late"]})

    customer = Customer.objects.get()
    assert (customer.number, customer.company_name, customer.shipment_count) == ("N-1", "Acme", 1)
    assert customer.last_shipment_at == datetime(2026, 3, 1, tzinfo=UTC)
    told = OutboxEvent.objects.filter(name__startswith="shipment.").order_by("pk").values_list("name", flat=True)
    assert sorted(told) == ["shipment.created", "shipment.exception", "shipment.updated"]
    trail = AuditEvent.objects.filter(action__startswith="shipment.").order_by("pk")
    assert [(event.action, event.actor_id) for event in trail] == [
        ("shipment.created", partner.key.pk),
        ("shipment.updated", partner.key.pk),
    ]
    assert trail.last().changes == {"exceptions": [[], ["late"]]}


def test_put_moves_a_shipment_to_another_customer(partner):
    put(partner)

    put(partner, {"customer_number": "N-2"})

    assert dict(Customer.objects.values_list("number", "shipment_count")) == {"N-1": 0, "N-2": 1}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"customer_number": ""}, ("#/customer_number", "blank")),
        ({"customer_number": "N" * 41}, ("#/customer_number", "max_length")),
        ({"customer_number": "N\u200b1"}, ("#/customer_number", "control_character")),
        ({"customer_number": 7}, ("#/customer_number", "invalid")),
        ({"accepted_at": "2026-03-01 08:00"}, ("#/accepted_at", "invalid")),
        ({"accepted_at": "2026-02-30T08:00:00Z"}, ("#/accepted_at", "bad_date")),
        ({"accepted_at": "1999-12-31T08:00:00Z"}, ("#/accepted_at", "date_too_early")),
        ({"accepted_at": "2999-12-31T08:00:00Z"}, ("#/accepted_at", "date_in_future")),
        ({"accepted_at": None}, ("#/accepted_at", "invalid")),
        ({"freight": "12.50"}, ("#/freight", "invalid")),
        ({"freight": {"amount": "12.50"}}, ("#/freight", "invalid")),
        ({"freight": {"amount": 12.5, "currency": "CNY"}}, ("#/freight", "bad_amount")),
        ({"freight": {"amount": "-1.00", "currency": "CNY"}}, ("#/freight", "bad_amount")),
        ({"freight": {"amount": "1.001", "currency": "CNY"}}, ("#/freight", "bad_amount")),
        ({"freight": {"amount": "1.00", "currency": "EUR"}}, ("#/freight", "wrong_currency")),
        ({"status": "canceled"}, ("#/status", "invalid_choice")),
        ({"status": None}, ("#/status", "invalid_choice")),
        ({"services": ["gift"]}, ("#/services", "invalid")),
        ({"services": "insured_value"}, ("#/services", "invalid")),
        ({"exceptions": ["damaged", "silent"]}, ("#/exceptions", "invalid")),
        ({"weight_g": -1}, ("#/weight_g", "invalid")),
        ({"weight_g": True}, ("#/weight_g", "invalid")),
        ({"weight_g": 10**10}, ("#/weight_g", "invalid")),
        ({"goods_category": "x" * 101}, ("#/goods_category", "max_length")),
        ({"goods_category": "a\u0007b"}, ("#/goods_category", "control_character")),
        ({"colour": "red"}, ("#/colour", "unknown_field")),
        ({"contribution": {"amount": "1.00", "currency": "CNY"}}, ("#/contribution", "not_writable")),
        ({"waybill_number": "W-2"}, ("#/waybill_number", "not_writable")),
        ({"version": 7}, ("#/version", "not_writable")),
    ],
)
def test_put_of_what_is_not_taken_is_refused_by_name_and_writes_nothing(partner, change, fault):
    assert refused(put(partner, {**BODY, **change})) == (400, [fault])
    assert (Shipment.objects.count(), Customer.objects.count()) == (0, 0)


def test_put_names_everything_that_is_wrong(partner):
    answer = put(partner, {**BODY, "weight_g": "x", "status": "x"})

    assert refused(answer) == (400, [("#/weight_g", "invalid"), ("#/status", "invalid_choice")])
    assert refused(put(partner, [BODY])) == (400, [("#", "invalid")])


def test_put_of_a_new_shipment_needs_what_each_has(partner):
    answer = put(partner, {"status": "accepted"})

    needed = ["#/customer_number", "#/accepted_at", "#/freight"]
    assert refused(answer) == (400, [(pointer, "required") for pointer in needed])
    assert Shipment.objects.count() == 0


def test_waybill_with_a_slash_has_an_address(partner):
    assert put(partner, path="/shipments/by-number/2026%2F1").json()["waybill_number"] == "2026/1"
    assert partner.get("/shipments/by-number/2026/1").json()["waybill_number"] == "2026/1"


def test_put_of_a_waybill_that_cannot_be_one(partner):
    problem = put(partner, path="/shipments/by-number/a%E2%80%8Bb").json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("bad_number", "#/path/number")
    assert put(partner, path=f"/shipments/by-number/{'W' * 41}").status_code == 400
    assert Shipment.objects.count() == 0


def test_put_honours_conditions(partner):
    assert put(partner, If_Match='"1"').status_code == 412
    etag = put(partner, If_None_Match="*").headers["ETag"]
    assert put(partner, If_None_Match="*").status_code == 412

    changed = put(partner, {"status": "in_transit"}, If_Match=etag)
    stale = put(partner, {"status": "delivered"}, If_Match=etag)

    assert (changed.status_code, stale.status_code, stale.json()["code"]) == (200, 412, "record_changed")
    assert Shipment.objects.get().status == "in_transit"


def test_many_that_name_different_facts_keep_what_they_do_not_name(partner, now):
    put(partner)
    shipment = Shipment.objects.get()
    facts = {"customer_number": "N-9", "accepted_at": now, "freight": 100}

    sent = [
        SentShipment("W-1", {"status": "in_transit"}),
        SentShipment("W-2", {**facts, "weight_g": 700}),
        SentShipment("W-3", facts),
        SentShipment("W-4", {"weight_g": 1}),
    ]
    upsert_shipments(sent=sent, by=ApiKey.objects.get(), at=now)

    assert [each.outcome.status for each in sent] == ["updated", "created", "created", "failed"]
    after = Shipment.objects.get(pk=shipment.pk)
    assert {name for name in BLANKS if getattr(after, name, 0) != getattr(shipment, name, 0)} == {"status"}
    assert dict(Shipment.objects.values_list("waybill_number", "weight_g")) == {"W-1": 2400, "W-2": 700, "W-3": None}


def test_what_is_described_is_what_is_read(tenant):
    described = description()["components"]["schemas"]["ShipmentUpsert"]["properties"]

    assert {*described} == {*BLANKS} - {"waybill_number"}


SCAN = {"kind": "picked_up", "happened_at": "2026-03-01T09:55:00Z", "place": "Shanghai", "courier": "K-107"}


@pytest.fixture
def shipment(partner):
    put(partner)
    return Shipment.objects.get()


def scans(shipment, more=""):
    return f"/shipments/{shipment.pk}/events{more}"


def test_scan_is_added_once_and_moves_the_shipment_on(partner, shipment):
    first = partner.send("post", scans(shipment), SCAN)
    again = partner.send("post", scans(shipment), {**SCAN, "place": "Elsewhere"})

    scan = ScanEvent.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    check_described("/shipments/{shipment}/events", first.json(), method="post", status=201)
    check_described("/shipments/{shipment}/events", again.json(), method="post", status=200)
    assert again.json() == first.json()
    assert first.headers["Location"] == f"/api/v1/shipments/{shipment.pk}/events/{scan.pk}"
    assert partner.get(scans(shipment, f"/{scan.pk}")).json() == first.json()
    shipment.refresh_from_db()
    assert (shipment.status, shipment.picked_up_at, shipment.version) == ("in_transit", scan.happened_at, 2)
    trail = AuditEvent.objects.get(action="scan.recorded")
    assert (trail.subject_id, trail.details, trail.actor_id) == (shipment.pk, {"scan": "picked_up"}, partner.key.pk)


def test_scans_are_listed_filtered_and_sorted(partner, shipment):
    for kind, hour in (("arrived", 12), ("departed", 11)):
        partner.send("post", scans(shipment), {"kind": kind, "happened_at": f"2026-03-01T{hour}:00:00Z"})

    def found(**params):
        answer = partner.get(scans(shipment), params).json()
        check_described("/shipments/{shipment}/events", answer)
        return [row["kind"] for row in answer["data"]]

    assert found() == ["departed", "arrived"]
    assert found(sort="-happened_at") == ["arrived", "departed"]
    assert found(**{"filter[kind][eq]": "arrived"}) == ["arrived"]
    assert found(**{"filter[happened_at][lt]": "2026-03-01T12:00:00Z"}) == ["departed"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kind": "eaten"}, ("#/kind", "invalid_choice")),
        ({"happened_at": "2026-03-01T09:55:00"}, ("#/happened_at", "invalid")),
        ({"happened_at": "2026-02-30T09:55:00Z"}, ("#/happened_at", "invalid")),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, ("#/happened_at", "invalid")),
        ({"happened_at": "2999-03-01T09:55:00Z"}, ("#/happened_at", "date_in_future")),
        ({"exception": "late"}, ("#/exception", "bad_exception")),
        ({"kind": "exception"}, ("#/exception", "bad_exception")),
        ({"kind": "exception", "exception": "silent"}, ("#/exception", "invalid_choice")),
        ({"place": "a\u0007b"}, ("#/place", "control_character")),
        ({"shipment": "W-1"}, ("#/shipment", "unknown_field")),
    ],
)
def test_scan_that_breaks_a_rule_is_refused_by_name_and_writes_nothing(partner, shipment, change, fault):
    answer = partner.send("post", scans(shipment), {**SCAN, **change})

    assert refused(answer) == (400, [fault])
    assert ScanEvent.objects.count() == 0


def test_keys_without_the_scope_write_nothing(tenant, partner, shipment):
    reader = Partner(name="Reader", allowed=["shipments:read"])

    assert put(reader, {"status": "delivered"}).json()["code"] == "scope_missing"
    assert reader.send("post", scans(shipment), SCAN).status_code == 403
    shipment.refresh_from_db()
    assert (shipment.status, ScanEvent.objects.count()) == ("accepted", 0)
    assert put(Partner(name="Writer", allowed=["shipments:write"]), {"status": "delivered"}).status_code == 200
