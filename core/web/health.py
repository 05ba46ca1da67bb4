"""What a load balancer asks: is the process alive, and can it serve."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from core.events.dispatching import lag

OK = "ok"
# Of events that are due: a receiver that fails and is tried again later makes nothing late.
LATE = timedelta(minutes=5)
REDIS_TIMEOUT_SECONDS = 0.5


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can answer; asks nothing of anybody."""
    return JsonResponse({"status": OK})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when pages can be served, else 503 with the reasons.

    Pages work without Redis, and while events wait for their receivers: that makes the state "degraded", not unready.
    """
    checks = {"database": _database()}
    checks["migrations"] = _migrations() if checks["database"] == OK else "not checked: the database is away"
    serving = checks["database"] == OK and checks["migrations"] == OK
    checks["redis"] = _redis()
    checks["events"] = _events() if serving else "not checked: the database is not ready"
    status = "not ready" if not serving else OK if checks["redis"] == checks["events"] == OK else "degraded"
    return JsonResponse({"status": status, "checks": checks}, status=200 if serving else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            cursor.fetchone()
    except DatabaseError as error:
        return f"away ({type(error).__name__})"
    return OK


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"not readable ({type(error).__name__})"
    if missing:
        return f"{len(missing)} not applied: run manage.py migrate"
    return OK


def _events() -> str:
    try:
        late = lag(at=timezone.now())
    except DatabaseError as error:
        return f"not readable ({type(error).__name__})"
    return OK if late < LATE else f"late: the oldest has waited for {late.total_seconds():.0f} s"


def _redis() -> str:
    client = Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    try:
        client.ping()
    except RedisError as error:
        return f"away ({type(error).__name__})"
    finally:
        client.close()
    return OK
