"""From the outbox to the receivers: once each, whatever is raised, killed, late or away."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from core.accounts.enums import Role
from core.accounts.models import Department, Team
from core.events import dispatching, registry, waking
from core.events.dispatching import (
    DELIVERY_BATCH,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    deliver,
    dispatch,
    lag,
    pause_after,
    standing,
    waiting_since,
    wake_workers,
    work_off,
)
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.retention import forget_events
from core.events.services import NotDead, publish, publish_many, send_again, send_all_again
from core.events.tasks import deliver_events_task
from core.tenancy.errors import DomainError
from core.tenancy.ids import first_id_of, made_at, uuid7
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import inside, make_tenant, make_user, outside

EVENT, UNRECEIVED = "test.happened", "test.unheard"


class Unwelcome(DomainError):
    code = "unwelcome"
    message = "Not for us."


def make_department(*, event, at):
    """Make a department a delivery; its name is not unique over deliveries, so a second one would be seen."""
    Department.objects.create(name=f"{event.payload['number']} {uuid7()}")


def object_to_odd_ones(*, event, at):
    """Make a team, then fail where told to."""
    Team.objects.create(name=f"{event.payload['number']} {uuid7()}")
    if event.payload["number"] in {3, 7}:
        raise RuntimeError("in the middle")


@pytest.fixture(autouse=True)
def events(monkeypatch):
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(registry, "_receivers", {})
    for name in (EVENT, UNRECEIVED):
        registry.declare(name, version=1, subject="it", payload={"number": registry.whole_number("which")}, doc="It.")
    registry.receive(EVENT, name="test.department", call=make_department)


def tell(*numbers, at, name=EVENT):
    publish_many(name, [(uuid7(), {"number": number}) for number in numbers], at=at)


def work(tenant, at):
    work_off(tenant_id=tenant.pk, now=lambda: at)


def states():
    return sorted(EventDelivery.objects.values_list("event__payload__number", "receiver", "state", "attempts", "error"))


def test_event_reaches_every_receiver_once(tenant, now):
    registry.receive(EVENT, name="test.team", call=object_to_odd_ones)
    tell(1, 2, at=now)

    work(tenant, now)
    work(tenant, now)

    assert states() == [
        (1, "test.department", "done", 1, ""),
        (1, "test.team", "done", 1, ""),
        (2, "test.department", "done", 1, ""),
        (2, "test.team", "done", 1, ""),
    ]
    assert (Department.objects.count(), Team.objects.count(), OutboxPending.objects.count()) == (2, 2, 0)


def test_event_that_nobody_receives_is_settled_as_it_is_written(tenant, now):
    tell(1, at=now, name=UNRECEIVED)

    assert (OutboxEvent.objects.count(), OutboxPending.objects.count()) == (1, 0)


def test_event_whose_receiver_is_gone_owes_nothing(tenant, now, monkeypatch):
    tell(1, at=now)
    monkeypatch.setattr(registry, "_receivers", {})

    assert dispatch(at=now) == 1

    assert (OutboxPending.objects.count(), EventDelivery.objects.count()) == (0, 0)


def test_delivery_whose_receiver_is_gone_is_tried_again_and_given_up(tenant, now, monkeypatch):
    tell(1, at=now)
    dispatch(at=now)
    monkeypatch.setattr(registry, "_receivers", {})

    deliver(now=lambda: now)

    assert states() == [(1, "test.department", "due", 1, "KeyError")]


def test_what_a_rolled_back_transaction_published_never_happened(tenant, now):
    with transaction.atomic():
        tell(1, at=now)
        transaction.set_rollback(True)

    work(tenant, now)

    assert (OutboxEvent.objects.count(), Department.objects.count()) == (0, 0)


@pytest.mark.parametrize("payload", [{}, {"number": 1, "more": 2}, {"number": "1"}, {"number": None}, {"number": True}])
def test_payload_that_differs_from_the_declared_one_is_refused(tenant, now, payload):
    with pytest.raises(ValueError, match="carries"):
        publish(EVENT, subject_id=uuid7(), payload=payload, at=now)

    assert OutboxEvent.objects.count() == 0


def test_receivers_have_names_of_their_own_and_events_that_exist():
    with pytest.raises(ValueError, match="already"):
        registry.receive(EVENT, name="test.department", call=make_department)
    with pytest.raises(KeyError):
        registry.receive("test.never", name="test.never", call=make_department)


def test_receiver_that_raises_delays_nobody_else_and_leaves_nothing(tenant, now):
    registry.receive(EVENT, name="test.team", call=object_to_odd_ones)
    tell(*range(10), at=now)

    work(tenant, now)

    assert Department.objects.count() == 10
    assert sorted(int(team.name.split()[0]) for team in Team.objects.all()) == [0, 1, 2, 4, 5, 6, 8, 9]
    assert [state for state in states() if state[2] != "done"] == [
        (3, "test.team", "due", 1, "RuntimeError"),
        (7, "test.team", "due", 1, "RuntimeError"),
    ]


def test_receiver_that_raises_for_ever_ends_as_a_dead_letter(tenant, now):
    registry.receive(EVENT, name="test.team", call=object_to_odd_ones)
    tell(3, at=now)

    at = now
    for _attempt in range(MOST_ATTEMPTS + 2):
        work(tenant, at)
        at += LONGEST_PAUSE * 2

    assert states() == [
        (3, "test.department", "done", 1, ""),
        (3, "test.team", "dead", MOST_ATTEMPTS, "RuntimeError"),
    ]
    assert (Department.objects.count(), Team.objects.count()) == (1, 0)


def test_refusal_is_a_dead_letter_at_once(tenant, now):
    def refuse(*, event, at):
        Team.objects.create(name="Half")
        raise Unwelcome

    registry.receive(EVENT, name="test.team", call=refuse)
    tell(1, at=now)

    work(tenant, now)

    assert states()[1] == (1, "test.team", "dead", 1, "unwelcome")
    assert Team.objects.count() == 0


def test_receiver_whose_reference_points_nowhere_fails_alone(tenant, now):
    """References are checked at the commit, where the failure of one would undo what all others did."""

    def point_nowhere(*, event, at):
        Team.objects.create(name="Lost", department_id=uuid7())

    registry.receive(EVENT, name="test.team", call=point_nowhere)
    tell(1, at=now)

    work(tenant, now)

    assert states() == [(1, "test.department", "done", 1, ""), (1, "test.team", "due", 1, "IntegrityError")]
    assert (Department.objects.count(), Team.objects.count()) == (1, 0)


def test_receiver_that_mends_itself_is_called_again(tenant, now):
    attempts = []

    def fail_once(*, event, at):
        attempts.append(at)
        if len(attempts) == 1:
            raise RuntimeError

    registry.receive(EVENT, name="test.team", call=fail_once)
    tell(1, at=now)

    work(tenant, now)
    work(tenant, now + FIRST_PAUSE / 4)
    work(tenant, now + FIRST_PAUSE * 2)

    assert attempts == [now, now + FIRST_PAUSE * 2]
    assert states()[1] == (1, "test.team", "done", 2, "")


def test_pauses_are_doubled_within_the_bounds_of_chance():
    for attempts in range(1, MOST_ATTEMPTS + 5):
        middle = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
        pauses = [pause_after(attempts) for _each in range(200)]
        assert middle * 0.5 <= min(pauses) < max(pauses) <= middle * 1.5
        assert len(set(pauses)) > 100


def test_batch_of_slow_receivers_ends_early_and_goes_on(tenant, now, monkeypatch):
    monkeypatch.setattr(dispatching, "BATCH_SECONDS", 0.0)
    tell(1, 2, 3, at=now)
    dispatch(at=now)

    assert deliver(now=lambda: now) is True
    assert Department.objects.count() == 1

    work(tenant, now)

    assert Department.objects.count() == 3


def test_more_than_a_batch_is_worked_off(tenant, now):
    tell(*range(DELIVERY_BATCH + 5), at=now)

    work(tenant, now)

    assert Department.objects.count() == DELIVERY_BATCH + 5


def test_batch_reads_and_marks_by_a_literal_number_of_queries(tenant, now, django_assert_num_queries):
    registry._receivers["test.department"] = (EVENT, lambda **_told: None)
    for many in (3, 90):
        tell(*range(many), at=now)
        with django_assert_num_queries(1):
            dispatch(at=now)
        # That locks, that brings the events, that marks; for each a savepoint, its release, the check of constraints.
        with django_assert_num_queries(3 + 3 * many):
            deliver(now=lambda: now)


def test_wake_up_is_one_for_a_transaction(tenant, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(5):
            tell(number, at=now)
        with transaction.atomic():
            tell(5, at=now)
        tell(6, at=now, name=UNRECEIVED)

    assert callbacks == [waking.WakeUp(tenant.pk)]


def test_wake_up_outlives_a_savepoint_that_is_rolled_back(tenant, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        with transaction.atomic():
            tell(1, at=now)
            transaction.set_rollback(True)
        tell(2, at=now)

    assert callbacks == [waking.WakeUp(tenant.pk)]


def test_without_redis_publishing_works_and_the_sweeper_delivers(tenant, now, monkeypatch):
    asked = []

    def away(**kwargs):
        asked.append(kwargs)
        raise OperationalError("away")

    monkeypatch.setattr(deliver_events_task, "apply_async", away)
    monkeypatch.setattr(waking, "_resting_until", 0.0)
    tell(1, at=now)

    waking.WakeUp(tenant.pk)()
    waking.WakeUp(tenant.pk)()

    assert len(asked) == 1, "After a failure it rests, so that no request waits for Redis again."
    assert list(waiting_since(at=now)) == [tenant.pk]
    work(tenant, now)
    assert Department.objects.count() == 1


def test_sweeper_wakes_for_those_tenants_alone_for_whom_something_is_due(tenant, other_tenant, now, monkeypatch):
    woken = []
    monkeypatch.setattr(deliver_events_task, "apply_async", lambda **kwargs: woken.append(kwargs["kwargs"]))
    with inside(other_tenant, leaving=tenant):
        tell(1, at=now)
        dispatch(at=now)
        EventDelivery.objects.update(due_at=now + timedelta(minutes=1))
    with outside(tenant):
        make_tenant(slug="idle", at=now)

        assert wake_workers(at=now) == 0
        assert wake_workers(at=now + timedelta(minutes=1)) == 1
        Tenant.objects.filter(pk=other_tenant.pk).update(is_active=False)
        assert wake_workers(at=now + timedelta(minutes=1)) == 0

    assert woken == [{"tenant_id": str(other_tenant.pk)}]


def test_sweep_is_one_query_for_any_number_of_tenants(tenant, other_tenant, now, django_assert_num_queries):
    for each in (tenant, other_tenant):
        with inside(each, leaving=tenant):
            tell(*range(20), at=now)
            dispatch(at=now)
            tell(20, at=now)

    with outside(tenant), django_assert_num_queries(1):
        assert set(waiting_since(at=now)) == {tenant.pk, other_tenant.pk}


def test_lag_is_the_age_of_the_oldest_that_is_due(tenant, now):
    with outside(tenant):
        assert lag(at=now) == timedelta(0)
    publish(EVENT, subject_id=uuid7(), payload={"number": 1}, at=now)
    pending = OutboxPending.objects.get()
    with outside(tenant):
        assert lag(at=made_at(pending.pk) + timedelta(seconds=30)) == timedelta(seconds=30)

    dispatch(at=now)

    with outside(tenant):
        assert lag(at=now + timedelta(seconds=40)) == timedelta(seconds=40)
        assert lag(at=now - timedelta(seconds=1)) == timedelta(0)
    assert standing(at=now + timedelta(seconds=40)) == dispatching.Standing(0, 1, 0, 0, now)


def test_another_tenants_events_are_not_delivered(tenant, other_tenant, now):
    tell(1, at=now)

    with inside(other_tenant, leaving=tenant):
        work(other_tenant, now)

    assert (OutboxPending.objects.count(), Department.objects.count()) == (1, 0)


def dead_letter(tenant, now, *numbers):
    registry._receivers["test.department"] = (EVENT, lambda **_told: 1 / 0)
    tell(*numbers, at=now)
    dispatch(at=now)
    EventDelivery.objects.update(attempts=MOST_ATTEMPTS - 1)
    deliver(now=lambda: now)
    registry._receivers["test.department"] = (EVENT, make_department)


def test_dead_letter_sent_again_is_delivered(tenant, administrator, now):
    dead_letter(tenant, now, 1)
    delivery = EventDelivery.objects.get(state="dead")

    send_again(delivery=delivery, by=administrator, at=now)
    work(tenant, now)

    assert states() == [(1, "test.department", "done", 1, "")]
    assert Department.objects.count() == 1
    with pytest.raises(NotDead):
        send_again(delivery=delivery, by=administrator, at=now)
    assert Department.objects.count() == 1


def test_all_dead_letters_are_sent_again_in_one_statement(tenant, administrator, now, django_assert_num_queries):
    dead_letter(tenant, now, *range(20))
    tell(99, at=now)
    dispatch(at=now)

    # A savepoint and its release, one for all, one for the audit trail.
    with django_assert_num_queries(4):
        assert send_all_again(deliveries=EventDelivery.objects.all(), by=administrator, at=now) == 20

    assert send_all_again(deliveries=EventDelivery.objects.all(), by=administrator, at=now) == 0
    work(tenant, now)
    assert Department.objects.count() == 21


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


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_and_workers_at_once_make_each_effect_once(now):
    tenant = make_tenant(slug="swift", at=now)
    registry.receive(EVENT, name="test.team", call=object_to_odd_ones)
    with tenant_scope(tenant):
        make_user(role=Role.ADMINISTRATOR, at=now)
    start = threading.Barrier(4)

    def publish_some():
        try:
            start.wait()
            for first in range(10, 250, 20):
                with tenant_scope(tenant):
                    tell(*range(first, first + 20), at=now)
        finally:
            connection.close()

    def work_some():
        try:
            start.wait()
            for _turn in range(30):
                work(tenant, now)
        finally:
            connection.close()

    threads = [threading.Thread(target=target) for target in (publish_some, work_some, work_some, work_some)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(tenant, now)

    with tenant_scope(tenant):
        for model in (Department, Team):
            told = sorted(int(row.name.split()[0]) for row in model.objects.all())
            assert told == list(range(10, 250))
        assert set(EventDelivery.objects.values_list("state", "attempts")) == {("done", 1)}
