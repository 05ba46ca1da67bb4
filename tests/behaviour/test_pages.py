from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.enums import Role
from customers.models import Customer, Purpose
from tests.behaviour.sent import did
from tests.customers.consents.said import GIVEN, WITHDRAWN, say
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer, panels_of

LIST = "/behaviour/"
LIST_QUERIES = 9


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False):
        yield


def agreeing(number, now, **facts):
    customer = make_customer(number=number, at=now, company_name=f"Company {number}")
    say(customer, GIVEN, purpose="behaviour", channels=["online"], at=now)
    Customer.objects.filter(pk=customer.pk).update(**facts)
    return customer


def numbers(client, **params):
    response = client.get(LIST, params)
    assert response.status_code == 200
    return [row.customer.number for row in response.context["rows"]]


def test_who_wished_and_shipped_nothing_since_is_found(client_for, supervisor, now):
    hour = timedelta(hours=1)
    did(agreeing("C-1", now), "quote", at=now, ago=4 * hour)
    did(agreeing("C-2", now, last_shipment_at=now), "quote", at=now, ago=3 * hour)
    did(agreeing("C-3", now, last_shipment_at=now - 9 * hour, tier="vip"), "basket", at=now, ago=2 * hour)
    did(agreeing("C-4", now), "visit", at=now, ago=hour)
    client = client_for(supervisor)

    assert numbers(client) == ["C-4", "C-3", "C-2", "C-1"]
    assert numbers(client, sort="seen") == ["C-1", "C-2", "C-3", "C-4"]
    assert numbers(client, wish="any") == ["C-3", "C-1"]
    assert numbers(client, wish="quote") == ["C-1"]
    assert numbers(client, wish="basket", tier="vip") == ["C-3"]
    assert "Quote asked, nothing shipped since" in client.get(LIST, {"wish": "quote"}).content.decode()
    assert client.get(LIST, {"wish": "x"}).status_code == 422


def test_list_shows_only_who_agrees_now_and_nobody_of_another_tenant(client_for, supervisor, tenant, other_tenant, now):
    did(agreeing("C-1", now), "quote", at=now)
    with inside(other_tenant, leaving=tenant):
        did(agreeing("T-1", now), "quote", at=now)
    client = client_for(supervisor)
    assert numbers(client) == ["C-1"]

    Purpose.objects.filter(key="behaviour").update(valid_from=2)

    assert numbers(client) == []


def test_panel_shows_the_last_ninety_days_and_nothing_without_a_consent(client_for, agent, customer, now):
    did(customer, "visit", "app_opened", "quote", at=now)
    client = client_for(agent)

    shown = panels_of(client, customer)

    assert "2 visits" in shown
    assert "1 quote asked" in shown
    assert "0 baskets left" in shown
    assert "Came to the web page or the app 2 times" in client.get(f"/customers/{customer.pk}/").content.decode()
    say(customer, WITHDRAWN, purpose="behaviour", channels=["online"], at=now)
    assert "has not agreed to the use of what it does there" in panels_of(client, customer)
    assert "Came to the web page" not in client.get(f"/customers/{customer.pk}/").content.decode()


@pytest.mark.parametrize(("role", "status"), [(Role.MARKETING, 200), (Role.ANALYST, 200), (Role.PRIVACY_OFFICER, 403)])
def test_who_sees_the_list(client_for, tenant, now, role, status):
    assert client_for(make_user(role=role, at=now)).get(LIST).status_code == status


@pytest.mark.parametrize("count", [3, 300])
def test_a_list_costs_the_same_however_long_it_is(client_for, supervisor, now, count):
    for place in range(count):
        did(agreeing(f"C-{place}", now), "quote", at=now)
    client = client_for(supervisor)
    client.get(LIST)

    with CaptureQueriesContext(connection) as queries:
        rows = client.get(LIST, {"wish": "any"}).context["rows"]

    assert (len(rows), len(queries)) == (min(count, 50), LIST_QUERIES)
