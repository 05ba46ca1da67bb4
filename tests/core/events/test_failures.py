"""Receivers that raise, refuse, lock each other out or hang: others go on, and dead letters are sent again."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from core.accounts.models import Department, Team
from core.events import dispatching, registry
from core.events.dispatching import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    deliver,
    dispatch,
    pause_after,
)
from core.events.models import EventDelivery
from core.events.services import NotDead, send_again, send_all_again
from core.tenancy.errors import DomainError
from core.tenancy.ids import uuid7
from core.tenancy.scope import tenant_scope
from tests.core.events.happenings import EVENT, make_department, object_to_odd_ones, states, tell, work
from tests.factories.accounts import make_tenant


class Unwelcome(DomainError):
    code = "unwelcome"
    message = "Not for us."


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


def sleep_in_the_database(*, event, at):
    Team.objects.create(name="Slow")
    with connection.cursor() as cursor:
        cursor.execute("select pg_sleep(60)")


@pytest.mark.parametrize("limit", ["STATEMENT_SECONDS", "LOCK_SECONDS"])
def test_receivers_work_within_the_limits(tenant, now, limit):
    shown = []
    name = limit.lower().replace("_seconds", "_timeout")

    def look(*, event, at):
        with connection.cursor() as cursor:
            cursor.execute(f"show {name}")
            shown.append(cursor.fetchone()[0])

    registry.receive(EVENT, name="test.team", call=look)
    tell(1, at=now)

    work(tenant, now)

    assert shown == [f"{getattr(dispatching, limit):.0f}s"]


def test_receiver_that_hangs_in_the_database_is_cut_off_and_others_go_on(tenant, now, monkeypatch):
    monkeypatch.setattr(dispatching, "STATEMENT_SECONDS", 0.2)
    registry.receive(EVENT, name="test.team", call=sleep_in_the_database)
    tell(1, 2, at=now)

    work(tenant, now)

    assert states() == [
        (1, "test.department", "done", 1, ""),
        (1, "test.team", "due", 1, "took_too_long"),
        (2, "test.department", "done", 1, ""),
        (2, "test.team", "due", 1, "took_too_long"),
    ]
    assert (Department.objects.count(), Team.objects.count()) == (2, 0)
    fault = EventDelivery.objects.filter(receiver="test.team").first()
    assert fault.error_in_words == "It took longer than it may and was cut off"


def test_receiver_that_hangs_elsewhere_is_ended_by_the_tasks_own_limit(tenant, now):
    def hang(*, event, at):
        Team.objects.create(name="Slow")
        raise SoftTimeLimitExceeded

    registry.receive(EVENT, name="test.team", call=hang)
    tell(1, at=now)

    work(tenant, now)

    assert states() == [(1, "test.department", "done", 1, ""), (1, "test.team", "due", 1, "took_too_long")]
    assert (Department.objects.count(), Team.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_receiver_that_is_locked_out_fails_and_others_go_on(now, monkeypatch, others):
    monkeypatch.setattr(dispatching, "LOCK_SECONDS", 0.2)
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        held = Department.objects.create(name="Held")
        registry.receive(
            EVENT,
            name="test.team",
            call=lambda **_told: Department.objects.filter(pk=held.pk).update(name="Renamed"),
        )
        tell(1, at=now)

    with tenant_scope(swift):
        Department.objects.select_for_update().get(pk=held.pk)
        others(work, tenant=swift, at=now).result()

    with tenant_scope(swift):
        assert states() == [(1, "test.department", "done", 1, ""), (1, "test.team", "due", 1, "locked_out")]
        assert Department.objects.get(pk=held.pk).name == "Held"


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
