"""From the outbox to the receivers: once each, by anybody."""

import threading

import pytest
from django.db import connection, transaction

from core.accounts.enums import Role
from core.accounts.models import Department, Team
from core.events import dispatching, registry
from core.events.dispatching import (
    DELIVERY_BATCH,
    deliver,
    dispatch,
)
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.services import publish
from core.tenancy.ids import uuid7
from core.tenancy.scope import tenant_scope
from tests.core.events.happenings import EVENT, UNRECEIVED, make_department, object_to_odd_ones, states, tell, work
from tests.factories.accounts import inside, make_tenant, make_user


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
        # That locks, that brings the events, that sets limits, that marks; for each a savepoint, its release, the check
        # of constraints.
        with django_assert_num_queries(4 + 3 * many):
            deliver(now=lambda: now)


def test_another_tenants_events_are_not_delivered(tenant, other_tenant, now):
    tell(1, at=now)

    with inside(other_tenant, leaving=tenant):
        work(other_tenant, now)

    assert (OutboxPending.objects.count(), Department.objects.count()) == (1, 0)


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
