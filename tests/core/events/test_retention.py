"""Settled events are forgotten after a while; the age of one stands in its id."""

from datetime import timedelta

from core.events import registry
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.retention import forget_events
from core.tenancy.ids import first_id_of, made_at, uuid7
from tests.core.events.happenings import EVENT, UNRECEIVED, object_to_odd_ones, work
from tests.factories.accounts import inside


def aged(now, days, name=EVENT):
    """Publish an event so many days ago; its age stands in its id."""
    event = OutboxEvent.objects.create(
        pk=first_id_of(now - timedelta(days=days)),
        name=name,
        version=1,
        subject_id=uuid7(),
        payload={"number": days},
        occurred_at=now - timedelta(days=days),
    )
    if name == EVENT:
        OutboxPending.objects.create(pk=event.pk)
    return event


def test_settled_events_are_forgotten_after_a_while_and_dead_ones_stay(tenant, other_tenant, now, settings):
    settings.EVENT_DAYS = 30
    with inside(other_tenant, leaving=tenant):
        aged(now, 50, name=UNRECEIVED)
    registry.receive(EVENT, name="test.team", call=object_to_odd_ones)
    aged(now, 31), aged(now, 29), aged(now, 32, name=UNRECEIVED), aged(now, 33), aged(now, 34)
    work(tenant, now)
    EventDelivery.objects.filter(event__payload__number=33, receiver="test.team").update(state="dead")
    EventDelivery.objects.filter(event__payload__number=34, receiver="test.team").update(state="due")
    aged(now, 35)

    result = forget_events(business_date=now.date(), at=now)

    assert result == {"events": 2}
    assert sorted(OutboxEvent.objects.values_list("payload__number", flat=True)) == [29, 33, 34, 35]
    assert EventDelivery.objects.count() == 6
    with inside(other_tenant, leaving=tenant):
        assert OutboxEvent.objects.count() == 1


def test_ids_tell_their_time():
    moment = made_at(uuid7())

    assert first_id_of(moment) <= uuid7()
    assert made_at(first_id_of(moment)) == moment
