"""Opportunities over the API: read, words masked, and moved."""

from datetime import date

import pytest
from django.test import Client

from core.audit.models import AuditEvent
from customers.services import add_contact
from development.models import Opportunity, StageChange
from development.services import move_opportunity
from tests.development.made import make_opportunity
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(number="C-1", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return customer


@pytest.fixture
def opportunity(customer, account_manager, now):
    return make_opportunity(customer, by=account_manager, at=now, need="Ask Lin Mei.")


def test_partner_reads_an_opportunity(opportunity, customer):
    record = Partner().get(f"/opportunities/{opportunity.pk}").json()

    check_described("/opportunities/{id}", record)
    assert (record["number"], record["customer_number"], record["deal_stage"], record["need"]) == (
        "OP000001",
        "C-1",
        "identified",
        "Ask L****i.",
    )
    assert record["expected_freight"] == {"amount": "12000.00", "currency": "CNY"}
    assert (record["lost_reason"], record["competitor_name"]) == (None, None)
    revealing = Partner(name="Revealing", allowed=["opportunities:read", "personal:read"])
    assert revealing.get(f"/opportunities/{opportunity.pk}").json()["need"] == "Ask Lin Mei."


def test_list_is_filtered(opportunity, account_manager, now):
    make_opportunity(make_customer(number="C-2", at=now), by=account_manager, at=now, closes_on=date(2026, 9, 1))
    partner = Partner()

    def found(**params):
        answer = partner.get("/opportunities", {f"filter{name}": value for name, value in params.items()}).json()
        check_described("/opportunities", answer)
        return [row["number"] for row in answer["data"]]

    assert found() == ["OP000001", "OP000002"]
    assert found(**{"[closes_on][gt]": "2026-05-01"}) == ["OP000002"]
    assert found(**{"[deal_stage][eq]": "won"}) == []
    assert found(**{"[customer_number][eq]": "C-1"}) == ["OP000001"]


def test_partner_moves_it_as_the_table_says(opportunity):
    partner = Partner()
    url = f"/opportunities/{opportunity.pk}/move"

    moved = partner.send("post", url, {"deal_stage": "qualified", "remark": "By our program"})
    refused = partner.send("post", url, {"deal_stage": "won"})
    for_no_reason = partner.send("post", url, {"deal_stage": "lost"})

    assert (moved.status_code, moved.json()["deal_stage"]) == (200, "qualified")
    assert (refused.status_code, refused.json()["code"]) == (409, "move_not_allowed")
    assert (for_no_reason.status_code, for_no_reason.json()["errors"][0]["pointer"]) == (400, "#/lost_reason")
    assert partner.send("post", url, {"deal_stage": "lost", "lost_reason": "price"}).status_code == 200
    assert Opportunity.objects.get().lost_reason == "price"
    assert StageChange.objects.filter(moved_by=None).count() == 2


def wanted(customer, **facts):
    return {
        "customer_id": str(customer.pk),
        "title": "Export lane to Osaka",
        "expected_freight": {"amount": "9000.00", "currency": "CNY"},
        "closes_on": "2026-06-30",
        **facts,
    }


def test_partner_opens_one_once(customer, account_manager):
    partner = Partner()
    body = wanted(customer, owner_id=str(account_manager.pk), need="Ask Lin Mei.")

    first = partner.send("post", "/opportunities", body, Idempotency_Key="o-1")
    again = partner.send("post", "/opportunities", body, Idempotency_Key="o-1")

    assert (first.status_code, again.json()) == (201, first.json())
    answer = first.json()
    check_described("/opportunities", answer, method="post", status=201)
    assert first["Location"].endswith(f"/opportunities/{answer['id']}")
    opportunity = Opportunity.objects.get()
    assert (opportunity.customer, opportunity.owner, opportunity.need) == (customer, account_manager, "Ask Lin Mei.")
    assert (answer["number"], answer["deal_stage"], answer["closes_on"]) == ("OP000001", "identified", "2026-06-30")
    assert answer["expected_freight"] == {"amount": "9000.00", "currency": "CNY"}
    assert AuditEvent.objects.filter(action="opportunity.opened").count() == 1


@pytest.mark.parametrize(
    ("facts", "pointer", "code"),
    [
        ({"customer_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, "#/customer_id", "does_not_exist"),
        ({"owner_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, "#/owner_id", "does_not_exist"),
        ({"competitor_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, "#/competitor_id", "does_not_exist"),
        ({"title": " "}, "#/title", "blank"),
        ({"closes_on": "tomorrow"}, "#/closes_on", "invalid"),
        ({"expected_freight": {"amount": "9", "currency": "GBP"}}, "#/expected_freight/currency", "wrong_currency"),
        ({"deal_stage": "won"}, "#/deal_stage", "not_writable"),
        ({"remark": "Ours"}, "#/remark", "unknown_field"),
    ],
)
def test_what_is_not_taken_is_refused_by_name(customer, facts, pointer, code):
    refused = Partner().send("post", "/opportunities", wanted(customer, **facts))

    assert refused.status_code == 400
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [(pointer, code)]
    assert not Opportunity.objects.exists()


def test_partner_changes_what_it_has_seen(opportunity, account_manager):
    partner = Partner()
    url = f"/opportunities/{opportunity.pk}"
    etag = partner.get(url)["ETag"]

    blind = partner.send("patch", url, {"owner_id": None})
    changed = partner.send("patch", url, {"owner_id": None, "closes_on": "2026-07-31"}, If_Match=etag)
    stale = partner.send("patch", url, {"title": "Other"}, If_Match=etag)

    assert (blind.status_code, changed.status_code, stale.status_code) == (428, 200, 412)
    check_described("/opportunities/{id}", changed.json(), method="patch")
    stored = Opportunity.objects.get()
    assert (stored.owner, stored.closes_on, stored.title) == (None, date(2026, 7, 31), "Export lane to Osaka")
    assert (stored.need, stored.version) == ("Ask Lin Mei.", 2)


def test_what_is_closed_is_not_changed_and_nobody_writes_without_the_scope(opportunity, customer, account_manager, now):
    reading = Partner(name="Reading", allowed=["opportunities:read"])
    url = f"/opportunities/{opportunity.pk}"
    assert reading.send("post", "/opportunities", wanted(customer)).status_code == 403
    assert reading.send("patch", url, {"title": "Other"}, If_Match='"1"').status_code == 403
    move_opportunity(opportunity=opportunity, stage="lost", lost_reason="price", by=account_manager, at=now)
    partner = Partner()

    refused = partner.send("patch", url, {"title": "Other"}, If_Match=partner.get(url)["ETag"])

    assert (refused.status_code, refused.json()["code"]) == (409, "opportunity_closed")
    assert Opportunity.objects.get().title == "Export lane to Osaka"


def test_it_is_moved_with_its_scope_alone(opportunity):
    reading = Partner(name="Reading", allowed=["opportunities:read"])

    assert reading.get("/opportunities").status_code == 200
    assert reading.send("post", f"/opportunities/{opportunity.pk}/move", {"deal_stage": "qualified"}).status_code == 403
    assert Partner(name="Other", allowed=["customers:read"]).get("/opportunities").status_code == 403
    assert Opportunity.objects.get().deal_stage == "identified"


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, customer, now, django_assert_num_queries):
    Opportunity.objects.bulk_create(
        Opportunity(
            serial=number,
            number=f"OP{number}",
            customer=customer,
            closes_on=now.date(),
            expected_freight=1,
            stage_since=now,
            opened_at=now,
        )
        for number in range(rows)
    )
    partner = Partner()
    partner.get("/opportunities")

    with outside(customer.tenant), django_assert_num_queries(6):
        answer = Client().get(f"{API}/opportunities", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)
