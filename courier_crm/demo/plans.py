"""What a demo courier agreed with its best customers: three plans that hold, and one that waits for approval."""

from datetime import date, time, timedelta

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from service_plans.enums import ItemKind
from service_plans.services import add_item, approve_plan, create_plan, measure_months, propose_plan
from shipments.enums import Packaging
from shipments.models import Shipment

HELD, MONTHS_BACK = 3, 3


def make_plans(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Agree with the customers that contribute most; the first plan ends within its time of renewal."""
    at = day_start(today, courier.time_zone)
    customers = list(Customer.objects.order_by("-contribution", "number")[: HELD + 1])
    for place, customer in enumerate(customers):
        is_held = place < HELD
        starts_on = today - timedelta(days=200 + 10 * place) if is_held else today + timedelta(days=10)
        ends_on = today + timedelta(days=25 if place == 0 else 180)
        written_at = day_start(starts_on, courier.time_zone) - timedelta(days=5) if is_held else at
        by = people[Role.ACCOUNT_MANAGER]
        plan = create_plan(customer=customer, starts_on=starts_on, ends_on=ends_on, by=by, at=written_at)
        for facts in _items(courier, customer):
            add_item(plan=plan, facts=facts, by=by, at=written_at)
        propose_plan(plan=plan, by=by, at=written_at)
        if is_held:
            approve_plan(plan=plan, by=people[Role.SUPERVISOR], at=written_at + timedelta(days=1))
    this_month = today.replace(day=1)
    first = (this_month - timedelta(days=31 * MONTHS_BACK)).replace(day=1)
    measure_months(first=first, last=this_month, at=at)


def _items(courier: Courier, customer: Customer) -> list[dict]:
    route = Shipment.objects.filter(customer=customer).exclude(destination_city="").order_by("-accepted_at").first()
    words = courier.promises
    return [
        {"kind": ItemKind.PRODUCT, "text": words[ItemKind.PRODUCT], "target_percent": 95},
        {
            "kind": ItemKind.PICKUP,
            "text": words[ItemKind.PICKUP],
            "picked_up_from": time(8),
            "picked_up_until": time(20),
            "target_percent": 90,
        },
        {"kind": ItemKind.PACKAGING, "text": words[ItemKind.PACKAGING], "packaging": Packaging.RECYCLED},
        {
            "kind": ItemKind.ROUTE,
            "text": words[ItemKind.ROUTE],
            "origin_city": route.origin_city if route else "",
            "destination_city": route.destination_city if route else "",
            "most_hours": 72,
            "target_percent": 90,
        },
        {"kind": ItemKind.PRICE, "text": words[ItemKind.PRICE]},
        {"kind": ItemKind.BILLING, "text": words[ItemKind.BILLING]},
    ]
