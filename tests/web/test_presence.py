"""Who else is at a record: by the page's permission, within the tenant, for a short time, and never in the way."""

import time

import pytest
import time_machine
from django.conf import settings as product
from django.urls import reverse
from redis import Redis

from core.accounts.enums import Role
from core.accounts.middleware import LAST_SEEN
from core.tenancy import volatile
from core.web.presence import SECONDS
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

QUERIES = 7


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture(autouse=True)
def no_rest():
    """A test that found Redis away leaves no rest to the next."""
    yield
    volatile.Rest.until = 0.0


def here(client, customer, **data):
    return client.post(reverse("customers:here", args=[customer.pk]), data, HTTP_HX_REQUEST="true").content.decode()


def test_others_are_told_and_that_they_edit(client_for, agent, account_manager, supervisor, customer):
    mine = client_for(agent)

    alone = here(mine, customer)
    here(client_for(account_manager), customer)
    here(client_for(supervisor), customer, editing="1")
    body = here(mine, customer)

    assert "is here" not in alone + body.replace(f"{account_manager.name} is here", "")
    assert f"{account_manager.name} is here" in body
    assert f"{supervisor.name} is editing" in body
    assert agent.name not in body


def test_who_left_is_forgotten(client_for, agent, account_manager, customer):
    now = time.time()
    with time_machine.travel(now - SECONDS - 1, tick=False):
        here(client_for(account_manager), customer)

    assert account_manager.name not in here(client_for(agent), customer)


def test_what_redis_holds_expires_and_names_nobody(client_for, agent, tenant, customer):
    here(client_for(agent), customer)

    redis = Redis.from_url(product.REDIS_URL)
    place = f"crm:here:{tenant.pk}:{customer.pk}"
    assert 0 < redis.ttl(place) <= SECONDS
    assert [name.decode() for name in redis.hgetall(place)] == [str(agent.pk)]


def test_another_record_and_another_tenant_are_apart(client_for, agent, account_manager, customer, other_tenant):
    other = make_customer(at=other_tenant.created_at)
    with inside(other_tenant, leaving=customer.tenant):
        theirs = make_customer(at=other_tenant.created_at)
    here(client_for(account_manager), other)
    client = client_for(agent)

    answer = client.post(reverse("customers:here", args=[theirs.pk]))

    assert answer.status_code == 404
    assert account_manager.name not in here(client, customer)
    assert Redis.from_url(product.REDIS_URL).keys(f"crm:here:*{theirs.pk}") == []


def test_with_redis_away_nobody_is_shown_and_nothing_fails(client_for, agent, customer, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    body = here(client_for(agent), customer)

    assert "bell-count" in body
    assert "is here" not in body


@pytest.mark.parametrize("others", [1, 3])
def test_asking_costs_the_same_with_many(others, client_for, agent, customer, django_assert_num_queries):
    for each in range(others):
        user = make_user(role=Role.AGENT, at=customer.created_at, email=f"agent{each}@swift.example")
        here(client_for(user), customer)
    client = client_for(agent)
    here(client, customer)

    with django_assert_num_queries(QUERIES):
        body = here(client, customer)

    assert body.count("is here") == others


def test_a_page_left_open_does_not_keep_its_session_alive(client_for, agent, customer):
    client = client_for(agent)
    here(client, customer)
    session = client.session
    session[LAST_SEEN] = seen = int(time.time()) - 1000
    session.save()
    url = reverse("customers:here", args=[customer.pk])

    client.post(url, HTTP_HX_REQUEST="true", HTTP_X_BACKGROUND_POLL="1")
    after_poll = client.session[LAST_SEEN]
    client.get(reverse("customers:detail", args=[customer.pk]))

    assert after_poll == seen
    assert client.session[LAST_SEEN] > seen
