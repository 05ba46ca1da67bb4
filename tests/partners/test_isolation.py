"""Another tenant's key: empty lists and 404s for every operation that the description knows."""

import pytest

from core.partners.schema import description
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner
from tests.factories.tiering import make_shipped
from tiering.models import TierChange

OPERATIONS = sorted(path.removeprefix(API) for path in description()["paths"] if "openapi" not in path)


def make_rows(number, now):
    """One row for every resource; return their ids by path."""
    customer = make_shipped(number, (now, "12.50"), at=now)
    change = TierChange.objects.create(
        customer=customer,
        to_tier="vip",
        reason="evaluation",
        as_of=now.date(),
        window_days=90,
        policy_version=1,
        contribution="12.50",
        shipment_count=1,
        changed_at=now,
    )
    return {
        "/customers": customer.pk,
        "/tiers": customer.pk,
        "/shipments": Shipment.objects.get(customer=customer).pk,
        "/tier-changes": change.pk,
    }


@pytest.mark.parametrize("path", [path for path in OPERATIONS if "{id}" not in path])
def test_list_shows_the_keys_tenant_alone(tenant, other_tenant, now, path):
    mine = make_rows("MINE", now)
    with inside(other_tenant, leaving=tenant):
        theirs = make_rows("THEIRS", now)
        stranger = Partner()
    ours = Partner()

    def ids(partner):
        answer = partner.get(path, {"include_total": "true"}).json()
        assert answer["total"] == len(answer["data"])
        return [row.get("id") or row["customer_id"] for row in answer["data"]]

    assert ids(ours) == [str(mine[path])]
    assert ids(stranger) == [str(theirs[path])]


@pytest.mark.parametrize("path", [path for path in OPERATIONS if "{id}" not in path])
def test_list_of_a_tenant_without_rows_is_empty(tenant, other_tenant, now, path):
    make_rows("MINE", now)
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    assert stranger.get(path).json() == {"data": [], "has_more": False, "next_cursor": None}


@pytest.mark.parametrize("path", [path for path in OPERATIONS if "{id}" in path])
def test_record_of_another_tenant_is_the_404_of_one_that_never_was(tenant, other_tenant, now, path):
    mine = make_rows("MINE", now)[path.removesuffix("/{id}")]
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    answer = stranger.get(path.replace("{id}", str(mine)))
    never = stranger.get(path.replace("{id}", "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"))

    assert Partner().get(path.replace("{id}", str(mine))).status_code == 200
    assert answer.status_code == never.status_code == 404
    assert {**answer.json(), "request_id": ""} == {**never.json(), "request_id": ""}


@pytest.mark.parametrize(("path", "name"), [("/shipments", "customer_id"), ("/tier-changes", "customer_id")])
def test_filter_by_another_tenants_customer_finds_nothing(tenant, other_tenant, now, path, name):
    mine = make_rows("MINE", now)["/customers"]
    with inside(other_tenant, leaving=tenant):
        make_rows("THEIRS", now)
        stranger = Partner()

    assert stranger.get(path, {f"filter[{name}][eq]": str(mine)}).json()["data"] == []
    assert stranger.get(path, {"filter[customer_number][eq]": "MINE"}).json()["data"] == []
    assert len(Partner().get(path, {f"filter[{name}][eq]": str(mine)}).json()["data"]) == 1


def test_database_refuses_where_the_scope_wall_is_taken_away(tenant, other_tenant, now, monkeypatch):
    mine = make_customer(at=now)
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()
    monkeypatch.setattr(Customer, "objects", Customer.all_tenants)

    assert Partner().get(f"/customers/{mine.pk}").status_code == 200
    assert stranger.get(f"/customers/{mine.pk}").status_code == 404
    assert stranger.get("/customers").json()["data"] == []
