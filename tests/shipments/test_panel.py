from datetime import timedelta

from django.urls import reverse

from shipments.models import Shipment
from shipments.panel import newest_shipments
from tests.factories.customers import make_customer


def ship(customer, number, at):
    return Shipment.objects.create(
        customer=customer, waybill_number=number, accepted_at=at, freight="12.50", refunds="2.00"
    )


def test_newest_shipments_of_one_customer(agent, now, django_assert_num_queries):
    customer, neighbour = make_customer(at=now), make_customer(at=now)
    for day in range(22):
        ship(customer, f"W-{day:02}", now + timedelta(days=day))
    ship(neighbour, "X-1", now + timedelta(days=99))

    with django_assert_num_queries(1):
        found = newest_shipments(customer, agent)

    assert [shipment.waybill_number for shipment in found] == [f"W-{day:02}" for day in range(21, 1, -1)]


def test_customer_page_shows_its_shipments(client_for, agent, now):
    customer = make_customer(at=now)
    ship(customer, "W-1", now)

    body = client_for(agent).get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert "W-1" in body
    assert "¥10.50" in body
