import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine

from customers.models import Customer
from shipments.models import Shipment
from shipments.panel import first_month, newest_shipments, value_chart
from tests.factories.customers import make_customer, panels_of


def ship(customer, number, at, **money):
    customer.last_shipment_at = max(customer.last_shipment_at or at, at)
    Customer.objects.filter(pk=customer.pk).update(last_shipment_at=customer.last_shipment_at)
    money = money or {"freight": "12.50", "refunds": "2.00"}
    return Shipment.objects.create(customer=customer, waybill_number=number, accepted_at=at, **money)


def test_newest_shipments_of_one_customer(agent, now, django_assert_num_queries):
    customer, neighbour = make_customer(at=now), make_customer(at=now)
    for day in range(22):
        ship(customer, f"W-{day:02}", now + timedelta(days=day))
    ship(neighbour, "X-1", now + timedelta(days=99))

    with django_assert_num_queries(1):
        found = newest_shipments(customer, agent)

    assert [shipment.waybill_number for shipment in found] == [f"W-{day:02}" for day in range(21, 1, -1)]


def test_value_chart_sums_by_the_tenants_months(agent, tenant, now, django_assert_num_queries):
    chance = random.Random(7)
    customer, neighbour = make_customer(at=now), make_customer(at=now)
    expected = {}
    for index in range(400):
        at = now - timedelta(minutes=chance.randrange(60 * 24 * 900))
        freight, refunds = Decimal(chance.randrange(5000)) / 100, Decimal(chance.randrange(3000)) / 100
        ship(customer, f"W-{index}", at, freight=freight, refunds=refunds)
        month = at.astimezone(ZoneInfo(tenant.time_zone)).strftime("%Y-%m")
        expected[month] = expected.get(month, Decimal(0)) + freight - refunds
    ship(neighbour, "X-1", now, freight="999.00")

    with time_machine.travel(now, tick=False), django_assert_num_queries(1):
        chart = value_chart(customer, agent)

    assert (len(chart["labels"]), chart["labels"][0], chart["labels"][-1]) == (24, "2024-04", "2026-03")
    assert chart["series"][0]["values"] == [expected.get(label, Decimal(0)) for label in chart["labels"]]
    assert chart["money"] == "CNY"


def test_value_chart_parts_months_at_the_tenants_midnight(agent, now):
    customer = make_customer(at=now)
    ship(customer, "W-1", datetime(2026, 1, 31, 15, 59, tzinfo=UTC), freight="1.00")
    ship(customer, "W-2", datetime(2026, 1, 31, 16, 0, tzinfo=UTC), freight="2.00")

    with time_machine.travel(now, tick=False):
        chart = value_chart(customer, agent)

    sums = dict(zip(chart["labels"], chart["series"][0]["values"], strict=True))
    assert (sums["2026-01"], sums["2026-02"], sums["2026-03"]) == (Decimal("1.00"), Decimal("2.00"), Decimal(0))


def test_value_chart_of_who_never_shipped(agent, now):
    assert value_chart(make_customer(at=now), agent) is None


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), date(2024, 4, 1)),
        (datetime(2024, 4, 1, tzinfo=UTC), date(2024, 4, 1)),
        (datetime(2024, 3, 31, tzinfo=UTC), date(2022, 4, 1)),
        (datetime(2019, 12, 9, tzinfo=UTC), date(2018, 1, 1)),
        (datetime(2027, 1, 9, tzinfo=UTC), date(2024, 4, 1)),
    ],
)
def test_first_month_of_the_chart(last, first, now):
    assert first_month(last, at=now, time_zone="UTC") == first


def test_customer_page_shows_its_shipments_and_value(client_for, agent, now):
    customer = make_customer(at=now)
    ship(customer, "W-1", now)

    with time_machine.travel(now, tick=False):
        body = panels_of(client_for(agent), customer)

    assert "W-1" in body
    assert '<script id="value-data" type="application/json">' in body
    assert '<th scope="row">2026-03</th><td class="text-end money"><span class="money">¥10.50</span>' in body
