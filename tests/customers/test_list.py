"""By what the list of customers is filtered and sorted, each by an index."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from tests.factories.customers import make_customer

URL = "/customers/"


@pytest.fixture
def customers(tenant, now):
    made = [make_customer(at=now, number=f"N-{number}") for number in range(4)]
    for number, customer in enumerate(made):
        shipped_at = now - timedelta(days=10 * number) if number else None
        Customer.objects.filter(pk=customer.pk).update(window_shipment_count=number, last_shipment_at=shipped_at)
    return made


def numbers(response):
    return [row.number for row in response.context["rows"]]


def plan_of(sql):
    with connection.cursor() as cursor:
        # Without the statistics of a large table the planner would rather read and sort it whole.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + sql)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_days_of_the_last_shipment_leave_whoever_shipped_then(client_for, agent, customers, now):
    client = client_for(agent)
    day = (now - timedelta(days=20)).date().isoformat()

    since = client.get(URL, {"last_from": day, "sort": "created"})
    until = client.get(URL, {"last_to": day, "sort": "created"})

    assert numbers(since) == ["N-1", "N-2"]
    assert numbers(until) == ["N-2", "N-3"]
    assert [chip.label for chip in since.context["list"].chips] == ["Last shipment"]


def test_shipments_in_the_window_sort_page_by_page(client_for, agent, customers):
    Customer.objects.filter(number__in=["N-1", "N-2"]).update(window_shipment_count=3)
    client = client_for(agent)

    down = client.get(URL, {"sort": "-window", "columns": "name,window"})

    assert numbers(down) == ["N-3", "N-2", "N-1", "N-0"]
    assert numbers(client.get(URL, {"sort": "window"})) == ["N-0", "N-1", "N-2", "N-3"]


def asked_for(client, **params):
    client.get(URL)
    with CaptureQueriesContext(connection) as asked:
        client.get(URL, params)
    [sql] = [each["sql"] for each in asked if '"contribution_rank"' in each["sql"]]
    return sql


def test_sort_by_shipments_in_the_window_is_read_by_its_index(client_for, agent, customers):
    assert "using customer_by_window" in plan_of(asked_for(client_for(agent), sort="-window"))


def test_days_of_the_last_shipment_are_found_by_their_index(client_for, agent, customers):
    filtered = asked_for(client_for(agent), last_from="2026-02-01").partition(" ORDER BY ")[0]

    # Of few rows the planner takes any index of the tenant: by the order it is asked for this one.
    plan = plan_of(f'{filtered} ORDER BY "customers_customer"."last_shipment_at"')

    assert "using customer_last_shipment" in plan
    assert re.search(r"Index Cond: .*last_shipment_at >=", plan)
