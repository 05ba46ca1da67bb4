"""Leads over the API."""

from datetime import timedelta

import pytest

from core.audit.models import AuditEvent
from core.tenancy.ids import uuid7
from customers.models import ContactPoint, Customer
from lifecycle.models import Lead, LeadSource
from lifecycle.services import move_by_hand, qualify_lead, set_source_use
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.lifecycle import in_stage, make_lead, make_leads
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = 8
PATH = "/leads"


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.mark.parametrize("rows", [3, 200])
def test_list_asks_the_same_number_of_queries(partner, now, rows, django_assert_num_queries):
    make_leads(rows, at=now)
    partner.get(PATH)

    with django_assert_num_queries(LIST_QUERIES):
        answer = partner.get(PATH, {"limit": "200"})

    assert len(answer.json()["data"]) == rows
    check_described(PATH, answer.json())


def test_partner_takes_up_a_lead_once_for_a_key(partner, now):
    source = LeadSource.objects.get(name_en="Exhibition")
    body = {
        "company_name": "Harbour Foods",
        "contact_name": "Ellen Marsh",
        "phone": "138 1234 5678",
        "email": "ellen@harbour.example",
        "source_id": str(source.pk),
        "wish": "Ask Ellen Marsh, 13812345678.",
    }

    answer = partner.send("post", PATH, body, Idempotency_Key="lead-1")
    again = partner.send("post", PATH, body, Idempotency_Key="lead-1")

    assert answer.status_code == 201, answer.content
    check_described(PATH, answer.json(), method="post", status=201)
    assert again.json() == answer.json()
    lead = Lead.objects.get()
    assert answer.headers["Location"].endswith(f"{API}/leads/{lead.pk}")
    shown = answer.json()
    assert (shown["customer_number"], shown["state"], shown["source_id"]) == ("LD000001", "new", str(source.pk))
    assert "13812345678" not in shown["wish"]
    assert "Marsh" not in shown["wish"]
    assert list(ContactPoint.objects.values_list("source", flat=True)) == ["partner", "partner"]
    assert AuditEvent.objects.get(action="lead.captured").actor_kind == "apikey"
    read = partner.get(f"{PATH}/{lead.pk}")
    check_described(f"{PATH}/{{id}}", read.json())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/company_name"),
        ({"kind": "individual"}, "#/person_name"),
        ({"company_name": "A", "phone": "abc"}, "#/phone"),
        ({"company_name": "A", "email": "abc"}, "#/email"),
        ({"company_name": "A", "source_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, "#/source_id"),
        ({"company_name": "A", "state": "converted"}, "#/state"),
    ],
)
def test_what_does_not_fit_is_refused_and_writes_nothing(partner, body, pointer):
    answer = partner.send("post", PATH, body)

    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Customer.objects.exists()


def test_taken_number_and_retired_source_are_refused(partner, supervisor, now):
    make_customer(at=now, number="SD-1")
    source = LeadSource.objects.get(name_en="Exhibition")
    set_source_use(source=source, is_active=False, by=supervisor, at=now)

    taken = partner.send("post", PATH, {"company_name": "A", "number": "SD-1"})
    retired = partner.send("post", PATH, {"company_name": "A", "source_id": str(source.pk)})

    assert (taken.status_code, taken.json()["code"]) == (409, "customer_number_taken")
    assert retired.status_code == 400
    assert not Lead.objects.exists()


def test_filters(partner, supervisor, now):
    first, second = make_lead(at=now, name="First"), make_lead(at=now, name="Second")
    qualify_lead(lead=second, by=supervisor, at=now)

    def names(**filters):
        answer = partner.get(PATH, {f"filter[{key}][eq]": value for key, value in filters.items()})
        return [row["display_name"] for row in answer.json()["data"]]

    assert names(state="qualified") == ["Second"]
    assert names(customer_id=str(first.customer_id)) == ["First"]
    assert names(customer_number=second.customer.number) == ["Second"]


