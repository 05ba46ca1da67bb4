from types import SimpleNamespace

import pytest

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_team
from customers.models import Customer
from customers.services import add_contact
from tests.customers.follow_ups.made import make_many
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now, account_manager):
    customer = make_customer(at=now, number="C-1", company_name="Harbour Foods", account_manager=account_manager)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return customer


@pytest.fixture
def vip(tenant, now):
    customer = make_customer(at=now, number="VIP-1")
    Customer.objects.filter(pk=customer.pk).update(tier="vip")
    customer.refresh_from_db()
    return customer


@pytest.fixture
def team(tenant, administrator, now):
    return create_team(name="Callers", department=None, by=administrator, at=now)


@pytest.fixture
def members(team, now):
    """Two agents of the team, by name, and an officer of it who does no follow-ups."""
    people = [make_user(role=Role.AGENT, at=now) for _ in range(2)]
    people.append(make_user(role=Role.PRIVACY_OFFICER, at=now))
    for person, name in zip(people, ("Anna", "Bert", "Olaf"), strict=True):
        person.name, person.team = name, team
    User.objects.bulk_update(people, ["name", "team"])
    return people[:2]


@pytest.fixture
def crew(agent, account_manager, supervisor):
    return SimpleNamespace(agent=agent, account_manager=account_manager, supervisor=supervisor)


@pytest.fixture
def busy(customer, agent, client_for, now):
    """Return a function that gives an agent so many follow-ups of one customer, and returns their client."""

    def make(count):
        make_many(count, at=now, customer=customer, assignee=agent)
        return client_for(agent)

    return make
