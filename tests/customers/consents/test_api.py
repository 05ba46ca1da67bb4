"""Purposes and consents over the API."""

from datetime import timedelta

import pytest
from django.test import Client

from core.audit.models import AuditEvent
from customers.models import Consent, ConsentEntry
from customers.services import add_contact
from tests.customers.consents.said import GIVEN, WITHDRAWN, held, purpose_of, say
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = {"/consents": 6, "/consent-entries": 6, "/purposes": 6}
NOBODY = "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"


@pytest.fixture
def partner(tenant):
    return Partner()


def said(customer, **changes):
    body = {"customer_id": str(customer.pk), "purpose": "marketing", "channel": "sms", "state": "given"}
    return {**body, "source": "web", **changes}


def test_partner_reads_what_to_show_where_data_is_collected(partner):
    answer = partner.get("/purposes").json()

    check_described("/purposes", answer)
    assert [row["key"] for row in answer["data"]] == ["behaviour", "care", "marketing", "satisfaction", "service"]
    row = answer["data"][2]
    assert (row["basis"], row["channels"], row["text_version"]) == (
        "consent",
        ["phone", "sms", "email", "wechat", "visit"],
        1,
    )
    assert row["text_en"].startswith("With your consent")
    assert partner.get(f"/purposes/{row['id']}").json() == row
    assert [row["key"] for row in partner.get("/purposes", {"filter[basis][eq]": "contract"}).json()["data"]] == [
        "service"
    ]


def test_partner_writes_down_a_consent_and_its_withdrawal(partner, customer, contact):
    moment = "2026-03-01T10:00:00+08:00"
    body = said(customer, contact_id=str(contact.pk), text_version=1, decided_at=moment)

    answer = partner.send("post", "/consents", body)

    consent = Consent.objects.get()
    assert answer.status_code == 201
    check_described("/consents", answer.json(), method="post", status=201)
    assert answer.headers["Location"] == f"{API}/consents/{consent.pk}"
    assert answer.json() == {
        "id": str(consent.pk),
        "customer_id": str(customer.pk),
        "contact_id": str(contact.pk),
        "purpose": "marketing",
        "channel": "sms",
        "state": "given",
        "source": "web",
        "text_version": 1,
        "decided_at": "2026-03-01T02:00:00Z",
    }
    assert partner.get(f"/consents/{consent.pk}").json() == answer.json()
    assert AuditEvent.objects.get(action="consent.given").actor_id == partner.key.pk

    withdrawn = partner.send("post", "/consents", said(customer, contact_id=str(contact.pk), state="withdrawn"))

    assert (withdrawn.json()["id"], withdrawn.json()["state"]) == (str(consent.pk), "withdrawn")
    history = partner.get("/consent-entries", {"filter[customer_id][eq]": str(customer.pk)}).json()
    check_described("/consent-entries", history)
    assert [row["state"] for row in history["data"]] == ["withdrawn", "given"]
    assert {each.recorded_by_key for each in ConsentEntry.objects.all()} == {partner.key.pk}
    assert partner.get(f"/consent-entries/{history['data'][0]['id']}").json() == history["data"][0]


def test_older_decision_is_answered_with_what_holds(partner, customer, now):
    say(customer, WITHDRAWN, at=now)

    answer = partner.send("post", "/consents", said(customer, decided_at="2026-02-01T00:00:00Z"))

    assert (answer.status_code, answer.json()["state"]) == (201, "withdrawn")
    assert ConsentEntry.objects.count() == 2


def test_same_request_again_is_one_decision(partner, customer):
    first = partner.send("post", "/consents", said(customer), Idempotency_Key="k")
    again = partner.send("post", "/consents", said(customer), Idempotency_Key="k")
    other = partner.send("post", "/consents", said(customer, state="withdrawn"), Idempotency_Key="k")

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert ConsentEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"customer_id": NOBODY}, "#/customer_id"),
        ({"contact_id": NOBODY}, "#/contact_id"),
        ({"contact_id": "another's"}, "#/contact_id"),
        ({"purpose": "nothing"}, "#/purpose"),
        ({"purpose": "service"}, "#/purpose"),
        ({"purpose": "care", "channel": "visit"}, "#/channel"),
        ({"channel": "fax"}, "#/channel"),
        ({"state": "perhaps"}, "#/state"),
        ({"source": "link"}, "#/source"),
        ({"text_version": 2}, "#/text_version"),
        ({"decided_at": "2999-01-01T00:00:00Z"}, "#/decided_at"),
        ({"decided_at": "2026-01-01"}, "#/decided_at"),
        ({"recorded_by_id": None}, "#/recorded_by_id"),
    ],
)
def test_what_is_not_taken_is_refused_by_name_and_not_written(partner, customer, now, change, pointer):
    if change.get("contact_id") == "another's":
        change = {"contact_id": str(add_contact(customer=make_customer(at=now), name="Li Na", at=now).pk)}

    answer = partner.send("post", "/consents", said(customer, **change))

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert ConsentEntry.objects.count() == 0


def test_scopes(tenant, customer):
    reader = Partner(name="Reader", allowed=["consents:read"])
    stranger = Partner(name="Stranger", allowed=["customers:read"])

    assert reader.get("/consents").status_code == 200
    assert reader.send("post", "/consents", said(customer)).status_code == 403
    assert [stranger.get(path).status_code for path in LIST_QUERIES] == [403, 403, 403]
    assert ConsentEntry.objects.count() == 0


def test_lists_are_filtered(partner, customer, contact, now):
    say(customer, GIVEN, channels=["sms", "email"], at=now)
    say(customer, WITHDRAWN, contact=contact, purpose="care", at=now + timedelta(hours=1))

    def found(path="/consents", **params):
        rows = partner.get(path, {f"filter{name}": value for name, value in params.items()}).json()["data"]
        return [(row["purpose"], row["channel"]) for row in rows]

    for path in ("/consents", "/consent-entries"):
        assert found(path, **{"[state][eq]": "withdrawn"}) == [("care", "sms")]
        assert found(path, **{"[purpose][in]": "care,service"}) == [("care", "sms")]
        assert found(path, **{"[contact_id][is_null]": "true", "[channel][eq]": "email"}) == [("marketing", "email")]
        assert found(path, **{"[contact_id][eq]": str(contact.pk)}) == [("care", "sms")]
        assert found(path, **{"[decided_at][gt]": "2026-03-02T05:00:00Z"}) == [("care", "sms")]
    assert len(held(customer)) == 3


@pytest.mark.parametrize("rows", [3, 300])
@pytest.mark.parametrize("path", LIST_QUERIES)
def test_lists_ask_the_same_number_of_queries(path, rows, partner, now, django_assert_num_queries):
    purpose = purpose_of()
    facts = {"purpose": purpose, "channel": "sms", "state": GIVEN, "source": "web", "text_version": 1}
    for _number in range(rows if path != "/purposes" else 1):
        customer = make_customer(at=now)
        Consent.objects.create(customer=customer, decided_at=now, **facts)
        ConsentEntry.objects.create(customer=customer, said_of=customer.pk, decided_at=now, recorded_at=now, **facts)
    partner.get(path)

    with outside(purpose.tenant), django_assert_num_queries(LIST_QUERIES[path]):
        answer = Client().get(f"{API}{path}", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == (5 if path == "/purposes" else min(rows, 200))
