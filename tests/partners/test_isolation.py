"""Another tenant's key: empty lists and 404s for every operation that the description knows."""

import pytest

from behaviour.models import BehaviourEvent
from core.accounts.enums import Role
from core.jobs.models import BackgroundJob
from core.partners.schema import description
from core.tenancy.ids import uuid7
from customers.models import Customer, CustomerMerge, CustomField, ManagerTerm, Purpose
from lifecycle.models import Lead, LeadSource, LostReason, StageChange
from shipments.models import Shipment
from tests.customers.consents.said import say
from tests.customers.follow_ups.made import make_follow_up
from tests.development.made import make_opportunity
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer, make_only_purpose
from tests.factories.partners import API, Partner
from tests.factories.service_requests import open_for
from tests.factories.tiering import make_shipped
from tests.service_plans.made import make_draft
from tiering.models import TierChange, TierPolicy

READ = [path for path, methods in description()["paths"].items() if "get" in methods and "openapi" not in path]
# Those below a record are asked with every mixture of ids in tests/architecture/test_isolation.py.
BELOW = ("{customer}", "{shipment}", "{job}", "{number}")
OPERATIONS = sorted(path.removeprefix(API) for path in READ if not any(each in path for each in BELOW))


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
    moved = StageChange.objects.create(
        customer=customer,
        from_stage="mature",
        to_stage="lost",
        cause="evaluation",
        as_of=now.date(),
        policy_version=1,
        shipment_count=1,
        changed_at=now,
    )
    seen = BehaviourEvent.objects.create(
        customer=customer, event_id=number, kind="visit", source="web", happened_at=now, received_at=now
    )
    merge = CustomerMerge.objects.create(kept=customer, absorbed=customer, merged_at=now)
    job = BackgroundJob.objects.create(
        kind="shipments", title="Sent", parameters={"key": str(uuid7())}, created_at=now, due_at=now
    )
    make_only_purpose(key="behaviour", channels=["online"], at=now)
    (entry,) = say(customer, "given", purpose="behaviour", channels=["online"], at=now)
    for model in (LeadSource, LostReason):
        model.objects.all().delete()
    return {
        "/custom-fields": CustomField.objects.create(key="dock", label="Dock", kind="text").pk,
        "/lead-sources": LeadSource.objects.create(name_zh="展会", name_en="Exhibition").pk,
        "/lost-reasons": LostReason.objects.create(name_zh="太贵", name_en="Too expensive").pk,
        "/purposes": entry.purpose_id,
        "/consents": customer.consents.get().pk,
        "/consent-entries": entry.pk,
        "/jobs": job.pk,
        "/customers": customer.pk,
        "/tiers": customer.pk,
        "/shipments": Shipment.objects.get(customer=customer).pk,
        "/tier-changes": change.pk,
        "/tier-policies": TierPolicy.objects.get().pk,
        "/stage-changes": moved.pk,
        "/behaviour-events": seen.pk,
        "/service-requests": open_for(customer, at=now).pk,
        "/opportunities": make_opportunity(customer, by=None, at=now).pk,
        "/service-plans": make_draft(customer, by=None, at=now).pk,
        "/follow-ups": make_follow_up(customer=customer, at=now).pk,
        "/merges": merge.pk,
        "/leads": Lead.objects.create(customer=customer, captured_at=now).pk,
        "/handovers": ManagerTerm.objects.create(customer=customer, reason="edited", started_at=now).pk,
        "/portfolios": make_user(role=Role.ACCOUNT_MANAGER, at=now).pk,
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
        return [row.get("id") or row.get("manager_id") or row["customer_id"] for row in answer["data"]]

    assert ids(ours) == [str(mine[path])]
    assert ids(stranger) == [str(theirs[path])]


@pytest.mark.parametrize("path", [path for path in OPERATIONS if "{id}" not in path])
def test_list_of_a_tenant_without_rows_is_empty(tenant, other_tenant, now, path):
    make_rows("MINE", now)
    with inside(other_tenant, leaving=tenant):
        Purpose.objects.all().delete()
        TierPolicy.objects.all().delete()
        LeadSource.objects.all().delete()
        LostReason.objects.all().delete()
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


@pytest.mark.parametrize(
    ("path", "name"),
    [("/shipments", "customer_id"), ("/tier-changes", "customer_id"), ("/service-requests", "customer_id")],
)
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
    # What is put into SQL once is put so with the wall standing, or refuses to be.
    partner = Partner()
    assert partner.get(f"/customers/{mine.pk}").status_code == 200
    monkeypatch.setattr(Customer, "objects", Customer.all_tenants)

    assert partner.get(f"/customers/{mine.pk}").status_code == 200
    assert stranger.get(f"/customers/{mine.pk}").status_code == 404
    assert stranger.get("/customers").json()["data"] == []


@pytest.mark.parametrize("method", ["get", "put"])
def test_waybill_of_another_tenant_is_nobodys(tenant, other_tenant, now, method):
    make_shipped("MINE", (now, "12.50"), at=now)
    Shipment.objects.update(waybill_number="W-1")
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    path, body = "/shipments/by-number/W-1", {"status": "delivered"}
    answer = stranger.get(path) if method == "get" else stranger.send(method, path, body)

    # For them it would be a new one, which needs more.
    assert answer.status_code == {"get": 404, "put": 400}[method]
    assert Shipment.objects.get().status == "accepted"


@pytest.mark.parametrize("method", ["get", "put"])
def test_number_of_another_tenant_is_nobodys(tenant, other_tenant, now, method):
    make_customer(at=now, number="MINE", company_name="Ours")
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    path = "/customers/by-number/MINE"
    answer = stranger.get(path) if method == "get" else stranger.send(method, path, {"company_name": "Theirs"})

    assert answer.status_code == {"get": 404, "put": 201}[method]
    assert Customer.objects.get(number="MINE").company_name == "Ours"


def test_search_finds_the_keys_tenant_alone(tenant, other_tenant, now):
    make_customer(at=now, number="MINE-1")
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    assert stranger.send("post", "/customers/search", {"query": "MINE"}).json() == {"data": []}
    assert len(Partner().send("post", "/customers/search", {"query": "MINE"}).json()["data"]) == 1


def test_account_manager_of_another_tenant_is_nobody(tenant, other_tenant, now):
    customer = make_customer(at=now)
    with inside(other_tenant, leaving=tenant):
        theirs = make_user(role=Role.ACCOUNT_MANAGER, at=now)

    answer = Partner().send("patch", f"/customers/{customer.pk}", {"account_manager_id": str(theirs.pk)}, If_Match="*")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/account_manager_id")
    assert Customer.objects.get().account_manager is None


def test_many_rows_touch_the_keys_tenant_alone(tenant, other_tenant, now):
    make_shipped("MINE", (now, "12.50"), at=now)
    Shipment.objects.update(waybill_number="W-1")
    before = list(Customer.objects.values()), list(Shipment.objects.values())
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()
    scan = {"waybill_number": "W-1", "kind": "delivered", "happened_at": "2026-03-03T08:00:00Z"}
    sent = {
        "/customers/bulk": {"number": "MINE", "company_name": "Theirs"},
        "/shipments/bulk": {"waybill_number": "W-1", "status": "delivered"},
        "/shipments/events/bulk": scan,
    }

    answers = [stranger.send("post", f"{path}?wait=true", [row]).json() for path, row in sent.items()]

    assert [answer["results"][0]["status"] for answer in answers] == ["created", "failed", "failed"]
    assert (list(Customer.objects.values()), list(Shipment.objects.values())) == before
