"""What the best customers of a demo courier need that others do not."""

from datetime import date, timedelta

from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import NeedKind
from customers.models import Customer
from customers.services.needs import add_need

MORNINGS = {"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "11:30"}
EVENINGS = {"days": [6, 7], "opens": "18:00", "closes": "20:30"}
# The needs of the first customers in turn.
IN_TURN = (
    ((NeedKind.FRAGILE, {}), (NeedKind.TIME_WINDOW, MORNINGS)),
    ((NeedKind.COLD_CHAIN, {"from_degree": 2, "to_degree": 8}), (NeedKind.INVOICE, {"rule": "special_vat"})),
    ((NeedKind.INVOICE, {"rule": "monthly"}), (NeedKind.TIME_WINDOW, MORNINGS), (NeedKind.TIME_WINDOW, EVENINGS)),
    ((NeedKind.DANGEROUS, {"hazard_class": "3"}),),
    ((NeedKind.LANGUAGE, {"language": "yue"}), (NeedKind.FLOOR, {"floor": 6})),
    (),
)
MOST = 48


def make_needs(courier: Courier, *, by: User, today: date) -> None:
    at = day_start(today, courier.time_zone) - timedelta(days=20)
    best = Customer.objects.order_by("-contribution", "number")[:MOST]
    for place, customer in enumerate(best):
        for kind, details in IN_TURN[place % len(IN_TURN)]:
            add_need(customer=customer, kind=kind, details=details, by=by, at=at)
