"""Many rows in one request: each with its result, none done twice, and nothing that fills the memory."""

import gzip
import json
import time
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.conf import settings as configured

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from core.partners.bulk import kinds, performing, receiving
from core.partners.models import BulkPart
from core.partners.services import revoke_api_key
from customers.models import Customer, CustomerToken
from shipments.models import ScanEvent, Shipment
from tests.factories.accounts import outside
from tests.factories.bulk import faults, perform, results, send, shipment
from tests.factories.customers import make_customer
from tests.factories.partners import Partner, check_described
from tests.factories.tiering import make_shipped

NDJSON = "application/x-ndjson"
RESULT_QUERIES = 8


@pytest.fixture
def partner(tenant):
    return Partner()


def test_rows_are_taken_then_done_by_a_job_each_with_its_result(partner):
    bad = shipment(2, freight={"amount": "x", "currency": "CNY"}, colour="red")

    taken = send(partner, [shipment(1, weight_g=0), bad, 7, shipment(3)])

    job_id = taken.json()["id"]
    assert taken.status_code == 202
    check_described("/shipments/bulk", taken.json(), method="post", status=202)
    assert taken.headers["Location"] == f"/api/v1/jobs/{job_id}"
    assert (taken.json()["state"], taken.json()["total"], taken.json()["done"]) == ("waiting", 4, 0)
    assert (Shipment.objects.count(), results(partner, job_id)) == (0, [])

    perform(job_id)

    answer = partner.get(f"/jobs/{job_id}").json()
    check_described("/jobs/{id}", answer)
    assert (answer["state"], answer["done"], answer["error"]) == ("done", 4, "")
    assert answer["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "failed": 2}
    rows = results(partner, job_id)
    assert [(row["row"], row["status"], row["number"]) for row in rows] == [
        (1, "created", "W-1"),
        (2, "failed", "W-2"),
        (3, "failed", ""),
        (4, "created", "W-3"),
    ]
    assert (rows[0]["warnings"], rows[0]["problem"]) == (["zero_weight"], None)
    assert faults(rows[1]) == [("#/freight", "bad_amount"), ("#/colour", "unknown_field")]
    assert rows[1]["problem"]["request_id"] == taken.headers["X-Request-Id"]
    assert faults(rows[2]) == [("#", "invalid")]
    assert sorted(Shipment.objects.values_list("waybill_number", flat=True)) == ["W-1", "W-3"]
    trail = AuditEvent.objects.get(action="bulk.done")
    assert trail.details == {"job": "shipments", "created": 2, "updated": 0, "failed": 2}
    assert trail.actor_id == partner.key.pk


def test_rows_that_are_sent_again_change_nothing(partner):
    rows = [shipment(number, exceptions=["late"]) for number in range(5)]
    perform(send(partner, rows).json()["id"])
    before = list(Shipment.objects.order_by("pk").values())
    told = OutboxEvent.objects.count()

    job = perform(send(partner, rows).json()["id"])

    assert job.counts == {"unchanged": 5}
    assert list(Shipment.objects.order_by("pk").values()) == before
    assert OutboxEvent.objects.count() == told


def test_caller_waits_for_a_few(partner):
    answer = send(partner, [shipment(1), {"waybill_number": "W-2"}], "/shipments/bulk?wait=true")

    assert answer.status_code == 200
    check_described("/shipments/bulk", answer.json(), method="post")
    assert (answer.json()["state"], answer.json()["counts"]["created"]) == ("done", 1)
    failed = answer.json()["results"][1]
    needed = ["customer_number", "accepted_at", "freight"]
    assert faults(failed) == [(f"#/{name}", "required") for name in needed]
    assert Shipment.objects.get().waybill_number == "W-1"
    assert results(partner, answer.json()["id"]) == answer.json()["results"]


def test_nobody_waits_for_many(partner):
    answer = send(partner, [shipment(number) for number in range(501)], "/shipments/bulk?wait=true")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_to_wait_for")
    assert (BackgroundJob.objects.count(), BulkPart.objects.count()) == (0, 0)
    for value in ("yes", "True", ""):
        assert send(partner, [shipment(1)], f"/shipments/bulk?wait={value}").status_code == 400


def test_row_that_repeats_a_number_is_unchanged_or_refused(partner, monkeypatch):
    """Whichever part it stands in: a part holds two rows here."""
    kind = replace(kinds.kind_named("shipments"), rows_per_part=2)
    monkeypatch.setitem(kinds._kinds, "shipments", kind)
    bad = shipment(1, freight="x")
    rows = [bad, shipment(1), shipment(1), shipment(1, weight_g=9), shipment(2), shipment(2)]

    job = perform(send(partner, rows).json()["id"])

    assert BulkPart.objects.count() == 3
    found = results(partner, job.pk)
    assert [row["status"] for row in found] == ["failed", "created", "unchanged", "failed", "created", "unchanged"]
    assert (found[3]["problem"]["status"], found[3]["problem"]["code"]) == (409, "duplicate_in_request")
    assert Shipment.objects.get(waybill_number="W-1").weight_g is None


def test_ndjson_with_a_broken_line_spoils_no_other(partner):
    odd = json.dumps(shipment(2, origin_city="\u2028"), ensure_ascii=False)
    lines = [json.dumps(shipment(1)), "{broken", "", '{"a": 1, "a": 2}', odd]

    answer = send(partner, "\r\n".join(lines).encode(), "/shipments/bulk?wait=true", **{"Content-Type": NDJSON})

    rows = answer.json()["results"]
    assert [row["status"] for row in rows] == ["created", "failed", "failed", "created"]
    assert [row["problem"]["code"] for row in rows[1:3]] == ["malformed_json", "name_twice"]


def test_gzip_is_unpacked(partner):
    body = gzip.compress(json.dumps([shipment(1), shipment(2)], indent=1).encode())

    answer = send(partner, body, "/shipments/bulk?wait=true", Content_Encoding="gzip")

    assert answer.json()["counts"]["created"] == 2


BOMB = gzip.compress(b"[" + b" " * (64 << 20) + b"]", mtime=0)
PACKED = gzip.compress(b"[1]", mtime=0)
ROW = json.dumps(shipment(1))


@pytest.mark.parametrize(
    ("body", "headers", "refusal"),
    [
        (b" ", {}, (400, "not_an_array")),
        (b"[]", {}, (400, "no_rows")),
        (b"\n \n", {"Content-Type": NDJSON}, (400, "no_rows")),
        (b"{}", {}, (400, "not_an_array")),
        (f"[{ROW}".encode(), {}, (400, "malformed_json")),
        (f"[{ROW},]".encode(), {}, (400, "malformed_json")),
        (f"[{ROW}] x".encode(), {}, (400, "malformed_json")),
        (f"[{ROW} {ROW}]".encode(), {}, (400, "malformed_json")),
        (b"[" * 100_000, {}, (400, "too_deep")),
        (b'["\xff"]', {}, (400, "not_utf8")),
        (b"[" + b",".join([b"1"] * 10_001) + b"]", {}, (413, "too_many_rows")),
        (b"1\n" * 10_001, {"Content-Type": NDJSON}, (413, "too_many_rows")),
        (b"[1]", {"Content-Type": "text/csv"}, (415, "unsupported_media_type")),
        (b"[1]", {"Content-Type": "application/json; charset=gbk"}, (415, "unsupported_media_type")),
        (b"[1]", {"Content_Encoding": "br"}, (415, "unsupported_media_type")),
        (b"[1]", {"Content_Encoding": "gzip"}, (400, "bad_gzip")),
        (PACKED[:-1], {"Content_Encoding": "gzip"}, (400, "bad_gzip")),
        (PACKED * 2, {"Content_Encoding": "gzip"}, (400, "bad_gzip")),
        (BOMB, {"Content_Encoding": "gzip"}, (413, "body_too_large")),
        (b" " * (10 * 1024 * 1024 + 1), {}, (413, "body_too_large")),
    ],
)
def test_body_that_cannot_be_taken_is_refused_and_keeps_nothing(partner, body, headers, refusal):
    answer = send(partner, body, **headers)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert (BackgroundJob.objects.count(), BulkPart.objects.count(), Shipment.objects.count()) == (0, 0, 0)


def test_other_addresses_unpack_nothing(partner):
    body = gzip.compress(b'{"number": "N-1", "company_name": "Acme"}')

    assert partner.send("post", "/customers", body, Content_Encoding="gzip").status_code == 415


ODD = ('{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": 1e999999}', f'{{"a": {"9" * 400}}}', "[" * 30 + "]" * 30)


@pytest.mark.parametrize("row", ODD)
def test_row_that_no_program_means_fails_by_itself(partner, row):
    answer = send(partner, f"[{row}, {ROW}]".encode(), "/shipments/bulk?wait=true")

    assert [each["status"] for each in answer.json()["results"]] == ["failed", "created"]


def test_bombs_are_not_unpacked(partner):
    tracemalloc.start()
    try:
        answer = send(partner, BOMB, Content_Encoding="gzip")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert answer.status_code == 413
    assert peak < 3 * configured.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_memory_holds_the_body_and_not_what_it_describes(partner):
    body = b"[" + b",".join([b'{"a":[' + b"0," * 400 + b"0]}"] * 10_000) + b"]"
    tracemalloc.start()
    try:
        assert send(partner, body).status_code == 202
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * len(body)


def test_idempotency_key_makes_one_job(partner):
    first, second = (send(partner, [shipment(1)], Idempotency_Key="key-1") for _ in range(2))
    other = send(partner, [shipment(2)], Idempotency_Key="key-1")

    assert (second.content, second.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert second.headers["Location"] == first.headers["Location"]
    assert (other.status_code, BackgroundJob.objects.count()) == (422, 1)


def test_idempotency_key_of_who_waits_replays_the_results(partner):
    first, second = (
        send(partner, [shipment(1)], "/shipments/bulk?wait=true", Idempotency_Key="key-1") for _ in range(2)
    )

    assert second.content == first.content
    assert second.json()["counts"]["created"] == 1


def test_part_that_breaks_is_done_again_and_no_other(partner, monkeypatch):
    kind = replace(kinds.kind_named("shipments"), rows_per_part=100)
    monkeypatch.setitem(kinds._kinds, "shipments", kind)
    job_id = send(partner, [shipment(number) for number in range(201)]).json()["id"]
    pack, calls = performing.pack, []

    def fail_once(rows):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("gone")
        return pack(rows)

    monkeypatch.setattr(performing, "pack", fail_once)
    job = perform(job_id)
    assert (job.state, job.done, Shipment.objects.count()) == ("running", 100, 100)

    job = perform(job_id)

    assert (job.state, job.done, job.counts) == ("done", 201, {"created": 201})
    assert OutboxEvent.objects.filter(name="shipment.created").count() == 201
    assert not BulkPart.objects.exclude(content__isnull=True).exists()


def test_job_of_a_key_that_was_revoked_ends_and_writes_nothing(partner, administrator, now):
    job_id = send(partner, [shipment(1)]).json()["id"]
    revoke_api_key(key=partner.key, by=administrator, at=now)

    job = perform(job_id)

    assert (job.state, job.error, Shipment.objects.count()) == ("failed", "no_longer_allowed", 0)


def test_job_of_a_test_key_is_done_in_the_sandbox(tenant):
    tester = Partner(name="Tester", is_test=True)
    job_id = send(tester, [shipment(1)]).json()["id"]

    with outside(tenant):
        perform_job(tenant_id=tenant.sandbox.pk, job_id=job_id, now=lambda: datetime.now(UTC))

    assert (Shipment.objects.count(), BackgroundJob.objects.count()) == (0, 0)
    assert tester.get(f"/jobs/{job_id}").json()["counts"]["created"] == 1
    assert [row["status"] for row in results(tester, job_id)] == ["created"]


def test_problems_are_in_the_language_of_who_sent_the_rows(partner):
    job_id = send(partner, [shipment(1, freight="x")], Accept_Language="zh-CN").json()["id"]
    perform(job_id)

    (row,) = results(partner, job_id)

    assert row["problem"]["errors"][0]["code"] == "invalid"
    assert not row["problem"]["errors"][0]["detail"].isascii()


def test_customers_are_opened_changed_and_left(partner, now, account_manager):
    make_customer(at=now, number="OLD", company_name="Old", region="Bonn")
    make_customer(at=now, number="SAME", company_name="Same")
    nobody = "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"
    rows = [
        {"number": " new ", "kind": "individual", "person_name": "Zhang Wei", "tags": ['a"b', "c\\d,\n{"]},
        {"number": "OLD", "region": "", "account_manager_id": str(account_manager.pk), "special_needs": "Ring twice"},
        {"number": "SAME", "company_name": "Same"},
        {"number": "NAMELESS"},
        {"number": "OLDER", "company_name": "Older", "account_manager_id": nobody},
        {"number": "OLD", "company_name": "Other"},
        {"number": "VIP", "company_name": "Vip", "tier": "vip"},
    ]

    answer = send(partner, rows, "/customers/bulk?wait=true")

    check_described("/customers/bulk", answer.json(), method="post")
    found = answer.json()["results"]
    statuses = ["created", "updated", "unchanged", "failed", "failed", "failed", "failed"]
    assert [row["status"] for row in found] == statuses
    assert [faults(row) for row in found[3:]] == [
        [("#/company_name", "company_name_missing")],
        [("#/account_manager_id", "does_not_exist")],
        [],
        [("#/tier", "not_writable")],
    ]
    new, old = Customer.objects.get(number="new"), Customer.objects.get(number="OLD")
    assert (new.person_name, new.kind, new.tags, new.version) == ("Zhang Wei", "individual", ['a"b', "c\\d, {"], 1)
    assert (old.region, old.account_manager, old.special_needs, old.version) == ("", account_manager, "Ring twice", 2)
    assert Customer.objects.count() == 3
    assert CustomerToken.objects.filter(customer_id=new.pk).exists()
    hits = partner.send("post", "/customers/search", {"query": "Zhang"}).json()["data"]
    assert [hit["customer"]["number"] for hit in hits] == ["new"]
    trail = AuditEvent.objects.filter(actor_id=partner.key.pk, action__startswith="customer.").order_by("pk")
    assert Counter(event.action for event in trail) == {
        "customer.updated": 1,
        "customer.handed_over": 1,
        "customer.created": 1,
    }
    told = OutboxEvent.objects.filter(name="customer.updated").get()
    assert told.payload["changed"] == ["account_manager", "region", "special_needs"]


def test_scans_are_added_once_and_move_their_shipments_on(partner, now):
    make_shipped("N-1", (now, "1.00"), at=now)
    Shipment.objects.update(waybill_number="W-1")
    scan = {"waybill_number": "W-1", "kind": "delivered", "happened_at": "2026-03-03T08:00:00Z"}
    rows = [scan, scan, {**scan, "waybill_number": "W-2"}, {**scan, "kind": "exception"}, {"waybill_number": "W-1"}]

    answer = send(partner, rows, "/shipments/events/bulk?wait=true")

    check_described("/shipments/events/bulk", answer.json(), method="post")
    found = answer.json()["results"]
    assert [row["status"] for row in found] == ["created", "unchanged", "failed", "failed", "failed"]
    assert [faults(row) for row in found[2:]] == [
        [("#/waybill_number", "unknown_waybill")],
        [("#/exception", "bad_exception")],
        [("#/kind", "required"), ("#/happened_at", "required")],
    ]
    assert (ScanEvent.objects.count(), Shipment.objects.get().status) == (1, "delivered")


def test_lines_that_hold_nothing_are_skipped_without_a_look_at_each():
    text = " \r\n\n" * 1_000_000 + '{"a": 1} \r\n\n  {"b": 2}' + "\n \n" * 1_000_000
    started = time.process_time()

    assert list(receiving._lines(text)) == ['{"a": 1}', '{"b": 2}']
    assert time.process_time() - started < 1
