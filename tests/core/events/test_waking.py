"""Workers are woken after the commit; what no wake-up reached, the sweeper finds."""

import socket
import time
from datetime import timedelta

import pytest
from django.db import transaction

from core.accounts.models import Department
from core.events import dispatching, waking
from core.events.dispatching import (
    dispatch,
    lag,
    standing,
    waiting_since,
    wake_workers,
)
from core.events.models import EventDelivery, OutboxPending
from core.events.services import publish
from core.events.tasks import deliver_events_task
from core.tenancy.ids import made_at, uuid7
from core.tenancy.models import Tenant
from tests.core.events.happenings import EVENT, UNRECEIVED, tell, work
from tests.factories.accounts import inside, make_tenant, outside


@pytest.fixture
def broker(monkeypatch):
    """Return what has Celery send to another address; that returns what reads the arguments sent there."""
    app = deliver_events_task.app

    def use(address):
        monkeypatch.setattr(app.conf, "broker_write_url", address)
        monkeypatch.setattr(app, "_pool", None)
        monkeypatch.setattr(app.amqp, "_producer_pool", None)
        return lambda: list(_sent(app))

    return use


def _sent(app):
    with app.connection_for_write() as link, link.channel() as channel:
        queue = app.amqp.queues["default"](channel)
        while message := queue.get(no_ack=True):
            _arguments, named, _options = message.payload
            yield named


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


def test_without_redis_publishing_works_and_the_sweeper_delivers(tenant, now, broker, monkeypatch):
    monkeypatch.setattr(waking, "_resting_until", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    broker(f"redis://127.0.0.1:{port}/0")
    tell(1, at=now)

    waking.WakeUp(tenant.pk)()

    assert waking._resting_until > time.monotonic()
    with socket.create_server(("127.0.0.1", port)) as listening:
        listening.setblocking(False)
        waking.WakeUp(tenant.pk)()
        # After a failure it rests, so that no request waits for Redis again: nobody has knocked.
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert list(waiting_since(at=now)) == [tenant.pk]
    work(tenant, now)
    assert Department.objects.count() == 1


def test_sweeper_wakes_for_those_tenants_alone_for_whom_something_is_due(tenant, other_tenant, now, broker):
    sent = broker("memory://")
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

    assert sent() == [{"tenant_id": str(other_tenant.pk)}]


def test_turn_that_takes_long_ends_and_wakes_the_next(tenant, now, broker, monkeypatch):
    sent = broker("memory://")
    monkeypatch.setattr(dispatching, "TURN_SECONDS", 0)
    tell(1, at=now)

    work(tenant, now)

    assert sent() == [{"tenant_id": str(tenant.pk)}]
    assert OutboxPending.objects.count() == 1
    monkeypatch.undo()
    assert deliver_events_task.soft_time_limit > dispatching.TURN_SECONDS


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