def test_stage_of_customers_is_shown_and_filtered(partner, now):
    in_stage(make_customer(at=now, number="C-1"), "lost", since=now)
    make_customer(at=now, number="C-2")

    answer = partner.get("/customers", {"filter[stage][in]": "lost,declining"})

    assert [(row["number"], row["stage"], row["stage_since"]) for row in answer.json()["data"]] == [
        ("C-1", "lost", "2026-03-02")
    ]
    check_described("/customers", answer.json())
    assert partner.get("/customers", {"filter[stage][eq]": "best"}).status_code == 400


def test_scopes_and_tenants_are_kept_apart(tenant, other_tenant, now):
    lead = make_lead(at=now)
    reader = Partner(name="Reader", allowed=["leads:read"])
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()
        assert stranger.get(f"{PATH}/{lead.pk}").status_code == 404
        assert stranger.get(PATH).json()["data"] == []

    assert reader.get(PATH).status_code == 200
    assert reader.send("post", PATH, {"company_name": "A"}).status_code == 403
    assert Partner(name="Other", allowed=["customers:read"]).get(PATH).status_code == 403
    assert Lead.objects.count() == 1


def moved(number, *, by, at):
    customer = in_stage(make_customer(number=number, at=at), "mature", since=at - timedelta(days=9))
    return move_by_hand(
        customer=customer, stage="lost", reason="Lin Mei went to a rival", held_until=at.date(), by=by, at=at
    )


def test_history_of_stages_is_read_without_what_staff_said(partner, supervisor, now):
    change, other = (moved(number, by=supervisor, at=now) for number in ("C-1", "C-2"))

    one = partner.get(f"/stage-changes/{change.pk}").json()
    answer = partner.get("/stage-changes").json()

    check_described("/stage-changes/{id}", one)
    check_described("/stage-changes", answer)
    assert {row["id"] for row in answer["data"]} == {str(change.pk), str(other.pk)}
    assert one == {
        "id": str(change.pk),
        "customer_id": str(change.customer_id),
        "customer_number": "C-1",
        "from_stage": "mature",
        "to_stage": "lost",
        "cause": "hand",
        "as_of": "2026-03-02",
        "policy_version": 1,
        "contribution": None,
        "usual": None,
        "shipment_count": 0,
        "silent_days": one["silent_days"],
        "changed_at": "2026-03-02T04:30:00Z",
    }
    found = [
        [row["customer_number"] for row in partner.get("/stage-changes", params).json()["data"]]
        for params in (
            {"filter[customer_number][eq]": "C-2"},
            {"filter[customer_id][eq]": str(change.customer_id), "filter[to_stage][eq]": "lost"},
            {"filter[changed_at][gt]": "2026-03-02T04:30:00Z"},
            {"filter[cause][eq]": "shipment"},
        )
    ]
    assert found == [["C-2"], ["C-1"], [], []]


def test_history_of_stages_has_a_scope_of_its_own_and_is_each_tenants(tenant, other_tenant, supervisor, now):
    with inside(other_tenant, leaving=tenant):
        theirs = moved("T-1", by=None, at=now)
    moved("C-1", by=supervisor, at=now)
    reading = Partner(name="Stages", allowed=["stages:read"])

    assert [row["customer_number"] for row in reading.get("/stage-changes").json()["data"]] == ["C-1"]
    assert reading.get(f"/stage-changes/{theirs.pk}").status_code == 404
    assert Partner(name="Leads", allowed=["leads:read"]).get("/stage-changes").status_code == 403


@pytest.mark.parametrize("rows", [3, 200])
def test_history_asks_the_same_number_of_queries(partner, supervisor, now, rows, django_assert_num_queries):
    change = moved("C-1", by=supervisor, at=now)
    for _ in range(rows - 1):
        change.pk = uuid7()
        change.save(force_insert=True)
    partner.get("/stage-changes")

    with django_assert_num_queries(LIST_QUERIES):
        answer = partner.get("/stage-changes", {"limit": "200"})

    assert len(answer.json()["data"]) == rows
