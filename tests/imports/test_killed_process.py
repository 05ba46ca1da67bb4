"""A process that imports a file of shipments is killed in the middle: never half a part, nothing twice."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, F, Max, Min, Sum

from core.accounts.enums import Role
from core.events.models import OutboxEvent
from core.imports.services import start_import
from core.jobs.running import SILENCE, due_jobs, perform_job
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm.embedded.places import PROJECT_DIR
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import make_tenant, make_user
from tests.factories.files import checked, in_parts_of

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

PART_ROWS, PARTS = 2000, 8
ROWS = PARTS * PART_ROWS
CUSTOMERS = 700

SET_UP = """
import datetime, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from django.db import connection
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
tenant, at = Tenant.objects.get(slug="swift"), datetime.datetime.fromisoformat(sys.argv[2])
connection.ensure_connection()
print(connection.connection.get_backend_pid(), flush=True)
"""
WORK = """
with tenant_scope(tenant):
    job_id = BackgroundJob.objects.get(kind="imports.run").pk
perform_job(tenant_id=tenant.pk, job_id=job_id, now=lambda: at)
"""


@pytest.fixture
def swift(now: datetime) -> Tenant:
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def file() -> str:
    lines = ["waybill_number,customer_number,accepted_at,freight,refunds"]
    lines += [
        f"W{row:06},C{row % CUSTOMERS:04},2026-{row % 2 + 1:02}-{row % 28 + 1:02} 08:00,{row % 90}.25,0.25"
        for row in range(ROWS)
    ]
    return "\n".join(lines)


class Importer:
    """A process that imports, and the server process that works for it."""

    def __init__(self, code: str, *arguments: object) -> None:
        name = connection.settings_dict["NAME"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SET_UP + code, name, *map(str, arguments)],
            cwd=PROJECT_DIR,
            env=os.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.backend = int(self.process.stdout.readline())

    def is_writing(self) -> bool:
        return _finds("select 1 from pg_locks where locktype = 'advisory' and granted and pid = %s", self.backend)

    def is_served(self) -> bool:
        return _finds("select 1 from pg_stat_activity where pid = %s", self.backend)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        assert self.process.returncode == -9
        wait_until(lambda: not self.is_served())


def _finds(statement: str, pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [pid])
        return cursor.fetchone() is not None


@pytest.fixture
def importers() -> Iterator[Callable[..., Importer]]:
    started: list[Importer] = []

    def start(code: str, *arguments: object) -> Importer:
        started.append(Importer(code, *arguments))
        return started[-1]

    yield start
    for importer in started:
        if importer.process.returncode is None:
            importer.process.kill()
            importer.process.communicate()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def shipment_count(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return Shipment.objects.count()


def customers_with_wrong_figures() -> int:
    """Count the customers whose record says something else than their shipments."""
    return (
        Customer.objects.annotate(
            counted=Count("shipments"), first=Min("shipments__accepted_at"), last=Max("shipments__accepted_at")
        )
        .exclude(shipment_count=F("counted"), first_shipment_at=F("first"), last_shipment_at=F("last"))
        .count()
    )


def test_killed_job_leaves_whole_parts_and_the_next_worker_goes_on(swift, file, now, importers, monkeypatch):
    in_parts_of(monkeypatch, PART_ROWS, "shipments")
    with tenant_scope(swift):
        by = make_user(role=Role.SUPERVISOR, at=now)
        batch = checked(file, by=by, at=now, kind="shipments")
        assert (batch.counts, batch.parts.count()) == ({"created": ROWS}, PARTS)
        job = start_import(batch=batch, by=by, at=now)
    for kill in range(2):
        before = shipment_count(swift)
        importer = importers(WORK, (now + kill * SILENCE).isoformat())
        wait_until(lambda: shipment_count(swift) > before and importer.is_writing())  # noqa: B023  waited for here

        importer.kill()

    with tenant_scope(swift):
        written = Shipment.objects.count()
        batch.refresh_from_db()
        assert (written % PART_ROWS, 0 < written < ROWS, batch.counts) == (0, True, {"created": written})
        assert customers_with_wrong_figures() == 0
        assert due_jobs(at=now + 2 * SILENCE) == [job.pk]

    perform_job(tenant_id=swift.pk, job_id=job.pk, now=lambda: now + 2 * SILENCE)

    with tenant_scope(swift):
        batch.refresh_from_db()
        assert (batch.state, batch.counts, Shipment.objects.count()) == ("done", {"created": ROWS}, ROWS)
        total = Shipment.objects.aggregate(sum=Sum("contribution"))
        assert total == {"sum": Decimal(sum(row % 90 for row in range(ROWS)))}
        assert (Customer.objects.count(), customers_with_wrong_figures()) == (CUSTOMERS, 0)
        assert OutboxEvent.objects.filter(name="shipment.created").count() == ROWS
