"""The pool: who stands in it, claiming with limits, releasing, and returning by night."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.enums import Role
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from customers.enums import FollowUpState, HandoverReason, InteractionKind
from customers.models import Customer, FollowUp, ManagerTerm
from customers.services import hand_over_customer
from portfolios.models import ReturnWarning
from portfolios.services import (
    AlreadyClaimed,
    ClaimsUsedUp,
    NoRoom,
    NotInPool,
    NotYours,
    RecentlyLost,
    TierNotServed,
    claim_customer,
    release_customer,
    return_silent,
    set_capacity,
)
from tests.customers.follow_ups.made import make_follow_up
from tests.customers.merging.pairs import merge
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer
from tests.portfolios.made import make_in, make_policy, talk

pytestmark = pytest.mark.usefixtures("tenant")
POOL = "portfolios:pool"


@pytest.fixture
def colleague(tenant, now):
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


def manager_of(customer):
    return Customer.objects.get(pk=customer.pk).account_manager


def refused(error, customer, by, now):
    before = list(ManagerTerm.objects.order_by("pk").values())
    with pytest.raises(error):
        claim_customer(customer=customer, by=by, at=now)
    assert list(ManagerTerm.objects.order_by("pk").values()) == before


def test_claim(account_manager, now):
    customer = make_in("low", at=now)

    claim_customer(customer=customer, by=account_manager, at=now)

    assert manager_of(customer) == account_manager
    [term] = ManagerTerm.objects.all()
    assert (term.reason, term.manager) == (HandoverReason.CLAIMED, account_manager)


def test_what_somebody_else_has_cannot_be_claimed(account_manager, colleague, now):
    customer = make_in("low", account_manager=colleague, at=now)

    refused(AlreadyClaimed, customer, account_manager, now)
    assert manager_of(customer) == colleague


def test_vips_and_stages_that_are_not_of_the_pool_cannot_be_claimed(account_manager, supervisor, now):
    make_policy(pool_stages=["mature"], by=supervisor, at=now)

    refused(NotInPool, make_in("vip", at=now), account_manager, now)
    refused(NotInPool, make_in("low", stage="lead", at=now), account_manager, now)


def test_so_many_claims_a_day(account_manager, supervisor, now):
    make_policy(claims_a_day=2, by=supervisor, at=now)
    first, second, third = (make_in(at=now) for _each in range(3))
    claim_customer(customer=first, by=account_manager, at=now)
    claim_customer(customer=second, by=account_manager, at=now)

    refused(ClaimsUsedUp, third, account_manager, now)

    claim_customer(customer=third, by=account_manager, at=now + timedelta(days=1))
    assert manager_of(third) == account_manager


def test_what_one_had_a_while_ago_is_for_others(account_manager, colleague, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    release_customer(customer=customer, reason=HandoverReason.NO_NEED, by=account_manager, at=now)

    refused(RecentlyLost, customer, account_manager, now + timedelta(days=29))

    claim_customer(customer=customer, by=account_manager, at=now + timedelta(days=31))
    assert manager_of(customer) == account_manager


def test_no_claim_above_the_capacity(account_manager, supervisor, now):
    facts = {"tiers": [], "absent_until": None, "by": supervisor, "at": now}
    set_capacity(person=account_manager, points=19, version=1, **facts)
    first, second = (make_in("mid", at=now) for _each in range(2))
    claim_customer(customer=first, by=account_manager, at=now)

    refused(NoRoom, second, account_manager, now)


def test_no_claim_of_a_tier_that_is_not_served(account_manager, supervisor, now):
    facts = {"points": None, "absent_until": None, "version": 1, "by": supervisor, "at": now}
    set_capacity(person=account_manager, tiers=["vip"], **facts)

    refused(TierNotServed, make_in("low", at=now), account_manager, now)


def test_release_leaves_work_until_somebody_claims(account_manager, colleague, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)

    release_customer(customer=customer, reason=HandoverReason.UNREACHABLE, by=account_manager, at=now)
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == account_manager

    claim_customer(customer=customer, by=colleague, at=now)
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == colleague


def test_only_whoever_has_a_customer_releases_it(account_manager, colleague, supervisor, now):
    customer = make_in("low", account_manager=account_manager, at=now)

    with pytest.raises(NotYours):
        release_customer(customer=customer, reason=HandoverReason.NO_NEED, by=colleague, at=now)
    assert manager_of(customer) == account_manager

    release_customer(customer=customer, reason=HandoverReason.NO_NEED, by=supervisor, at=now)
    assert manager_of(customer) is None


def test_what_is_not_of_the_pool_is_not_released(account_manager, supervisor, now):
    make_policy(pool_stages=["lead"], by=supervisor, at=now)
    customer = make_in("low", account_manager=account_manager, at=now)

    with pytest.raises(NotInPool):
        release_customer(customer=customer, reason=HandoverReason.NO_NEED, by=account_manager, at=now)
    assert manager_of(customer) == account_manager


@pytest.fixture
def silent_rules(supervisor, now):
    return make_policy(silent_days=90, warn_days=14, by=supervisor, at=now - timedelta(days=300))


def night(at):
    return return_silent(business_date=at.date(), at=at)


@pytest.mark.usefixtures("silent_rules")
def test_silent_customers_return_after_a_warning(tenant, account_manager, now):
    began = now - timedelta(days=200)
    silent = make_in("low", account_manager=account_manager, at=began)
    spoken = make_in("low", account_manager=account_manager, at=began)
    noted = make_in("mid", account_manager=account_manager, at=began)
    vip = make_in("vip", account_manager=account_manager, at=began)
    talk(spoken, days_ago=10, at=now)
    talk(noted, days_ago=10, kind=InteractionKind.NOTE, at=now)

    assert night(now) == {"returned": 0, "warned": 2}
    assert night(now + timedelta(days=1)) == {"returned": 0, "warned": 0}
    told = OutboxEvent.objects.filter(name="customer.return_due")
    assert {event.subject_id for event in told} == {silent.pk, noted.pk}
    assert {event.payload["due_on"] for event in told} == {"2026-03-16"}

    talk(noted, days_ago=0, at=now + timedelta(days=5))
    assert night(now + timedelta(days=14)) == {"returned": 1, "warned": 0}
    assert [manager_of(each) for each in (silent, spoken, noted, vip)] == [None] + [account_manager] * 3
    assert ReturnWarning.objects.count() == 0


@pytest.mark.usefixtures("silent_rules")
def test_the_warning_is_a_follow_up_that_goes_with_the_customer(tenant, account_manager, colleague, supervisor, now):
    customer = make_in("low", account_manager=account_manager, at=now - timedelta(days=200))
    night(now)
    work_off(tenant_id=tenant.pk, now=lambda: now)
    [asked] = FollowUp.objects.all()
    assert (asked.assignee, asked.code, asked.customer) == (account_manager, "return_due", customer)

    hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.AREA, by=supervisor, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    assert FollowUp.objects.get().state == FollowUpState.CANCELLED
    assert night(now + timedelta(days=20)) == {"returned": 0, "warned": 0}


def test_nobody_returns_unless_the_rules_say_so(account_manager, now):
    customer = make_in("low", account_manager=account_manager, at=now - timedelta(days=900))

    assert night(now) == {"returned": 0, "warned": 0}
    assert manager_of(customer) == account_manager


@pytest.mark.usefixtures("silent_rules")
def test_the_night_takes_as_many_statements_for_many(account_manager, now):
    counted = []
    for rows in (3, 60):
        for _each in range(rows):
            make_in("low", account_manager=account_manager, at=now - timedelta(days=200))
        with CaptureQueriesContext(connection) as warned:
            night(now)
        with CaptureQueriesContext(connection) as returned:
            assert night(now + timedelta(days=14))["returned"] == rows
        counted.append((len(warned), len(returned)))

    assert counted[0] == counted[1]


def test_the_list(client_for, account_manager, tenant, other_tenant, now):
    make_in("low", number="P-1", region="South", at=now)
    make_in(None, number="P-2", stage="lead", region="North", at=now)
    make_in("vip", number="V-1", at=now)
    make_in("low", number="O-1", account_manager=account_manager, at=now)
    with inside(other_tenant, leaving=tenant):
        make_in("low", number="F-1", at=now)

    client = client_for(account_manager)

    def numbers(query):
        return {row.number for row in client.get(f"{reverse(POOL)}{query}").context["rows"]}

    assert numbers("") == {"P-1", "P-2"}
    assert numbers("?tier=none") == {"P-2"}
    assert numbers("?stage=mature") == {"P-1"}
    assert numbers("?region=South") == {"P-1"}


def test_queries_of_the_list(client_for, account_manager, now):
    client = client_for(account_manager)
    counted = []
    for rows in (3, 300):
        missing = rows - Customer.objects.count()
        Customer.objects.bulk_create(
            Customer(number=f"B-{rows}-{place}", company_name="B", created_at=now) for place in range(missing)
        )
        client.get(reverse(POOL))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(POOL)).status_code == 200
        counted.append(len(captured))

    assert counted == [14, 14]


def test_names_of_persons_are_masked(client_for, account_manager, now):
    make_customer(number="P-1", kind="individual", company_name="", person_name="王小明", at=now)

    body = client_for(account_manager).get(reverse(POOL)).content.decode()

    assert "王小明" not in body
    assert "P-1" in body


def test_claim_by_the_page(client_for, account_manager, colleague, now):
    customer = make_in("low", at=now)
    url = reverse("portfolios:claim", args=[customer.pk])
    assert client_for(account_manager).get(url).status_code == 200

    client_for(account_manager).post(url)
    answer = client_for(colleague).post(url, follow=True)

    assert manager_of(customer) == account_manager
    assert "Somebody else looks after this customer by now." in answer.content.decode()


def test_release_and_hand_over_by_the_pages(client_for, account_manager, colleague, supervisor, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    hand_over = reverse("portfolios:hand_over", args=[customer.pk])
    page = client_for(supervisor).get(hand_over)
    assert page.context["form"].initial["to"] == colleague

    client_for(supervisor).post(hand_over, {"to": colleague.pk, "reason": "area"})
    assert manager_of(customer) == colleague

    client_for(colleague).post(reverse("portfolios:release", args=[customer.pk]), {"reason": "no_need"})
    assert manager_of(customer) is None


@pytest.mark.parametrize(("name", "status"), [("pool", 403), ("list", 403), ("staffing", 403)])
def test_agents_see_none_of_it(client_for, agent, name, status):
    assert client_for(agent).get(reverse(f"portfolios:{name}")).status_code == status


def test_account_managers_do_not_decide(client_for, account_manager, now):
    customer = make_in("low", account_manager=account_manager, at=now)
    client = client_for(account_manager)

    for url in (
        reverse("portfolios:hand_over", args=[customer.pk]),
        reverse("portfolios:capacity", args=[account_manager.pk]),
        *(reverse(f"portfolios:{name}") for name in ("policy", "assign", "rebalance")),
    ):
        assert client.get(url).status_code == 403


def test_what_is_no_longer_quiet_is_asked_row_by_row(supervisor, now):
    make_policy(silent_days=30, warn_days=10, by=supervisor, at=now)

    with CaptureQueriesContext(connection) as captured:
        return_silent(business_date=now.date(), at=now)

    [asked] = [each["sql"] for each in captured if "portfolios_returnwarning" in each["sql"]][:1]
    assert "NOT EXISTS" in asked.upper()
    assert "IN (SELECT" not in asked.upper()


def test_who_lost_a_customer_that_was_merged_waits_too(account_manager, supervisor, now):
    kept, own = (
        make_in("low", number="P-1", at=now),
        make_in("low", number="P-2", account_manager=account_manager, at=now),
    )
    merge(kept, own, supervisor, now)

    refused(RecentlyLost, kept, account_manager, now + timedelta(days=1))
