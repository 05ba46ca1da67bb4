"""Portfolios and handovers over the API."""

import pytest

from core.accounts.enums import Role
from customers.models import Customer, FollowUp, ManagerTerm
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside, make_user
from tests.factories.partners import API, Partner, check_described
from tests.portfolios.made import make_in

LIST_QUERIES = {"/portfolios": 9, "/handovers": 8}


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.mark.parametrize("rows", [3, 200])
@pytest.mark.parametrize("path", LIST_QUERIES)
def test_lists_ask_the_same_number_of_queries(partner, now, path, rows, django_assert_num_queries):
    person = make_user(role=Role.ACCOUNT_MANAGER, at=now)
    for _each in range(rows):
        manager = make_user(role=Role.ACCOUNT_MANAGER, at=now) if path == "/portfolios" and _each else person
        make_in("mid", account_manager=manager, at=now)
    partner.get(path)

    with django_assert_num_queries(LIST_QUERIES[path]):
        answer = partner.get(path, {"limit": "200"})

    assert len(answer.json()["data"]) == rows
    check_described(path, answer.json())


def test_portfolios_tell_load_and_capacity(partner, account_manager, now):
    for tier in ("vip", "mid", "low", None):
        make_in(tier, account_manager=account_manager, at=now)

    [shown] = partner.get("/portfolios").json()["data"]

    assert (shown["manager_id"], shown["load"], shown["capacity"]) == (str(account_manager.pk), 37, 1000)
    assert [shown[f"{tier}_customers"] for tier in ("vip", "mid", "low", "other")] == [1, 1, 1, 1]


def test_partner_hands_over(partner, account_manager, supervisor, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)
    body = {"customer_id": str(customer.pk), "manager_id": str(supervisor.pk), "reason": "area"}

    answer = partner.send("post", "/handovers", body)
    again = partner.send("post", "/handovers", body)

    assert answer.status_code == 201, answer.content
    check_described("/handovers", answer.json(), method="post", status=201)
    term = ManagerTerm.objects.get(ended_at=None)
    assert answer.headers["Location"].endswith(f"{API}/handovers/{term.pk}")
    assert (answer.json()["manager_id"], answer.json()["reason"]) == (str(supervisor.pk), "area")
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == supervisor
    assert (again.status_code, again.json()["code"]) == (409, "already_there")

    released = partner.send("post", "/handovers", {**body, "manager_id": None, "reason": "other"})
    assert released.json()["end_reason"] == "other"
    assert Customer.objects.get(pk=customer.pk).account_manager is None


def test_what_does_not_fit_changes_nothing(partner, account_manager, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    body = {"customer_id": str(customer.pk), "manager_id": None, "reason": "area"}

    for wrong in ({"reason": "claimed"}, {"customer_id": str(account_manager.pk)}, {"manager_id": str(customer.pk)}):
        assert partner.send("post", "/handovers", {**body, **wrong}).status_code == 400

    assert Customer.objects.get(pk=customer.pk).account_manager == account_manager


def test_scopes_and_tenants_are_kept_apart(tenant, other_tenant, account_manager, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    term = ManagerTerm.objects.get()
    reader = Partner(name="Reader", allowed=["portfolios:read"])
    body = {"customer_id": str(customer.pk), "manager_id": None, "reason": "area"}
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()
        assert stranger.get(f"/handovers/{term.pk}").status_code == 404
        assert stranger.get(f"/portfolios/{account_manager.pk}").status_code == 404
        assert stranger.send("post", "/handovers", body).status_code == 400

    assert reader.get("/portfolios").status_code == 200
    assert reader.send("post", "/handovers", body).status_code == 403
    assert Partner(name="Other", allowed=["customers:read"]).get("/handovers").status_code == 403
    assert Customer.objects.get(pk=customer.pk).account_manager == account_manager
