"""Work and pages of tenants of several sizes, each beside what the same run takes as its floor."""

import logging
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import django

from benchmarks.growth import asked
from benchmarks.tiers import own_database

AT = datetime(2026, 3, 2, tzinfo=UTC)
EMPTY_LIST, EMPTY_LIST_PATH = "empty list", "/jobs/"


class Undone(Exception):
    """Takes back what a floor wrote."""


@dataclass(frozen=True)
class Courier:
    """A tenant with a supervisor, and a client that is signed in as such."""

    tenant: Any
    supervisor: Any
    client: Any


def run(name: str, sizes: Sequence[int], measure: Callable[[int], None]) -> None:
    """Measure each size, or those that the command names, in a database of its own that is dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from django.core.management import call_command

    from courier_crm import embedded

    with embedded.running():
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        logging.disable(logging.INFO)
        with own_database(f"crm_bench_{name}"):
            for size in [int(word) for word in sys.argv[1:]] or sizes:
                measure(size)


def new_courier(size: int) -> Courier:
    """Make a tenant, named after its size."""
    from django.test import Client

    from core.accounts.enums import Role
    from core.console.services import create_tenant
    from core.tenancy.scope import tenant_scope

    slug = f"size-{size}"
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": AT}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    with tenant_scope(tenant):
        supervisor = new_colleague(slug, Role.SUPERVISOR)
    client = Client(SERVER_NAME="localhost")
    client.force_login(supervisor, backend="core.accounts.backends.EmailBackend")
    return Courier(tenant, supervisor, client)


def new_colleague(name: str, role: str) -> Any:
    from core.accounts.services import create_user

    facts = {"language": "en", "password": uuid.uuid4().hex, "by": None, "at": AT}
    return create_user(email=f"{name}-{uuid.uuid4().hex[:6]}@bench.example", name=name, role=role, **facts)


@contextmanager
def timed(what: str, *, rows: int = 0, floor: float | None = None) -> Iterator[list[float]]:
    """Print what the block takes, with its pace and its ratio to the floor; the list holds the seconds afterwards."""
    spent: list[float] = []
    began = time.perf_counter()
    yield spent
    spent.append(time.perf_counter() - began)
    pace = f"   {rows / spent[0]:>9,.0f} rows/s" if rows else ""
    ratio = f"   {spent[0] / floor:6.1f}x" if floor else ""
    print(f"  {what:<44} {spent[0]:8.2f} s{pace}{ratio}", flush=True)


def bare(what: str, statement: str, tenant: Any, *, rows: int) -> float:
    """Return how long one statement takes as the tenant, which is taken back."""
    from django.db import connection

    from core.tenancy.scope import tenant_scope

    spent: list[float] = []
    with suppress(Undone), tenant_scope(tenant), connection.cursor() as cursor:
        with timed(what, rows=rows) as spent:
            cursor.execute(statement, {"tenant": tenant.pk})
        raise Undone
    return spent[0]


def analyse(*tables: str) -> None:
    """Let the planner know the tables as autovacuum would."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(f"vacuum (analyze) {', '.join(tables)}")


def ask_pages(client: Any, paths: Mapping[str, str]) -> None:
    """Print what each page takes, beside a page that lists nothing."""
    found = asked(client, {EMPTY_LIST: EMPTY_LIST_PATH, **paths})
    floor = statistics.median(found[EMPTY_LIST].whole)
    for name, waits in found.items():
        middle = statistics.median(waits.whole)
        print(
            f"  {name:<44} {middle:8.1f} ms, of it database {statistics.median(waits.database):6.1f} ms"
            f"   {'/'.join(map(str, sorted(waits.statements))):>3} statements   {middle / floor:5.2f}x",
            flush=True,
        )
