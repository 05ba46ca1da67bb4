"""Service plans over the API: read by partners, words masked."""

from datetime import date

import pytest
from django.test import Client

from customers.services import add_contact
from service_plans.models import PlanMonth, ServicePlan
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described
from tests.service_plans.made import PRICE, PUNCTUAL, make_approved, make_draft

LIST_QUERIES, RECORD_QUERIES = 6, 10


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(number="C-1", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return customer


@pytest.fixture
def plan(customer, account_manager, supervisor, now):
    items = [PUNCTUAL, {"kind": "contact", "text": "Ask for Lin Mei."}]
    plan = make_approved(customer, by=account_manager, approver=supervisor, at=now, items=items)
    PlanMonth.objects.create(item=plan.items.get(kind="product"), month=date(2026, 2, 1), measured=10, kept=9)
    return plan


def test_partner_reads_a_plan_with_what_was_kept(plan, customer):
    partner = Partner()

    record = partner.get(f"/service-plans/{plan.pk}").json()

    check_described("/service-plans/{id}", record)
    assert (record["number"], record["customer_id"], record["customer_number"], record["state"]) == (
        "SP000001",
        str(customer.pk),
        "C-1",
        "approved",
    )
    assert [(item["kind"], item["text"], item["target_percent"]) for item in record["items"]] == [
        ("product", PUNCTUAL["text"], 90),
        ("contact", "Ask for L****i.", None),
    ]
    assert record["items"][0]["months"] == [{"month": "2026-02-01", "measured": 10, "kept": 9}]
    revealing = Partner(name="Revealing", allowed=["service_plans:read", "personal:read"])
    assert revealing.get(f"/service-plans/{plan.pk}").json()["items"][1]["text"] == "Ask for Lin Mei."


def test_list_is_filtered(plan, account_manager, now):
    make_draft(make_customer(number="C-2", at=now), by=account_manager, at=now, items=[PRICE])
    partner = Partner()

    def found(**params):
        answer = partner.get("/service-plans", {f"filter{name}": value for name, value in params.items()}).json()
        check_described("/service-plans", answer)
        return sorted(row["number"] for row in answer["data"])

    assert found() == ["SP000001", "SP000002"]
    assert found(**{"[state][eq]": "draft"}) == ["SP000002"]
    assert found(**{"[customer_number][eq]": "C-1"}) == ["SP000001"]
    assert found(**{"[ends_on][lt]": "2026-12-31"}) == []


def test_it_is_read_with_its_scope_and_never_written(plan):
    partner = Partner()

    assert Partner(name="Other", allowed=["customers:read"]).get("/service-plans").status_code == 403
    assert partner.send("post", "/service-plans", {}).status_code == 405
    assert partner.send("delete", f"/service-plans/{plan.pk}").status_code == 405
    assert ServicePlan.objects.count() == 1


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, customer, now, django_assert_num_queries):
    ServicePlan.objects.bulk_create(
        ServicePlan(
            serial=number,
            number=f"SP{number}",
            customer=customer,
            starts_on=now.date(),
            ends_on=now.date(),
            written_at=now,
        )
        for number in range(rows)
    )
    partner = Partner()
    partner.get("/service-plans")

    with outside(customer.tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}/service-plans", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


def test_record_asks_few_queries(plan, django_assert_num_queries):
    partner = Partner()
    partner.get(f"/service-plans/{plan.pk}")

    with outside(plan.tenant), django_assert_num_queries(RECORD_QUERIES):
        Client().get(f"{API}/service-plans/{plan.pk}", headers=partner.headers)
