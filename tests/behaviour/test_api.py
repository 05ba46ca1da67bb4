from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from behaviour.models import BehaviourEvent
from tests.behaviour.sent import counts, did
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.accounts import inside
from tests.factories.bulk import faults, perform, results, send
from tests.factories.customers import make_customer
from tests.factories.partners import Partner, check_described

PATH = "/behaviour-events"
QUERIES = 8


@pytest.fixture
def now():
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


@pytest.fixture
def partner(customer):
    return Partner()


def body(now, **facts):
    return {
        "event_id": "web-1",
        "customer_number": "C-1",
        "kind": "quote",
        "source": "web",
        "happened_at": now.isoformat(),
        **facts,
    }


def test_an_event_is_sent_and_read(partner, customer, now):
    facts = {
        "section": "prices",
        "product": "Next day",
        "origin_city": "上海",
        "destination_city": "St. Helens",
        "amount": {"amount": "23.50", "currency": "CNY"},
    }
    response = partner.send("post", PATH, body(now, **facts))

    assert response.status_code == 201
    answer = response.json()
    check_described(PATH, answer, method="post", status=201)
    assert {name: answer[name] for name in facts} == facts
    assert (answer["customer_id"], answer["customer_number"]) == (str(customer.pk), "C-1")
    assert partner.get(response["Location"].removeprefix("/api/v1")).json() == answer
    listed = partner.get(PATH, {"filter[kind][eq]": "quote", "filter[customer_number][eq]": "C-1"}).json()
    check_described(PATH, listed)
    assert listed["data"] == [answer]


def test_the_same_again_is_the_same_event(partner, customer, now):
    first = partner.send("post", PATH, body(now))

    again = partner.send("post", PATH, body(now))
    other = partner.send("post", PATH, body(now, kind="visit"))

    assert (again.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "event_id_taken")
    assert counts(customer) == (0, 1, 0)


@pytest.mark.parametrize(
    ("facts", "pointer", "code"),
    [
        ({"ip_address": "10.0.0.1"}, "#/ip_address", "unknown_field"),
        ({"note": "Lin Mei asked"}, "#/note", "unknown_field"),
        ({"event_id": "lin@kiln.example"}, "#/event_id", "invalid"),
        ({"kind": "bought"}, "#/kind", "invalid_choice"),
        ({"section": "/prices?name=Lin"}, "#/section", "invalid_choice"),
        ({"product": "call 13800138000"}, "#/product", "looks_personal"),
        ({"product": "lin@kiln.example"}, "#/product", "looks_personal"),
        ({"product": "a; b"}, "#/product", "invalid"),
        ({"origin_city": "12 Dock Road"}, "#/origin_city", "invalid"),
        ({"destination_city": "10.0.0.1"}, "#/destination_city", "invalid"),
        ({"amount": {"amount": "-1", "currency": "CNY"}}, "#/amount/amount", "bad_amount"),
        ({"amount": {"amount": "1", "currency": "GBP"}}, "#/amount/currency", "wrong_currency"),
        ({"customer_number": "X-1"}, "#/customer_number", "no_such_customer"),
        ({"happened_at": "2020-01-01T00:00:00Z"}, "#/happened_at", "happened_too_long_ago"),
        ({"happened_at": "2199-01-01T00:00:00Z"}, "#/happened_at", "not_yet_happened"),
    ],
)
def test_what_is_not_taken_is_refused_by_name(partner, now, facts, pointer, code):
    response = partner.send("post", PATH, body(now, **facts))

    assert response.status_code == 400
    assert [(each["pointer"], each["code"]) for each in response.json()["errors"]] == [(pointer, code)]
    assert not BehaviourEvent.objects.exists()


def test_one_of_number_and_id_is_named(partner, customer, now):
    both = partner.send("post", PATH, body(now, customer_id=str(customer.pk)))
    by_id = body(now, customer_id=str(customer.pk))
    del by_id["customer_number"]

    assert both.status_code == 400
    assert partner.send("post", PATH, by_id).status_code == 201


def test_without_consent_it_is_refused_and_nothing_kept(partner, now):
    make_customer(number="C-2", at=now)

    response = partner.send("post", PATH, body(now, customer_number="C-2"))

    assert (response.status_code, response.json()["code"]) == (409, "no_consent")
    assert not BehaviourEvent.objects.exists()


def test_after_a_withdrawal_nothing_is_shown(partner, customer, now):
    made = partner.send("post", PATH, body(now))

    say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], at=now + timedelta(minutes=1))

    assert partner.get(PATH).json()["data"] == []
    assert partner.get(made["Location"].removeprefix("/api/v1")).status_code == 404


def test_another_tenants_events_are_not_there(partner, customer, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(number="C-1", at=now)
        say(theirs, GIVEN, purpose="behaviour", channels=["online"], at=now)
        did(theirs, "quote", at=now)
        event = BehaviourEvent.objects.get()

    assert partner.get(PATH).json()["data"] == []
    assert partner.get(f"{PATH}/{event.pk}").status_code == 404
    assert partner.send("post", PATH, body(now, event_id=event.event_id)).status_code == 201


def test_a_key_without_the_scope_may_not(customer, now):
    reader = Partner(allowed=["behaviour:read"])

    assert reader.get(PATH).status_code == 200
    assert reader.send("post", PATH, body(now)).status_code == 403
    assert Partner(name="Other", allowed=["customers:read"]).get(PATH).status_code == 403
    assert not BehaviourEvent.objects.exists()


def test_many_are_sent_at_once_each_with_its_result(partner, customer, now):
    make_customer(number="C-2", at=now)
    rows = [
        body(now, event_id="e-1"),
        body(now, event_id="e-2", customer_number="C-2"),
        body(now, event_id="e-3", ip="10.0.0.1"),
        body(now, event_id="e-1"),
        body(now, event_id="e-1", kind="basket"),
        body(now, event_id="e-4", customer_number="X-1"),
    ]
    job = send(partner, rows, path=f"{PATH}/bulk").json()
    perform(job["id"])

    done = results(partner, job["id"])

    assert [(row["status"], row["number"]) for row in done] == [
        ("created", "e-1"),
        ("failed", "e-2"),
        ("failed", "e-3"),
        ("unchanged", "e-1"),
        ("failed", "e-1"),
        ("failed", "e-4"),
    ]
    assert done[1]["problem"]["code"] == "no_consent"
    assert faults(done[2]) == [("#/ip", "unknown_field")]
    assert done[4]["problem"]["code"] == "duplicate_in_request"
    assert faults(done[5]) == [("#/customer_number", "no_such_customer")]
    again = send(partner, rows[:1], path=f"{PATH}/bulk?wait=true").json()
    assert again["counts"] == {"created": 0, "updated": 0, "unchanged": 1, "failed": 0}
    assert counts(customer) == (0, 1, 0)


@pytest.mark.parametrize("count", [3, 200])
def test_a_list_costs_the_same_however_long_it_is(partner, customer, now, count):
    did(customer, *["visit"] * count, at=now)
    partner.get(PATH)

    with CaptureQueriesContext(connection) as queries:
        answer = partner.get(PATH, {"limit": 200}).json()

    assert (len(answer["data"]), len(queries)) == (count, QUERIES)
