"""What customers of a demo courier did on its web page and in its app, those who agreed to it."""

from datetime import date, timedelta

from behaviour.enums import BehaviourKind, BehaviourSource, PageSection
from behaviour.services import SentEvent, record_events
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from courier_crm.demo.stories import STORIES, number_of
from customers.enums import Channel, ConsentSource, ConsentState
from customers.models import Customer, Purpose
from customers.services.consents import Choice, record_consents
from customers.services.purposes import BEHAVIOUR

AGREED = 36
DAYS = 28
VISIT, APP, TRACKING = BehaviourKind.VISIT, BehaviourKind.APP_OPENED, BehaviourKind.TRACKING
QUOTE, BASKET = BehaviourKind.QUOTE, BehaviourKind.BASKET
# What one visit after another is about, until somebody wishes for something.
VISITS = ((VISIT, PageSection.PRICES), (TRACKING, PageSection.TRACKING), (APP, PageSection.HOME))


def make_behaviour(courier: Courier, *, today: date) -> None:
    """Let those who contribute most agree, but every sixth, and come by every few days; some ask for a price."""
    end = day_start(today, courier.time_zone)
    purpose = Purpose.objects.get(key=BEHAVIOUR)
    ranked = list(Customer.objects.filter(shipment_count__gt=0).order_by("-contribution", "number")[:AGREED])
    told = {number_of(courier, index) for index in STORIES}
    chosen = [each for place, each in enumerate(ranked) if place % 6 != 4 or each.number in told]
    chosen += Customer.objects.filter(number__in=told).exclude(pk__in=[each.pk for each in chosen]).order_by("number")
    events: list[SentEvent] = []
    for place, customer in enumerate(chosen):
        record_consents(
            customer=customer,
            choices=[Choice(purpose, Channel.ONLINE, ConsentState.GIVEN)],
            source=ConsentSource.WEB,
            at=end - timedelta(days=60 - place % 25),
        )
        for turn, days_ago in enumerate(range(DAYS - place % 5, 2, -(3 + place % 4))):
            kind, section = VISITS[(place + turn) % len(VISITS)]
            if turn % 3 == 2:
                kind, section = (BASKET if (place + turn) % 4 == 0 else QUOTE), PageSection.BOOKING
            from_city, to_city = (courier.cities[(place + step) % len(courier.cities)][0] for step in (0, turn + 1))
            is_wish = kind in (QUOTE, BASKET)
            facts = {
                "kind": kind,
                "source": BehaviourSource.values[(place + turn) % 3],
                "happened_at": end - timedelta(days=days_ago) + timedelta(hours=9, minutes=17 * (place % 20)),
                "section": section,
                **({"origin_city": from_city, "destination_city": to_city} if is_wish else {}),
                **({"amount": 18 + 7 * ((place + turn) % 9)} if is_wish else {}),
            }
            events.append(SentEvent(event_id=f"demo-{place}-{turn}", customer_id=customer.pk, facts=facts))
    record_events(sent=events, at=end)
