"""What was kept, month by month, measured from shipments."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from service_plans.models import PlanMonth, ServicePlan
from service_plans.services import measure_months, measure_plans
from shipments.models import Shipment
from tests.factories.customers import make_customer
from tests.service_plans.made import make_approved, make_draft

HOUR = timedelta(hours=1)
AT = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
ITEMS = {
    "product": {"kind": "product", "text": "Punctual", "product": "express", "target_percent": 50},
    "route": {
        "kind": "route",
        "text": "Fast",
        "origin_city": "Shenzhen",
        "destination_city": "Chengdu",
        "most_hours": 48,
        "target_percent": 50,
    },
    "pickup": {
        "kind": "pickup",
        "text": "Evenings",
        "picked_up_from": time(18),
        "picked_up_until": time(20),
        "target_percent": 50,
    },
    "packaging": {"kind": "packaging", "text": "Green", "packaging": "reusable", "target_percent": 50},
}


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", at=now)


def ship(customer, accepted_at, **facts):
    number = Shipment.objects.count()
    facts = {"status": "delivered", **facts}
    return Shipment.objects.create(customer=customer, waybill_number=f"W-{number}", accepted_at=accepted_at, **facts)


def plan_of(customer, kind, account_manager, supervisor, **facts):
    facts = {"by": account_manager, "approver": supervisor, "at": AT, "items": [ITEMS[kind]], **facts}
    return make_approved(customer, **facts)


def figures():
    return [(str(each.month), each.measured, each.kept) for each in PlanMonth.objects.order_by("month", "item__place")]


def test_punctuality_counts_promises_that_have_come(customer, account_manager, supervisor):
    plan_of(customer, "product", account_manager, supervisor)
    start = datetime(2026, 2, 10, 2, tzinfo=UTC)
    promised = start + 24 * HOUR
    for facts in (
        {"delivered_at": promised},
        {"delivered_at": promised + HOUR},
        # Not delivered, and the promise is over.
        {"status": "in_transit"},
        {"status": "cancelled"},
        {"promised_at": None, "delivered_at": promised},
        # Under way, and the promise still to come.
        {"status": "in_transit", "promised_at": AT + HOUR},
        {"service_product": "economy", "delivered_at": promised},
    ):
        ship(customer, start, **{"service_product": "express", "promised_at": promised, **facts})

    assert measure_plans(business_date=date(2026, 3, 2), at=AT) == {"measured": 1}
    assert figures() == [("2026-02-01", 3, 1)]


def test_route_counts_hours(customer, account_manager, supervisor):
    plan_of(customer, "route", account_manager, supervisor)
    start = datetime(2026, 2, 10, 2, tzinfo=UTC)
    way = {"origin_city": "Shenzhen", "destination_city": "Chengdu"}
    ship(customer, start, delivered_at=start + 48 * HOUR, **way)
    ship(customer, start, delivered_at=start + 49 * HOUR, **way)
    ship(customer, start, status="in_transit", **way)
    ship(customer, AT - 47 * HOUR, status="in_transit", **way)
    ship(customer, start, delivered_at=start + HOUR, origin_city="Shenzhen", destination_city="Xi'an")

    measure_months(first=date(2026, 2, 1), last=date(2026, 2, 1), at=AT)

    assert figures() == [("2026-02-01", 3, 1)]


def test_pickup_window_is_in_the_tenants_time(customer, account_manager, supervisor):
    plan_of(customer, "pickup", account_manager, supervisor)
    start = datetime(2026, 2, 10, 2, tzinfo=UTC)
    # 18:00, 20:00 and 20:01 in Shanghai; of one that went on nobody knows when it was picked up.
    for picked_up_at in (start + 8 * HOUR, start + 10 * HOUR, start + 10 * HOUR + timedelta(minutes=1), None):
        ship(customer, start, picked_up_at=picked_up_at)
    ship(customer, start, status="accepted")
    # Booked when the window of the day was over: the next one counts.
    ship(customer, start + 11 * HOUR, status="accepted")

    measure_months(first=date(2026, 2, 1), last=date(2026, 2, 1), at=start + 10 * HOUR - timedelta(minutes=1))
    assert figures() == [("2026-02-01", 3, 2)]

    # What still waits when its window is over was not picked up as agreed.
    measure_months(first=date(2026, 2, 1), last=date(2026, 2, 1), at=start + 10 * HOUR)
    assert figures() == [("2026-02-01", 4, 2)]
    measure_months(first=date(2026, 2, 1), last=date(2026, 2, 1), at=start + 34 * HOUR)
    assert figures() == [("2026-02-01", 5, 2)]


def test_packaging_counts_what_is_known(customer, account_manager, supervisor):
    plan_of(customer, "packaging", account_manager, supervisor)
    for packaging in ("reusable", "standard", ""):
        ship(customer, datetime(2026, 2, 10, tzinfo=UTC), packaging=packaging)

    measure_months(first=date(2026, 2, 1), last=date(2026, 2, 1), at=AT)

    assert figures() == [("2026-02-01", 2, 1)]


def test_days_are_the_tenants_and_the_plans(customer, account_manager, supervisor):
    dates = {"starts_on": date(2026, 1, 31), "ends_on": date(2026, 2, 27)}
    plan_of(customer, "packaging", account_manager, supervisor, **dates)
    midnight = timedelta(hours=-8)
    for day, month in ((30, 1), (31, 1), (1, 2), (27, 2), (28, 2)):
        ship(customer, datetime(2026, month, day, tzinfo=UTC) + midnight, packaging="reusable")

    measure_months(first=date(2026, 1, 1), last=date(2026, 3, 1), at=AT)

    assert figures() == [("2026-01-01", 1, 1), ("2026-02-01", 2, 2)]


def test_measured_again_is_what_holds_now(customer, account_manager, supervisor):
    plan_of(customer, "packaging", account_manager, supervisor)
    make_draft(make_customer(at=AT), by=account_manager, at=AT, items=[ITEMS["packaging"]])
    shipment = ship(customer, datetime(2026, 2, 10, tzinfo=UTC), packaging="reusable")
    measure_plans(business_date=date(2026, 3, 2), at=AT)
    assert figures() == [("2026-02-01", 1, 1)]

    Shipment.objects.filter(pk=shipment.pk).update(packaging="standard")
    measure_plans(business_date=date(2026, 3, 2), at=AT)
    assert figures() == [("2026-02-01", 1, 0)]

    Shipment.objects.update(status="cancelled")
    assert measure_plans(business_date=date(2026, 3, 2), at=AT) == {"measured": 0}
    assert figures() == []


def test_plan_that_began_earlier_is_measured_when_it_is_approved(customer, account_manager, supervisor):
    ship(customer, datetime(2025, 11, 10, tzinfo=UTC), packaging="reusable")
    elsewhere = make_customer(at=AT)
    ship(elsewhere, datetime(2025, 11, 10, tzinfo=UTC), packaging="standard")

    dates = {"starts_on": date(2025, 10, 5), "ends_on": date(2026, 9, 30)}
    plan_of(customer, "packaging", account_manager, supervisor, **dates)

    assert figures() == [("2025-11-01", 1, 1)]
    plan_of(elsewhere, "packaging", account_manager, supervisor, **dates)
    assert figures() == [("2025-11-01", 1, 1), ("2025-11-01", 1, 0)]


def test_shipments_that_come_in_late_are_counted_on_the_next_sunday(customer, account_manager, supervisor):
    plan_of(customer, "packaging", account_manager, supervisor, starts_on=date(2025, 10, 5), ends_on=date(2026, 9, 30))
    ship(customer, datetime(2025, 11, 10, tzinfo=UTC), packaging="reusable")

    saturday = measure_plans(business_date=date(2026, 3, 7), at=AT)
    sunday = measure_plans(business_date=date(2026, 3, 8), at=AT)

    assert (saturday, sunday) == ({"measured": 0}, {"measured": 1})
    assert figures() == [("2025-11-01", 1, 1)]


@pytest.mark.parametrize("rows", [1, 30])
def test_it_is_a_few_statements(account_manager, supervisor, rows, tenant, django_assert_num_queries):
    for _number in range(rows):
        customer = make_customer(at=AT)
        plan_of(customer, "packaging", account_manager, supervisor)
        ship(customer, datetime(2026, 2, 10, tzinfo=UTC), packaging="reusable")

    with django_assert_num_queries(3):
        measure_months(first=date(2026, 2, 1), last=date(2026, 3, 1), at=AT)

    assert PlanMonth.objects.count() == rows
    assert ServicePlan.objects.count() == rows
