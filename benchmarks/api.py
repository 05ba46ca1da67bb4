"""How fast the partner API answers, against a bare view of Django REST Framework with token sign-in; and bulk upserts
against COPY.

The bare view stands on a table with the same rows and the same indexes, without tenants, row-level security, scopes,
limits, masking, audit, events and idempotency, behind the middleware of a new Django project. Both are asked in turns
in one process, through their WSGI handlers. What is sent in bulk is done by a worker's two processes meanwhile.

Run by `python -m benchmarks.api [CUSTOMERS [SHIPMENTS]]`, in embedded mode; what it writes is removed at the end.
"""

import io
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import django

CUSTOMERS, SHIPMENTS = 100_000, 100_000
TURNS, ROUNDS = 10, 30
PAGE = 100
ROWS_PER_REQUEST = 10_000
# As many processes of the worker as docker-compose.yml starts.
WORKERS = 2
COPIES = 5
BARE = "benchmark_customer"
AT = datetime.now(UTC)
AIMS = {"get": (1.5, 6), "list": (1.3, 6), "create": (2.5, 8)}
# What begins and ends transactions and savepoints asks nothing.
FRAMES = {"SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"}
NEW_PROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
FILL = """
    insert into customers_customer (id, tenant_id, number, kind, company_name, industry, region, source, tags,
        preferred_channel, preferred_language, custom_values, version, contribution, window_shipment_count, lower_runs,
        shipment_count, token_rank, created_at)
    select gen_random_uuid(), %s, 'B' || lpad(n::text, 7, '0'), 'company', 'Company ' || n, 'Food',
        'Region ' || n %% 30, 'Referral', '{chilled}', 'email', 'en', '{}', 1, n * 7 %% 100000, n %% 50, 0, n %% 900,
        0, %s - n * interval '1 minute'
    from generate_series(1, %s) n"""


def main() -> None:
    """Measure and print; in a database of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    os.environ |= {
        "CRM_API_REQUESTS_PER_KEY": "100000000",
        "CRM_API_REQUESTS_PER_TENANT": "100000000",
        "CRM_LOG_LEVEL": "ERROR",
    }
    from courier_crm import embedded

    with embedded.running():
        from django.conf import settings

        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "rest_framework.authtoken"]
        django.setup()
        sizes = [int(argument) for argument in sys.argv[1:]]
        _measure(*(sizes + [CUSTOMERS, SHIPMENTS][len(sizes) :]))


def _measure(customers: int, shipments: int) -> None:
    from django.core.management import call_command
    from django.db import connections

    from core.accounts.models import User
    from core.console.services import create_tenant
    from core.partners import scopes
    from core.partners.services import create_api_key
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    call_command("migrate", database="owner", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    tenant, _password = create_tenant(
        slug=slug, name=slug, time_zone="Asia/Shanghai", currency="CNY", admin_email=f"admin@{slug}.example", at=AT
    )
    with tenant_scope(tenant):
        allowed = [name for name in scopes.declared() if name != scopes.PERSONAL]
        made_at = AT - timedelta(hours=1)
        _key, text = create_api_key(name="Bench", scopes=allowed, expires_at=None, by=None, at=made_at)
        user = User.objects.get()
    owner = connections["owner"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("select set_config('app.tenant_id', %s, false)", [str(tenant.pk)])
            cursor.execute(FILL, [tenant.pk, AT, customers])
            cursor.execute(f"create table {BARE} (like customers_customer including all)")
            columns = ", ".join(field.column for field in Customer._meta.local_concrete_fields if not field.generated)
            copied = f"select {columns} from customers_customer where tenant_id = %s"
            cursor.execute(f"insert into {BARE} ({columns}) {copied}", [tenant.pk])
            for table in ("customers_customer", BARE):
                cursor.execute(f"vacuum (analyze) {table}")
        _compare(text.reveal(), user)
        _bulk(owner, tenant, text.reveal(), shipments)
    finally:
        with owner.cursor() as cursor:
            cursor.execute(f"drop table if exists {BARE}")
            for table in ("partners_bulkpart", "partners_keptanswer", "customers_customertoken"):
                cursor.execute(f"delete from {table} where tenant_id = %s", [tenant.pk])
        from benchmarks.imports import _remove

        _remove(owner, tenant.pk)


def _bare_handler(user: Any) -> tuple[Callable[..., Any], str]:
    """Return a handler of the bare view, and the token to sign in with."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import models
    from django.test import override_settings
    from django.urls import path
    from rest_framework import pagination, parsers, permissions, renderers, schemas, serializers, viewsets
    from rest_framework.authentication import TokenAuthentication
    from rest_framework.authtoken.models import Token

    from customers.api.shown import CustomerSerializer
    from customers.models import Customer

    columns = {
        field.column: models.TextField(null=True) if "Encrypted" in type(field).__name__ else field.clone()
        for field in Customer._meta.local_concrete_fields
        if field.related_model is None
    }
    meta = type("Meta", (), {"db_table": BARE, "managed": False, "app_label": "courier_crm"})
    keys = {"account_manager_id": models.UUIDField(null=True), "tenant_id": models.UUIDField()}
    model = type("BenchmarkCustomer", (models.Model,), {**columns, **keys, "Meta": meta, "__module__": __name__})
    shown = [name for name in CustomerSerializer.Meta.fields if name in {*columns, *keys}]
    tenant_id = user.tenant_id

    class Shown(serializers.ModelSerializer):
        class Meta:
            fields = shown
            read_only_fields = ("id", "created_at")

        def create(self, validated_data: dict[str, Any]) -> Any:
            return model.objects.create(tenant_id=tenant_id, created_at=datetime.now(UTC), **validated_data)

    Shown.Meta.model = model

    class Pages(pagination.CursorPagination):
        page_size, ordering = 50, "-created_at"

    class Customers(viewsets.ModelViewSet):
        queryset = model.objects.all()
        serializer_class, pagination_class = Shown, Pages
        authentication_classes, permission_classes = [TokenAuthentication], [permissions.IsAuthenticated]
        renderer_classes, parser_classes, filter_backends = [renderers.JSONRenderer], [parsers.JSONParser], []
        schema = schemas.AutoSchema()

    urls = type(sys)("benchmark_urls")
    urls.urlpatterns = [
        path("customers", Customers.as_view({"get": "list", "post": "create"})),
        path("customers/<str:pk>", Customers.as_view({"get": "retrieve"})),
    ]
    sys.modules["benchmark_urls"] = urls
    changed = override_settings(ROOT_URLCONF="benchmark_urls", MIDDLEWARE=NEW_PROJECT)
    with changed:
        handler = WSGIHandler()

    def handle(environ: dict[str, Any], start_response: Any) -> Any:
        with changed:
            return handler(environ, start_response)

    return handle, Token.objects.create(user=user).key


