"""Concerns to which several customers of a demo courier belong, and who brought whom."""

from datetime import date, timedelta

from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from customers.services.many import SentCustomer, upsert_customers

# Which of the sources of a courier is word of mouth.
REFERRAL = 3
# So many brands stand for a concern.
CONCERNS = 8
# Of those that came by word of mouth so many in a row were brought by the same one of the best.
BROUGHT_BY_ONE, BEST = 3, 12


def make_related(courier: Courier, *, by: User, today: date) -> None:
    at = day_start(today, courier.time_zone) - timedelta(days=25)
    by_mouth = courier.sources[REFERRAL]
    customers = list(Customer.objects.order_by("-contribution", "number").defer("person_name"))
    best = [customer.number for customer in customers[:BEST]]
    sent, brought = [], 0
    for customer in customers:
        facts = {}
        brand = next((each for each in courier.brands[:CONCERNS] if each in customer.company_name), None)
        if brand:
            facts["group"] = courier.group_form.format(brand=brand)
        if customer.source == by_mouth and customer.number not in best:
            facts["referrer"] = best[brought // BROUGHT_BY_ONE % BEST]
            brought += 1
        if facts:
            sent.append(SentCustomer(customer.number, facts))
    upsert_customers(sent=sent, is_told=False, by=by, at=at)
