"""Two claim at once, with real commits: one has the customer, and nobody claims more than they may."""

import pytest

from core.accounts.enums import Role
from core.tenancy.errors import DomainError
from core.tenancy.scope import tenant_scope
from customers.models import Customer, ManagerTerm
from customers.services import lock_customer
from portfolios.services import claim_customer, set_capacity
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.portfolios.made import make_in, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


def claim(*, tenant, customer, by, at):
    with tenant_scope(tenant):
        try:
            claim_customer(customer=customer, by=by, at=at)
        except DomainError as refusal:
            return refusal.code
    return "claimed"


def test_of_two_at_once_one_has_the_customer(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        people = [make_user(role=Role.ACCOUNT_MANAGER, at=now) for _each in range(2)]
        customer = make_in("low", at=now)
    with tenant_scope(tenant):
        lock_customer(customer.pk)
        first = others(claim, tenant=tenant, customer=customer, by=people[0], at=now)
        wait_until_waiting(1, for_lock="transactionid")
        second = others(claim, tenant=tenant, customer=customer, by=people[1], at=now)
        wait_until_waiting(1, for_lock="advisory")

    assert sorted([first.result(), second.result()]) == ["already_claimed", "claimed"]
    with tenant_scope(tenant):
        [term] = ManagerTerm.objects.filter(ended_at=None)
        assert Customer.objects.get(pk=customer.pk).account_manager_id == term.manager_id


def test_one_who_claims_twice_at_once_is_counted_twice(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        person = make_user(role=Role.ACCOUNT_MANAGER, at=now)
        make_policy(claims_a_day=1, by=person, at=now)
        one, two = (make_in("low", at=now) for _each in range(2))
    with tenant_scope(tenant):
        lock_customer(one.pk)
        lock_customer(two.pk)
        waiting = [others(claim, tenant=tenant, customer=each, by=person, at=now) for each in (one, two)]
        wait_until_waiting(1, for_lock="advisory")

    assert sorted(each.result() for each in waiting) == ["claimed", "claims_used_up"]


def test_who_claims_twice_at_once_fills_the_portfolio_once(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        person = make_user(role=Role.ACCOUNT_MANAGER, at=now)
        facts = {"points": 10, "tiers": [], "absent_until": None, "version": 1}
        set_capacity(person=person, **facts, by=person, at=now)
        one, two = (make_in("mid", at=now) for _each in range(2))
    with tenant_scope(tenant):
        lock_customer(one.pk)
        lock_customer(two.pk)
        waiting = [others(claim, tenant=tenant, customer=each, by=person, at=now) for each in (one, two)]
        wait_until_waiting(1, for_lock="advisory")

    assert sorted(each.result() for each in waiting) == ["claimed", "no_room"]
    with tenant_scope(tenant):
        assert Customer.objects.filter(account_manager=person).count() == 1