class Asker:
    """Sends requests to a handler and takes the time of each."""

    def __init__(self, handler: Any, authorization: str, prefix: str) -> None:
        self.handler, self.authorization, self.prefix = handler, authorization, prefix

    def ask(self, path: str, body: bytes = b"", **query: str) -> tuple[float, Any]:
        """Return the seconds and the answer; ends the program for one that is no success."""
        from urllib.parse import urlencode

        statuses: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "PATH_INFO": self.prefix + path,
            "QUERY_STRING": urlencode(query),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": self.authorization,
            "CONTENT_TYPE": "application/json" if body else "",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
        }
        started = time.perf_counter()
        response = self.handler(environ, lambda status, _headers, _error=None: statuses.append(status))
        content = b"".join(response)
        response.close()
        seconds = time.perf_counter() - started
        if not statuses[0].startswith("2"):
            sys.exit(f"{path}: {statuses[0]} {content[:500]!r}")
        return seconds, json.loads(content)


def _compare(text: str, user: Any) -> None:
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ours = Asker(WSGIHandler(), f"Bearer {text}", "/api/v1")
    handler, token = _bare_handler(user)
    bare = Asker(handler, f"Token {token}", "")
    ids = {asker: [row["id"] for row in _rows(asker.ask("/customers")[1])] for asker in (ours, bare)}

    def get(asker: Asker, number: int) -> float:
        return asker.ask(f"/customers/{ids[asker][number % 50]}")[0]

    def listed(asker: Asker, _number: int) -> float:
        return asker.ask("/customers")[0]

    def create(asker: Asker, number: int) -> float:
        facts = {"number": f"NEW{id(asker)}-{number}", "company_name": "Harbour Foods Ltd", "region": "Liverpool"}
        return asker.ask("/customers", json.dumps({**facts, "kind": "company"}).encode())[0]

    for name, work in (("get", get), ("list", listed), ("create", create)):
        work(ours, -1), work(bare, -1)
        with CaptureQueriesContext(connection) as caught:
            work(ours, -2)
        asked = [query for query in caught if query["sql"].split()[0] not in FRAMES]
        mine, theirs = (statistics.median(times) for times in _in_turns(work, ours, bare))
        aim, most = AIMS[name]
        print(
            f"{name:<8} {mine * 1000:6.2f} ms, bare {theirs * 1000:6.2f} ms: {mine / theirs:.2f} times (aim {aim});"
            f" {len(asked)} statements (aim {most})",
            flush=True,
        )
    _walk(ours)


