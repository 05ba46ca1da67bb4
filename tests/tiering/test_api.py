from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described
from tests.factories.tiering import RULES, make_shipped, put_in_force
from tiering.models import TierChange
from tiering.services import evaluate_segments, evaluate_tiers, write_policy

QUERIES = 6


@pytest.fixture
def evaluated(tenant, now):
    """A VIP, a mid and a low customer, and a lead, as an evaluation leaves them."""
    for index, freight in enumerate(["900.00", "20.00", "10.00"], start=1):
        make_shipped(f"N-{index}", (now - timedelta(days=1), freight), at=now - timedelta(days=9))
    make_customer(at=now, number="LEAD")
    evaluate_tiers(as_of=now.date(), at=now)


def test_tiers_after_an_evaluation(evaluated):
    partner = Partner()

    answer = partner.get("/tiers").json()

    check_described("/tiers", answer)
    assert [(row["number"], row["tier"], row["contribution"], row["shipment_count"]) for row in answer["data"]] == [
        ("LEAD", None, {"amount": "0.00", "currency": "CNY"}, 0),
        ("N-1", "vip", {"amount": "900.00", "currency": "CNY"}, 1),
        ("N-2", "low", {"amount": "20.00", "currency": "CNY"}, 1),
        ("N-3", "low", {"amount": "10.00", "currency": "CNY"}, 1),
    ]
    best = partner.get("/tiers", {"sort": "-contribution", "filter[tier][eq]": "vip"}).json()["data"]
    assert best == [
        {
            "customer_id": str(Customer.objects.get(number="N-1").pk),
            "number": "N-1",
            "tier": "vip",
            "tier_since": "2026-03-02",
            "segment": None,
            "self_service": None,
            "contribution": {"amount": "900.00", "currency": "CNY"},
            "shipment_count": 1,
        }
    ]
    one = partner.get(f"/tiers/{best[0]['customer_id']}").json()
    check_described("/tiers/{id}", one)
    assert one == best[0]


def test_tiers_are_found_by_segment(evaluated, now):
    evaluate_segments(as_of=now.date(), at=now)
    partner = Partner()

    potential = partner.get("/tiers", {"filter[segment][eq]": "potential"}).json()["data"]
    none = partner.get("/customers", {"filter[segment][is_null]": "true"}).json()["data"]

    assert [(row["number"], row["segment"]) for row in potential] == [
        ("LEAD", "potential"),
        ("N-2", "potential"),
        ("N-3", "potential"),
    ]
    assert [(row["number"], row["segment"]) for row in none] == [("N-1", None)]


def test_policies_are_read(tenant, now, supervisor, administrator):
    put_in_force(**{**RULES, "mid_rebate": 3}, by=supervisor, approver=administrator, at=now)
    write_policy(**RULES, by=supervisor, at=now)
    partner = Partner()

    answer = partner.get("/tier-policies").json()
    approved = partner.get("/tier-policies", {"filter[state][eq]": "approved"}).json()["data"]
    one = partner.get(f"/tier-policies/{approved[0]['id']}").json()

    check_described("/tier-policies", answer)
    check_described("/tier-policies/{id}", one)
    assert [(row["version"], row["replaces"], row["state"]) for row in answer["data"]] == [
        (3, 2, "draft"),
        (2, 1, "approved"),
        (1, None, "approved"),
    ]
    assert [row["version"] for row in approved] == [2, 1]
    assert (one["mid_rebate"], one["vip_manager"], one["approved_at"]) == (3, True, "2026-03-02T04:30:00Z")
    assert one["vip_monthly"] == {"amount": "10000.00", "currency": "CNY"}
    assert not {"created_by", "approved_by", "closed_reason"} & set(one)


@pytest.mark.parametrize("rows", [3, 300])
def test_list_of_policies_asks_the_same_number_of_queries(rows, tenant, now, django_assert_num_queries):
    for _ in range(rows - 1):
        put_in_force(**RULES, at=now)
    partner = Partner()
    partner.get("/tier-policies")

    with outside(tenant), django_assert_num_queries(QUERIES):
        answer = Client().get(f"{API}/tier-policies", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


def test_tier_changes_after_an_evaluation(evaluated):
    partner = Partner()
    change = TierChange.objects.get(customer__number="N-1")

    answer = partner.get("/tier-changes").json()
    one = partner.get(f"/tier-changes/{change.pk}").json()

    check_described("/tier-changes", answer)
    check_described("/tier-changes/{id}", one)
    assert len(answer["data"]) == 3
    assert one == {
        "id": str(change.pk),
        "customer_id": str(change.customer_id),
        "customer_number": "N-1",
        "from_tier": None,
        "to_tier": "vip",
        "reason": "evaluation",
        "as_of": "2026-03-02",
        "window_days": 90,
        "policy_version": 1,
        "rank": 1,
        "ranked": 3,
        "contribution": {"amount": "900.00", "currency": "CNY"},
        "shipment_count": 1,
        "changed_at": "2026-03-02T04:30:00Z",
    }
    found = [
        [row["customer_number"] for row in partner.get("/tier-changes", params).json()["data"]]
        for params in (
            {"filter[customer_number][eq]": "N-2"},
            {"filter[customer_id][eq]": str(change.customer_id)},
            {"filter[changed_at][gt]": "2026-03-02T04:30:00Z"},
        )
    ]
    assert found == [["N-2"], ["N-1"], []]


@pytest.mark.parametrize("rows", [3, 300])
@pytest.mark.parametrize("path", ["tiers", "tier-changes"])
def test_list_asks_the_same_number_of_queries(path, rows, tenant, now, django_assert_num_queries):
    for index in range(rows):
        make_shipped(f"N-{index}", (now - timedelta(days=1), "5.00"), at=now - timedelta(days=9))
    evaluate_tiers(as_of=now.date(), at=now)
    partner = Partner()
    partner.get("/tiers")

    with outside(tenant), django_assert_num_queries(QUERIES):
        answer = Client().get(f"{API}/{path}", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)
