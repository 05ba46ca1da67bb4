"""Metrics for Prometheus: what each web process counts, and how it stands with due work when somebody asks.

No label names a person or a tenant: routes are patterns, never paths. With PROMETHEUS_MULTIPROC_DIR set, as
`courier_crm/serving.py` does, whichever process answers adds up what all of them have counted.
"""

import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from core.audit.sealing import sealing_lag
from core.events.dispatching import backlog, lag
from core.jobs.standing import BACKGROUND, NIGHTLY, last_standing

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD, NO_ROUTE = "other", "none"
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
REDIS_TIMEOUT_SECONDS = 0.5
# Whoever came through a proxy has one of these.
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via")

REQUESTS = Counter("crm_requests", "Requests answered.", ["method", "route", "status"], registry=None)
SECONDS = Histogram(
    "crm_request_seconds",
    "Time to an answer, without the body of a streamed one.",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=None,
)
STATEMENTS = Histogram(
    "crm_request_statements",
    "Statements sent to the database for a request, without the body of a streamed answer.",
    ["method", "route"],
    buckets=(0, 5, 10, 20, 40, 80, 160),
    registry=None,
)


class MetricsMiddleware:
    """Count every request by its route, with its time and its statements."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started, counted = time.perf_counter(), _Statements()
        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        method = request.method if request.method in METHODS else OTHER_METHOD
        route = request.resolver_match.route if request.resolver_match else NO_ROUTE
        REQUESTS.labels(method, route, response.status_code).inc()
        SECONDS.labels(method, route).observe(time.perf_counter() - started)
        STATEMENTS.labels(method, route).observe(counted.number)
        return response


class _Statements:
    """Counts what passes through it on its way to the database."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.number += 1
        return execute(sql, params, many, context)


@require_safe
@never_cache
def scrape(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics, to whoever has the token, or asks from this machine itself."""
    if not _may_ask(request):
        return HttpResponse(
            "Send the token of CRM_METRICS_TOKEN as a bearer, or ask from the machine itself.\n",
            content_type="text/plain",
            status=403,
        )
    return HttpResponse(generate_latest(_registry(at=timezone.now())), content_type=CONTENT_TYPE_LATEST)


def _may_ask(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if any(name in request.headers for name in FORWARDING):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _registry(*, at: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    if MULTIPROCESS in os.environ:
        MultiProcessCollector(registry)
    else:
        for counted in (REQUESTS, SECONDS, STATEMENTS):
            registry.register(counted)
    registry.register(_Standing(at))
    return registry


class _Standing(Collector):
    """How it stands at one moment: three statements, and two questions to Redis."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def describe(self) -> list[Metric]:
        """Ask nothing when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; those of a database or a Redis that is away are left out."""
        yield from self._of_parts()
        yield from self._of_due_work()

    def _of_parts(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("crm_up", "Whether a part can be reached (1) or not (0).", labels=["part"])
        try:
            found = [*self._of_the_database()]
        except DatabaseError:
            found = []
        up.add_metric(["database"], bool(found))
        try:
            queues = _queues()
        except RedisError:
            queues = None
        up.add_metric(["redis"], queues is not None)
        yield up
        yield from found
        if queues is not None:
            yield _gauge("crm_queue_length", "Messages that no worker has taken yet.", "queue", queues)

    def _of_the_database(self) -> Iterator[Metric]:
        yield _gauge("crm_events", "Events of the outbox, each state counted up to 100,000.", "state", backlog())
        yield GaugeMetricFamily(
            "crm_events_lag_seconds",
            "How long the oldest event that is due has waited.",
            value=lag(at=self.at).total_seconds(),
        )
        yield GaugeMetricFamily(
            "crm_audit_sealing_lag_seconds",
            "How long the oldest event of the audit trail has waited for its seal.",
            value=sealing_lag(at=self.at).total_seconds(),
        )

    def _of_due_work(self) -> Iterator[Metric]:
        try:
            standing = last_standing()
        except DatabaseError:
            # The cache is in it as long as Redis is away.
            return
        if standing is None:
            return
        yield GaugeMetricFamily(
            "crm_sweep_age_seconds",
            "How long ago the last sweep of due work was: beat and a worker are alive.",
            value=(self.at - standing.at).total_seconds(),
        )
        kinds = (NIGHTLY, BACKGROUND)
        due = {kind: standing.due[kind] for kind in kinds}
        yield _gauge("crm_due", "Due work that was not done at the last sweep.", "kind", due)
        ages = {kind: (standing.at - standing.since.get(kind, standing.at)).total_seconds() for kind in kinds}
        yield _gauge("crm_due_age_seconds", "How long the oldest of it had been due.", "kind", ages)
        runs = GaugeMetricFamily(
            "crm_nightly_runs", "Nightly work of all tenants that was due within two days.", labels=["job", "state"]
        )
        for names, count in sorted(standing.runs.items()):
            runs.add_metric(names, count)
        yield runs


def _gauge(name: str, words: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, words, labels=[label])
    for value, number in values.items():
        gauge.add_metric([value], number)
    return gauge


def _queues() -> dict[str, int]:
    """Return the length of each queue that a task is sent to. Raises RedisError."""
    names = sorted({route["queue"] for route in settings.CELERY_TASK_ROUTES.values()})
    client = Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    try:
        pipe = client.pipeline(transaction=False)
        for name in names:
            pipe.llen(name)
        return dict(zip(names, pipe.execute(), strict=True))
    finally:
        client.close()
