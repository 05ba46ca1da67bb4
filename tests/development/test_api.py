"""Opportunities over the API: read, words masked, and moved."""

from datetime import date

import pytest
from django.test import Client

from customers.services import add_contact
from development.models import Opportunity, StageChange
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
