from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described
from tests.factories.tiering import make_shipped
from tiering.models import TierChange
from tiering.services import evaluate_tiers

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
            "contribution": {"amount": "900.00", "currency": "CNY"},
            "shipment_count": 1,
        }
    ]
    one = partner.get(f"/tiers/{best[0]['customer_id']}").json()
    check_described("/tiers/{id}", one)
    assert one == best[0]


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
