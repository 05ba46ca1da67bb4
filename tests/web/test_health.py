from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from core.events.models import EventDelivery, OutboxEvent
from core.tenancy.ids import uuid7
from core.web import health
from tests.factories.accounts import outside


def test_live_asks_nobody():
    response = Client().get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_names_each_part():
    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "ok", "events": "ok"}


@pytest.mark.django_db
def test_ready_without_redis_is_degraded_but_serves(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = Client().get("/health/ready")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == f"away ({RedisAway.__name__})"


@pytest.mark.django_db
def test_ready_without_the_database_is_503_with_the_reason(monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect")

    monkeypatch.setattr(connection, "cursor", refuse)

    response = Client().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert response.json()["checks"]["database"] == "away (OperationalError)"


@pytest.mark.django_db
def test_ready_with_a_missing_migration_is_503(monkeypatch):
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [("0002", False)])

    response = Client().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "1 not applied: run manage.py migrate"


@pytest.mark.parametrize(("waited", "status"), [(health.LATE - timedelta(seconds=20), "ok"), (health.LATE, "degraded")])
def test_ready_with_events_that_wait_too_long_is_degraded_but_serves(tenant, waited, status):
    event = OutboxEvent.objects.create(name="it", version=1, subject_id=uuid7(), payload={}, occurred_at=timezone.now())
    EventDelivery.objects.create(event=event, receiver="it", due_at=timezone.now() - waited)

    with outside(tenant):
        response = Client().get("/health/ready")

    assert (response.status_code, response.json()["status"]) == (200, status)
    assert response.json()["checks"]["events"].startswith("ok" if status == "ok" else "late: the oldest has waited for")


def test_ready_asks_for_the_lag_in_one_query(tenant, django_assert_num_queries):
    with outside(tenant), django_assert_num_queries(1):
        assert health._events() == "ok"
