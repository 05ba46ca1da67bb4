"""What customers of a demo courier agreed to: most of those who are spoken with, some of whom withdrew later."""

from datetime import date, datetime, timedelta

from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import ConsentSource, ConsentState
from customers.models import Customer, Purpose
from customers.services.consents import Choice, record_consents
from customers.services.purposes import CARE, MARKETING, SATISFACTION

ASKED = 60
SOURCES = (ConsentSource.PHONE, ConsentSource.WEB, ConsentSource.PAPER, ConsentSource.PERSON)
GIVEN, WITHDRAWN = ConsentState.GIVEN, ConsentState.WITHDRAWN


def make_consents(courier: Courier, *, by: User, today: date) -> None:
    """Ask those who contribute most; of every five one agrees to nothing, and one withdraws by the link."""
    end = day_start(today, courier.time_zone)
    purposes = {purpose.key: purpose for purpose in Purpose.objects.all()}
    for place, customer in enumerate(Customer.objects.order_by("-contribution", "number")[:ASKED]):
        at = end - timedelta(days=200 - place, hours=place % 9)
        source = SOURCES[place % len(SOURCES)]
        if place % 5 == 3:
            _say(customer, [Choice(purposes[MARKETING], "sms", WITHDRAWN)], source, by, at)
            continue
        channels = ("sms", "wechat", "email")[: 1 + place % 3]
        _say(customer, [Choice(purposes[MARKETING], channel, GIVEN) for channel in channels], source, by, at)
        if place % 2 == 0:
            _say(customer, [Choice(purposes[CARE], "sms", GIVEN)], source, by, at)
        if place % 5 == 1:
            taken_back = [Choice(purposes[MARKETING], channels[0], WITHDRAWN)]
            _say(customer, taken_back, ConsentSource.LINK, None, end - timedelta(days=20 - place % 17))
        if place % 7 == 2:
            objection = [Choice(purposes[SATISFACTION], "phone", WITHDRAWN)]
            _say(customer, objection, ConsentSource.PHONE, by, end - timedelta(days=30 - place % 17))


def _say(customer: Customer, choices: list[Choice], source: str, by: User | None, at: datetime) -> None:
    record_consents(customer=customer, choices=choices, source=source, by=by, at=at)
