"""What customers do on the web page and in the app, for tests."""

from datetime import timedelta

from behaviour.models import BehaviourEvent, CustomerBehaviour
from behaviour.services import SentEvent, record_events
from customers.models import Interaction
from customers.timeline import text_of


def sent(customer, event_id, *, kind="visit", at, ago=timedelta(hours=1), **facts):
    return SentEvent(
        event_id=event_id,
        customer_id=customer.pk,
        facts={"kind": kind, "source": "web", "happened_at": at - ago, **facts},
    )


def did(customer, *kinds, at, ago=timedelta(hours=1)):
    """Keep an event for each kind; one that is not agreed to fails."""
    start = BehaviourEvent.objects.count()
    events = [
        sent(customer, f"{customer.number}-{start + place}", kind=kind, at=at, ago=ago)
        for place, kind in enumerate(kinds)
    ]
    record_events(sent=events, at=at)
    assert [str(each.outcome) for each in events] == ["created"] * len(kinds)


def counts(customer):
    """Return visits, quotes and baskets of a customer, None where nothing is kept."""
    figures = CustomerBehaviour.objects.filter(customer=customer).first()
    return figures and (figures.visit_count, figures.quote_count, figures.basket_count)


def told(customer):
    """Return what its timeline says of behaviour, the newest first."""
    entries = Interaction.objects.filter(customer=customer, code="behaviour.day").order_by("-happened_at", "source")
    return [text_of(entry) for entry in entries]
