"""Customers whose tier entitles them to an account manager of their own come into nobody's care in no way."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.web.lists import actions
from customers.models import Customer, ManagerTerm
from customers.services import NeedsManager, hand_over_customer, undo_merge
from customers.services.many import SentCustomer, plan_customers, upsert_customers
from portfolios.services import release_customer, return_silent
from tests.customers.merging.pairs import merge
from tests.factories.files import imported
from tests.factories.partners import Partner
from tests.factories.tiering import RULES, put_in_force
from tests.portfolios.made import make_in, make_policy

pytestmark = pytest.mark.usefixtures("tenant")
REASON = "Its tier entitles this customer to an account manager of its own. Hand it over to somebody instead."


@pytest.fixture
def vip(account_manager, supervisor, now):
    """A VIP with an account manager, where the pool would take VIPs."""
    make_policy(pool_tiers=["vip", "low"], by=supervisor, at=now)
    return make_in("vip", number="V-1", account_manager=account_manager, at=now)


def is_kept(customer, account_manager):
    return (
        Customer.objects.get(pk=customer.pk).account_manager == account_manager
        and ManagerTerm.objects.get(customer=customer).ended_at is None
    )


def test_by_the_services(vip, account_manager, supervisor, now):
    with pytest.raises(NeedsManager):
        release_customer(customer=vip, reason="no_need", by=account_manager, at=now)
    with pytest.raises(NeedsManager):
        hand_over_customer(customer=vip, to=None, reason="other", by=supervisor, at=now)

    assert is_kept(vip, account_manager)


@pytest.mark.parametrize("who", ["account_manager", "supervisor"])
def test_by_the_page(vip, request, client_for, account_manager, who):
    client, url = client_for(request.getfixturevalue(who)), reverse("portfolios:release", args=[vip.pk])

    page, answer = client.get(url), client.post(url, {"reason": "no_need"})

    assert REASON in page.content.decode()
    assert 'name="reason"' not in page.content.decode()
    assert (answer.status_code, REASON in answer.content.decode()) == (422, True)
    assert is_kept(vip, account_manager)


def test_among_the_facts(vip, client_for, supervisor, account_manager):
    client, url = client_for(supervisor), reverse("customers:update", args=[vip.pk])
    form = client.get(url).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("account_manager", "tags")}

    answer = client.post(url, {**sent, "account_manager": ""})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"account_manager": [REASON]}
    assert is_kept(vip, account_manager)


@pytest.mark.parametrize("way", ["handover", "patch", "put", "bulk"])
def test_by_the_api(vip, account_manager, way):
    partner, nobody = Partner(), {"account_manager_id": None}
    answer = {
        "handover": lambda: partner.send(
            "post", "/handovers", {"customer_id": str(vip.pk), "manager_id": None, "reason": "other"}
        ),
        "patch": lambda: partner.send("patch", f"/customers/{vip.pk}", nobody, If_Match="*"),
        "put": lambda: partner.send("put", "/customers/by-number/V-1", nobody),
        "bulk": lambda: partner.send("post", "/customers/bulk?wait=true", [{"number": "V-1", **nobody}]),
    }[way]()

    problem = answer.json()["results"][0]["problem"] if way == "bulk" else answer.json()
    assert (problem["status"], problem["code"], problem["detail"]) == (409, "needs_manager", REASON)
    assert problem["errors"][0]["pointer"] == ("#/manager_id" if way == "handover" else "#/account_manager_id")
    assert is_kept(vip, account_manager)


def test_by_many_at_once(vip, account_manager, supervisor, now):
    low = make_in("low", number="L-1", account_manager=account_manager, at=now)

    def sent():
        return [SentCustomer(number, {"account_manager": None}) for number in ("V-1", "L-1")]

    planned, done = sent(), sent()
    plan_customers(planned, by=supervisor)
    upsert_customers(sent=done, by=supervisor, at=now)

    for each in (planned, done):
        assert isinstance(each[0].outcome, NeedsManager)
        assert each[1].outcome == "updated"
    assert is_kept(vip, account_manager)
    assert Customer.objects.get(pk=low.pk).account_manager is None


def test_by_a_file(vip, account_manager, supervisor, now):
    imported("number,region,account_manager\nV-1,Bonn,\n", by=supervisor, at=now)

    assert Customer.objects.get(pk=vip.pk).region == "Bonn"
    assert is_kept(vip, account_manager)


def test_by_a_change_of_many_rows(vip):
    form = actions.find("customers", "assign").form({"account_manager": "", "reason": "other"})

    assert list(form.errors) == ["account_manager"]


def test_by_a_merge(vip, account_manager, supervisor, now):
    other = make_in("low", number="L-1", at=now)

    with pytest.raises(NeedsManager):
        merge(vip, other, supervisor, now, take=["account_manager"])
    with pytest.raises(NeedsManager):
        merge(other, vip, supervisor, now)

    assert Customer.objects.count() == 2
    assert is_kept(vip, account_manager)


def test_an_undone_merge_restores_what_was(vip, account_manager, supervisor, now):
    own = make_in("vip", number="V-2", at=now)
    done = merge(own, vip, supervisor, now, take=["account_manager"])

    undo_merge(merge=done, by=supervisor, at=now)

    assert Customer.objects.get(pk=own.pk).account_manager is None
    assert Customer.objects.get(pk=vip.pk).account_manager == account_manager


def test_the_tier_policy_decides(vip, account_manager, supervisor, now):
    mid = make_in("mid", number="M-1", account_manager=account_manager, at=now)
    make_policy(pool_tiers=["vip", "mid"], by=supervisor, at=now)
    put_in_force(**{**RULES, "vip_manager": False, "mid_manager": True}, at=now)

    release_customer(customer=vip, reason="no_need", by=account_manager, at=now)
    with pytest.raises(NeedsManager):
        release_customer(customer=mid, reason="no_need", by=account_manager, at=now)

    assert Customer.objects.get(pk=vip.pk).account_manager is None
    assert is_kept(mid, account_manager)


def test_nobody_entitled_returns_by_night(account_manager, supervisor, now):
    began = now - timedelta(days=200)
    make_policy(pool_tiers=["vip", "mid"], silent_days=90, by=supervisor, at=began)
    put_in_force(**{**RULES, "vip_manager": False, "mid_manager": True}, at=began)
    vip, mid = (make_in(tier, account_manager=account_manager, at=began) for tier in ("vip", "mid"))

    return_silent(business_date=now.date(), at=now)
    later = now + timedelta(days=20)
    return_silent(business_date=later.date(), at=later)

    assert Customer.objects.get(pk=vip.pk).account_manager is None
    assert is_kept(mid, account_manager)
