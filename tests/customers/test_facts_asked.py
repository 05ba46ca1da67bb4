"""What stands below a fact of a customer is asked for where the fact is, and once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from customers.services import add_address
from tests.factories.customers import make_customer


@pytest.fixture
def page(tenant, supervisor, now):
    customer = make_customer(at=now, number="N-1")
    add_address(customer=customer, street="1 Dock Road", city="Liverpool", is_primary=True, by=supervisor, at=now)
    Customer.objects.update(region="", preferred_channel="sms")
    return reverse("customers:update", args=[customer.pk])


def asked(client, url, table):
    with CaptureQueriesContext(connection) as captured:
        shown = client.get(url, HTTP_HX_REQUEST="true").content.decode()
    return shown, sum(f'FROM "{table}"' in query["sql"] for query in captured)


def test_region_of_the_primary_address_is_offered_beside_the_region(client_for, supervisor, page):
    client = client_for(supervisor)

    shown, queries = asked(client, f"{page}?only=region", "customers_address")
    assert 'data-fill="region" value="Liverpool"' in shown
    assert queries == 1
    assert asked(client, page, "customers_address")[1] == 1
    assert asked(client, f"{page}?only=industry", "customers_address")[1] == 0


def test_what_speaks_against_the_channel_is_asked_for_once(client_for, supervisor, page):
    client = client_for(supervisor)

    shown, queries = asked(client, f"{page}?only=preferred_channel", "customers_contactpoint")
    assert "They prefer this channel, but:" in shown
    assert queries == 1
    assert asked(client, f"{page}?only=region", "customers_contactpoint")[1] == 0