def _in_turns(work: Callable[[Asker, int], float], *askers: Asker) -> list[list[float]]:
    """Return the times of each asker's requests, by turns of many.

    A handler of other settings drops what Django keeps of addresses, so the first request of a turn is not counted.
    """
    times: list[list[float]] = [[] for _asker in askers]
    for turn in range(TURNS):
        for asker, kept in zip(askers, times, strict=True):
            first = turn * (ROUNDS + 1)
            work(asker, first)
            kept += [work(asker, first + number) for number in range(1, ROUNDS + 1)]
    return times


def _rows(answer: Any) -> list[Any]:
    return answer.get("data") or answer["results"]


def _walk(ours: Asker) -> None:
    """Compare the hundredth page with the first."""
    cursor: dict[str, str] = {}
    for _page in range(PAGE - 1):
        cursor = {"cursor": ours.ask("/customers", **cursor)[1]["next_cursor"]}
    times = [(ours.ask("/customers")[0], ours.ask("/customers", **cursor)[0]) for _round in range(TURNS * ROUNDS)]
    first, late = (statistics.median(each) for each in zip(*times, strict=True))
    print(
        f"page {PAGE} {late * 1000:6.2f} ms, page 1 {first * 1000:6.2f} ms: {late / first:.2f} times (aim 1)",
        flush=True,
    )


def make_rows(first: int, count: int) -> bytes:
    """Return shipments as JSON, whose dates, sums and places repeat as little as a busy courier's do."""
    chance = random.Random(20260302 + first)

    def money(least: int, most: int) -> dict[str, str]:
        return {"amount": f"{chance.randrange(least, most) / 100:.2f}", "currency": "CNY"}

    rows = []
    for number in range(first, first + count):
        accepted = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(500_000))
        delivered = accepted + timedelta(minutes=chance.randrange(600, 4000))
        rows.append(
            {
                "waybill_number": f"BENCH{number:010}",
                "customer_number": f"B{chance.randrange(1, 2000):07}",
                "accepted_at": accepted.isoformat().replace("+00:00", "Z"),
                "delivered_at": delivered.isoformat().replace("+00:00", "Z"),
                "freight": money(500, 20_000),
                "surcharges": money(0, 500),
                "declared_value": money(1000, 500_000),
                "goods_category": chance.choice(["documents", "clothing", "electronics", "fresh food"]),
                "transport_mode": chance.choice(["air", "road", "rail"]),
                "weight_g": chance.randrange(100, 30_000),
                "origin_city": chance.choice(["上海", "北京", "广州", "成都"]),
                "destination_city": chance.choice(["上海", "北京", "广州", "成都"]),
            }
        )
    return json.dumps(rows, ensure_ascii=False).encode()


def _bulk(owner: Any, tenant: Any, text: str, shipments: int) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    from benchmarks.imports import copy_rows

    ours = Asker(WSGIHandler(), f"Bearer {text}", "/api/v1")
    bodies = [
        make_rows(first, min(ROWS_PER_REQUEST, shipments - first)) for first in range(0, shipments, ROWS_PER_REQUEST)
    ]

    def send(workers: ProcessPoolExecutor, outcome: str) -> float:
        started = time.perf_counter()
        jobs, done = [], []
        for body in bodies:
            jobs.append(ours.ask("/shipments/bulk", body)[1]["id"])
            done.append(workers.submit(_perform, str(tenant.pk), jobs[-1]))
        for each in done:
            each.result()
        seconds = time.perf_counter() - started
        counts = [ours.ask(f"/jobs/{job}")[1]["counts"][outcome] for job in jobs]
        if sum(counts) != shipments:
            sys.exit(f"{sum(counts)} of {shipments} rows are {outcome}.")
        return seconds

    with ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=django.setup) as workers:
        # Each has loaded the product before the clock runs.
        list(workers.map(time.sleep, [1] * WORKERS))
        new = send(workers, "created")
        copy = statistics.median(copy_rows(owner, tenant.pk, table="shipments_shipment")[1] for _ in range(COPIES))
        again = send(workers, "unchanged")
    print(f"bulk       {shipments / new:>8,.0f} rows/s  ({new:.2f} s)")
    print(f"bulk again {shipments / again:>8,.0f} rows/s  ({again:.2f} s)")
    print(f"COPY       {shipments / copy:>8,.0f} rows/s  ({copy:.2f} s)")
    print(f"bulk upserts run at {copy / new:.0%} of COPY (aim 20 %)")


def _perform(tenant_id: str, job_id: str) -> None:
    from core.jobs.running import perform_job

    perform_job(tenant_id=uuid.UUID(tenant_id), job_id=uuid.UUID(job_id), now=lambda: datetime.now(UTC))


if __name__ == "__main__":
    main()
