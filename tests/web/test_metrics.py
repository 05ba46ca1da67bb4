import os
import re
import subprocess
import sys
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core.audit.services import record
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.jobs.models import BackgroundJob, JobRun
from core.jobs.services import wake_workers
from core.jobs.standing import KEY, Standing
from core.tenancy.ids import uuid7
from core.web.metrics import FORWARDING
from courier_crm.embedded.places import PROJECT_DIR
from tests.factories.accounts import inside, make_tenant, outside
from tests.factories.customers import make_customer

TOKEN = "a token of the metrics"


@pytest.fixture(autouse=True)
def no_sweep_yet():
    cache.delete(KEY)
    yield
    cache.delete(KEY)


def scraped(**headers):
    """Return the samples of a scrape by name and labels."""
    response = Client(headers=headers).get("/metrics")
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {(one.name, *sorted(one.labels.values())): one.value for each in families for one in each.samples}


def test_requests_are_counted_by_route_and_status_with_time_and_statements(tenant, agent, client_for, now):
    customer = make_customer(at=now)
    client = client_for(agent)
    route = "customers/<uuid:pk>/"
    before = scraped()

    with outside(tenant):
        assert client.get(f"/customers/{customer.pk}/").status_code == 200
        assert client.get(f"/customers/{uuid7()}/").status_code == 404
        assert client.generic("BREW", f"/customers/{customer.pk}/").status_code == 405
        assert client.get("/nowhere/at/all").status_code == 404

    after = scraped()
    grown = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}
    assert {key: value for key, value in grown.items() if key[0] == "crm_requests_total" and "metrics" not in key} == {
        ("crm_requests_total", "200", "GET", route): 1,
        ("crm_requests_total", "404", "GET", route): 1,
        ("crm_requests_total", "405", route, "other"): 1,
        ("crm_requests_total", "404", "GET", "none"): 1,
    }
    assert grown["crm_request_seconds_count", "GET", route] == 2
    assert grown["crm_request_seconds_sum", "GET", route] > 0
    assert grown["crm_request_statements_count", "GET", route] == 2
    assert grown["crm_request_statements_sum", "GET", route] > 10


def test_no_label_names_a_tenant_a_person_or_an_id(tenant, agent, client_for, now):
    customer = make_customer(at=now, number="VIP-4711")
    with outside(tenant):
        client_for(agent).get(f"/customers/{customer.pk}/?q=13800138000")
        wake_workers(at=timezone.now())
        text = Client().get("/metrics").content.decode()

    for word in ("VIP-4711", "13800138000", tenant.slug, tenant.name, str(tenant.pk), str(customer.pk), agent.email):
        assert word not in text
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}", text) == []


def test_statements_of_a_request_are_those_that_were_sent(db, django_assert_num_queries):
    key = ("crm_request_statements_sum", "GET", "health/ready")
    before = scraped().get(key, 0)

    with django_assert_num_queries(4):
        Client().get("/health/ready")

    assert scraped()[key] - before == 4


@pytest.mark.parametrize("tenants", [1, 3])
def test_scrape_sends_three_statements_however_many_tenants_there_are(db, now, tenants, django_assert_num_queries):
    for number in range(tenants):
        make_tenant(slug=f"tenant-{number}", at=now)
    wake_workers(at=now)
    client = Client()

    with django_assert_num_queries(3):
        assert client.get("/metrics").status_code == 200


def test_outbox_and_sealing_lag_of_all_tenants(tenant, other_tenant, administrator, agent):
    at = timezone.now()
    with outside(tenant):
        before = scraped()
    for owner, waited in ((tenant, 90), (other_tenant, 30)):
        with inside(owner, leaving=tenant) if owner is other_tenant else nullcontext():
            event = OutboxEvent.objects.create(name="it", version=1, subject_id=uuid7(), payload={}, occurred_at=at)
            EventDelivery.objects.create(event=event, receiver="it", due_at=at - timedelta(seconds=waited))
            EventDelivery.objects.create(event=event, receiver="dead", due_at=at, state="dead")
            OutboxPending.objects.create(pk=event.pk)
    record("personal.revealed", subject=agent, by=administrator, at=at, reason="asked")

    with outside(tenant):
        after = scraped()

    states = ("pending", "due", "dead")
    assert [after["crm_events", state] - before["crm_events", state] for state in states] == [2, 2, 2]
    assert 90 <= after["crm_events_lag_seconds",] < 120
    assert 0 < after["crm_audit_sealing_lag_seconds",] < 60


