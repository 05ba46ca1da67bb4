"""What customers of a demo courier agreed to: most of those who are spoken with, some of whom withdrew later."""

from datetime import date, datetime, timedelta

from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import ConsentSource, ConsentState, ContactPointKind, PointSaying
from customers.models import ContactPoint, Customer, Purpose
from customers.services.consents import Choice, record_consents
from customers.services.points import say_of_point
from customers.services.purposes import CARE, MARKETING, SATISFACTION

ASKED = 60
SOURCES = (ConsentSource.PHONE, ConsentSource.WEB, ConsentSource.PAPER, ConsentSource.PERSON)
GIVEN, WITHDRAWN = ConsentState.GIVEN, ConsentState.WITHDRAWN


def make_consents(courier: Courier, *, by: User, today: date) -> None:
    """Ask those who contribute most; of five one agrees to nothing, one withdraws by the link; some confirm phones."""
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
        if place % 4 == 2:
            _say_of_points(customer, at=end - timedelta(days=40 - place % 17))


def _say_of_points(customer: Customer, *, at: datetime) -> None:
    """Have the holder of a link confirm each phone, and object to each e-mail address that is still used."""
    points = ContactPoint.objects.filter(contact__customer=customer, opted_out_at=None).select_related("contact")
    for point in points.order_by("pk"):
        is_phone = point.kind == ContactPointKind.PHONE
        say_of_point(point=point, saying=PointSaying.CONFIRM if is_phone else PointSaying.OPT_OUT, at=at)


def _say(customer: Customer, choices: list[Choice], source: str, by: User | None, at: datetime) -> None:
    record_consents(customer=customer, choices=choices, source=source, by=by, at=at)
