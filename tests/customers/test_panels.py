"""The panels of a customer's page: asked for when they come into view, each a page by itself, too."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from service_requests.models import ServiceRequest
from shipments.models import Shipment
from tests.factories.customers import make_customer

QUERIES = {"shipments": 6, "tiers": 9, "value": 6, "service_requests": 6}


def panel_url(customer, key):
    return reverse("customers:panel", args=[customer.pk, key])


@pytest.mark.parametrize("case", [(key, rows) for key in QUERIES for rows in (3, 300)])
def test_panel_asks_the_same_number_of_queries(case, client_for, agent, now, django_assert_num_queries):
    key, rows = case
    customer = make_customer(at=now)
    Shipment.objects.bulk_create(
        Shipment(customer=customer, waybill_number=f"W-{number}", accepted_at=now, freight="1.00", refunds="0.00")
        for number in range(rows)
    )
    ServiceRequest.objects.bulk_create(
        ServiceRequest(
            serial=number,
            number=f"SR{number}",
            kind="chase",
            customer=customer,
            text="Where?",
            allowed_hours=8,
            opened_at=now,
            due_at=now,
            queue_at=now,
            warn_at=now,
        )
        for number in range(rows)
    )
    Customer.objects.update(last_shipment_at=now, shipment_count=rows)
    client = client_for(agent)
    client.get(panel_url(customer, key), headers={"HX-Request": "true"})

    with django_assert_num_queries(QUERIES[key]):
        client.get(panel_url(customer, key), headers={"HX-Request": "true"})


def test_page_reads_nothing_of_its_panels_and_links_to_each(client_for, agent, now):
    customer = make_customer(at=now)
    Customer.objects.update(last_shipment_at=datetime(2026, 2, 1, tzinfo=UTC))
    client = client_for(agent)

    with CaptureQueriesContext(connection) as captured:
        page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()

    links = re.findall(r'class="btn btn-sm card-action" href="([^"]*/panels/[^"]*)"', page)
    alone = client.get(links[-1]).content.decode()
    keys = (
        "follow_ups",
        "consents",
        "quality",
        "service_plans",
        "related",
        "opportunities",
        "documents",
        "service_requests",
        "value",
        "stages",
        "tiers",
        "managers",
        "behaviour",
        "shipments",
    )
    assert links == [panel_url(customer, key) for key in keys]
    assert [
        query["sql"]
        for query in captured
        if re.search(
            'FROM "(documents|shipments|behaviour|service_requests|tiering|portfolios|lifecycle)_', query["sql"]
        )
    ] == []
    assert "No shipments yet." in alone
    assert customer.display_name in alone


def test_panel_that_has_nothing_to_show_is_not_offered(client_for, agent, now):
    customer = make_customer(at=now)
    client = client_for(agent)

    assert "/panels/value/" not in client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    assert client.get(panel_url(customer, "value")).status_code == 404
    assert client.get(panel_url(customer, "nothing")).status_code == 404