def test_due_work_and_nights_are_added_up_by_the_sweep(tenant, other_tenant, agent, now):
    for owner, minutes in ((tenant, 5), (other_tenant, 20)):
        with inside(owner, leaving=tenant) if owner is other_tenant else nullcontext():
            due = now - timedelta(minutes=minutes)
            JobRun.objects.create(job="test.a", business_date=now.date(), due_at=due)
            JobRun.objects.create(job="test.b", business_date=now.date(), due_at=due, state="failed")
            JobRun.objects.create(job="test.b", business_date="2026-01-01", due_at="2026-01-01T00:00Z", state="done")
            BackgroundJob.objects.create(
                kind="test.c", title="It", work=f"{minutes}", created_at=due, due_at=due - timedelta(minutes=1)
            )
    with outside(tenant):
        assert "crm_sweep_age_seconds" not in {name for name, *_labels in scraped()}
        standing = Standing(now)
    standing.add_tenant()
    with inside(other_tenant, leaving=tenant):
        standing.add_tenant()
    standing.keep()

    with outside(tenant):
        found = scraped()

    assert (found["crm_due", "nightly"], found["crm_due", "background"]) == (2, 2)
    assert (found["crm_due_age_seconds", "nightly"], found["crm_due_age_seconds", "background"]) == (1200, 1260)
    assert {key: value for key, value in found.items() if key[0] == "crm_nightly_runs"} == {
        ("crm_nightly_runs", "due", "test.a"): 2,
        ("crm_nightly_runs", "failed", "test.b"): 2,
    }
    assert found["crm_sweep_age_seconds",] == pytest.approx((timezone.now() - now).total_seconds(), abs=60)


def test_sweep_keeps_how_it_stands(tenant, now):
    with outside(tenant):
        wake_workers(at=timezone.now())

        found = scraped()

    assert found["crm_sweep_age_seconds",] < 60
    assert found["crm_due", "nightly"] >= 0


def test_queues_are_measured_by_the_names_of_the_routes(db):
    found = scraped()

    assert {key for key in found if key[0] == "crm_queue_length"} == {
        ("crm_queue_length", "bulk"),
        ("crm_queue_length", "default"),
        ("crm_queue_length", "messages"),
    }
    assert (found["crm_up", "database"], found["crm_up", "redis"]) == (1, 1)


def test_parts_that_are_away_are_told_and_the_rest_is_there(db, settings, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(connection, "cursor", refuse)

    found = scraped()

    assert (found["crm_up", "database"], found["crm_up", "redis"]) == (0, 0)
    assert {name for name, *_labels in found if name.startswith(("crm_queue", "crm_events", "crm_audit"))} == set()
    assert ("crm_requests_total", "200", "GET", "metrics") in scraped()


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "10.0.0.7", {}, 403),
        ("", "", {}, 403),
        ("", "10.0.0.7", {"Authorization": "Bearer "}, 403),
        *(("", "127.0.0.1", {name: "10.0.0.7"}, 403) for name in FORWARDING),
        (TOKEN, "10.0.0.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, "10.0.0.7", {"Authorization": f"bearer {TOKEN}", "X-Forwarded-For": "10.0.0.8"}, 200),
        (TOKEN, "10.0.0.7", {"Authorization": "Bearer another"}, 403),
        (TOKEN, "127.0.0.1", {"Authorization": "Bearer another"}, 403),
        (TOKEN, "10.0.0.7", {}, 403),
        (TOKEN, "127.0.0.1", {}, 200),
    ],
)
@pytest.mark.django_db
def test_metrics_are_for_the_token_or_the_machine_itself(settings, token, address, headers, status):
    settings.METRICS_TOKEN = token

    response = Client(REMOTE_ADDR=address, headers=headers).get("/metrics")

    assert response.status_code == status
    assert (b"crm_up" in response.content) is (status == 200)
    if status == 403:
        assert b"Send the token of CRM_METRICS_TOKEN" in response.content


def test_metrics_are_read_only(db):
    assert Client().post("/metrics").status_code == 405


PROCESS = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
import django
django.setup()
from core.web.metrics import REQUESTS, _registry
from django.utils import timezone
from prometheus_client import generate_latest
REQUESTS.labels("GET", "some/route", 200).inc(int(sys.argv[1]))
if sys.argv[2] == "scrape":
    print(generate_latest(_registry(at=timezone.now())).decode())
"""


def test_processes_are_added_up(db, tmp_path):
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    answers = [
        subprocess.run(
            [sys.executable, "-c", PROCESS, number, what],
            cwd=PROJECT_DIR,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number, what in (("3", "count"), ("4", "scrape"))
    ]

    assert 'crm_requests_total{method="GET",route="some/route",status="200"} 7.0' in answers[1]
    assert 'crm_up{part="redis"} 1.0' in answers[1]
