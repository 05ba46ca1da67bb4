"""Ways round the limits of the pool, all of which are closed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import User
from customers.models import Customer, ManagerTerm
from customers.services import CustomerMerged, ManagerGone, erase_customer
from portfolios.services import (
    ClaimsUsedUp,
    NotInPool,
    RecentlyLost,
    assign_unowned,
    claim_customer,
    hand_over,
    release_customer,
    set_capacity,
)
from tests.customers.merging.pairs import merge
from tests.factories.accounts import make_user
from tests.portfolios.made import make_in, make_policy


@pytest.fixture
def colleague(tenant, now):
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


def state():
    return (
        list(Customer.with_merged.order_by("pk").values("pk", "account_manager", "version")),
        list(ManagerTerm.objects.order_by("pk").values()),
    )


def refused(error, customer, by, at):
    before = state()
    with pytest.raises(error):
        claim_customer(customer=customer, by=by, at=at)
    assert state() == before


def give_back(customer, by, at):
    return release_customer(customer=customer, reason="no_need", by=by, at=at)


def test_what_one_gives_back_stays_counted_as_claimed(account_manager, supervisor, now):
    make_policy(claims_a_day=1, rest_days=0, by=supervisor, at=now)
    first, second = (make_in("low", at=now) for _each in range(2))
    claim_customer(customer=first, by=account_manager, at=now)
    give_back(first, account_manager, now)

    refused(ClaimsUsedUp, second, account_manager, now)


def test_what_one_hands_on_stays_counted_as_claimed(account_manager, colleague, supervisor, now):
    make_policy(claims_a_day=1, by=supervisor, at=now)
    first, second = (make_in("low", at=now) for _each in range(2))
    claim_customer(customer=first, by=account_manager, at=now)
    hand_over(customer=first, to=colleague, reason="area", by=supervisor, at=now)

    refused(ClaimsUsedUp, second, account_manager, now)


def test_what_one_merges_away_stays_counted_as_claimed(account_manager, supervisor, now):
    make_policy(claims_a_day=1, by=supervisor, at=now)
    kept = make_in("low", account_manager=account_manager, at=now)
    claimed, wanted = (make_in("low", at=now) for _each in range(2))
    claim_customer(customer=claimed, by=account_manager, at=now)
    merge(kept, claimed, account_manager, now)

    refused(ClaimsUsedUp, wanted, account_manager, now)


def test_the_day_is_that_of_the_company(tenant, account_manager, supervisor, now):
    make_policy(claims_a_day=1, by=supervisor, at=now)
    first, second = (make_in("low", at=now) for _each in range(2))
    late = datetime(2026, 3, 2, 23, 59, tzinfo=ZoneInfo(tenant.time_zone))
    claim_customer(customer=first, by=account_manager, at=late)

    refused(ClaimsUsedUp, second, account_manager, late + timedelta(seconds=30))

    claim_customer(customer=second, by=account_manager, at=late + timedelta(minutes=1))
    assert Customer.objects.filter(account_manager=account_manager).count() == 2


def test_nobody_has_a_customer_again_by_way_of_a_colleague(account_manager, colleague, now):
    customer = make_in("low", at=now)
    claim_customer(customer=customer, by=account_manager, at=now)
    give_back(customer, account_manager, now)
    claim_customer(customer=customer, by=colleague, at=now + timedelta(days=1))
    give_back(customer, colleague, now + timedelta(days=2))

    refused(RecentlyLost, customer, account_manager, now + timedelta(days=3))


def test_nobody_has_a_customer_again_that_was_taken_from_them(account_manager, supervisor, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    give_back(customer, supervisor, now)

    refused(RecentlyLost, customer, account_manager, now + timedelta(days=1))


def test_erased_customers_stand_in_no_pool(client_for, account_manager, supervisor, now):
    customer = make_in("low", number="P-1", kind="individual", company_name="", person_name="王小明", at=now)
    stays = make_in("low", number="P-2", at=now)
    erase_customer(customer=customer, reason="request", by=supervisor, at=now)

    refused(NotInPool, customer, account_manager, now)
    client = client_for(account_manager)
    assert [row.pk for row in client.get(reverse("portfolios:pool")).context["rows"]] == [stays.pk]
    page = client.get(reverse("portfolios:claim", args=[customer.pk])).content.decode()
    assert "Customers of this tier and stage do not stand in the pool." in page


def test_merged_customers_stand_in_no_pool(client_for, account_manager, supervisor, now):
    kept, gone = (make_in("low", number=number, at=now) for number in ("P-1", "P-2"))
    merge(kept, gone, supervisor, now)

    refused(CustomerMerged, gone, account_manager, now)
    client = client_for(account_manager)
    assert [row.pk for row in client.get(reverse("portfolios:pool")).context["rows"]] == [kept.pk]
    assert client.get(reverse("portfolios:claim", args=[gone.pk])).status_code == 404


def test_who_has_left_claims_nothing(account_manager, now):
    customer = make_in("low", at=now)
    User.objects.filter(pk=account_manager.pk).update(is_active=False)

    refused(ManagerGone, customer, account_manager, now)


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.MARKETING])
def test_who_may_not_claim_claims_nothing(client_for, tenant, role, now):
    customer = make_in("low", at=now)
    before = state()

    answer = client_for(make_user(role=role, at=now)).post(reverse("portfolios:claim", args=[customer.pk]))

    assert (answer.status_code, state()) == (403, before)


@pytest.mark.parametrize("has_capacity", [False, True])
def test_who_looks_after_customers_no_more_is_assigned_none(account_manager, supervisor, has_capacity, now):
    make_in("vip", account_manager=account_manager, at=now)
    if has_capacity:
        facts = {"points": 500, "tiers": [], "absent_until": None, "version": 1}
        set_capacity(person=account_manager, **facts, by=supervisor, at=now)
    User.objects.filter(pk=account_manager.pk).update(role=Role.AGENT)
    waiting = make_in("vip", at=now)

    assert assign_unowned(business_date=now.date(), at=now) == {"assigned": 0, "left": 1}
    assert Customer.objects.get(pk=waiting.pk).account_manager is None


def test_the_page_says_beforehand_why_not(client_for, account_manager, supervisor, now):
    make_policy(claims_a_day=0, by=supervisor, at=now)
    customer = make_in("low", at=now)

    page = client_for(account_manager).get(reverse("portfolios:claim", args=[customer.pk])).content.decode()

    assert "You have claimed as many customers today as the rules allow. Go on tomorrow." in page
    assert 'type="submit">Claim' not in page
