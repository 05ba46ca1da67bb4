"""How the pages of an archive grow with it: the list, its filters and orders, and the page that knows everything.

Run by `python -m benchmarks.growth [CUSTOMERS …]` (default 10000 100000 1000000), in embedded mode, in a database of
its own that is dropped at the end. Each size is a tenant of its own, and one customer of each has 20,000 entries in the
timeline and 50,000 shipments. Pages are asked for in turns through the whole stack of the application, as its role and
under row-level security. Printed are, for each page, the median of the whole and of what was spent waiting for the
database, the number of statements, and how many times the first size's median that is. The search has a benchmark of
its own (benchmarks.search), with names that occur as often as real ones do.
"""

import html
import logging
import os
import re
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import django

from benchmarks.tiers import multiply, own_database

SIZES = (10_000, 100_000, 1_000_000)
INTERACTIONS = 20_000
SHIPMENTS = 50_000
TIMES = 15
AT = datetime(2026, 3, 2, tzinfo=UTC)
FAR = 40
MORE = re.compile(r'<a class="btn" href="([^"]*)" hx-get="\1"')
COPIES = "from {table} t, generate_series(1, %(count)s) n where t.id = %(one)s"
# Few contribute most; of twenty managers each has as many, and what the first twentieth does is what VIPs do.
CUSTOMER = {
    "id": "gen_random_uuid()",
    "number": "'G' || lpad(n::text, 8, '0')",
    "company_name": "'Company ' || n",
    "region": "'Region ' || n %% 31",
    "tier": "case when n %% 20 = 0 then 'vip' when n %% 20 < 4 then 'mid' else 'low' end",
    "contribution": "(100 / (random() + 0.0001))::bigint",
    "window_shipment_count": "n::bigint * 7919 %% 400",
    "last_shipment_at": "%(at)s - (n %% 500) * interval '1 day'",
    "created_at": "%(at)s - (n %% 900) * interval '1 day'",
}
SHIPMENT = {
    "id": "gen_random_uuid()",
    "waybill_number": "'G' || n",
    "accepted_at": "%(at)s - n * interval '10 minutes'",
    "freight": "500 + (n * 7919) %% 20000",
}


@dataclass
class Waits:
    """What was waited for one page: in all and for the database, in milliseconds, and how many statements it took."""

    whole: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    statements: set[int] = field(default_factory=set)


def main() -> None:
    """Make a tenant of each size, ask for its pages, and print what they took beside the first size."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    from django.core.management import call_command

    from courier_crm import embedded

    with embedded.running():
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        logging.disable(logging.INFO)
        with own_database("crm_bench_growth"):
            floor: dict[str, float] = {}
            for size in sizes:
                client, paths = _made(size)
                print(f"== {size:,} customers", flush=True)
                for name, waits in asked(client, paths).items():
                    middle = statistics.median(waits.whole)
                    print(
                        f"{name:<34} {middle:6.1f} ms, of it database {statistics.median(waits.database):6.1f} ms"
                        f"   {'/'.join(map(str, sorted(waits.statements))):>3} statements"
                        f"   {middle / floor.setdefault(name, middle):5.2f}x",
                        flush=True,
                    )


def _made(size: int) -> tuple[Any, dict[str, str]]:
    """Return a client that is signed in to a new tenant of this size, and its pages by what they are."""
    from django.db import connections
    from django.test import Client

    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.console.services import create_tenant
    from core.tenancy.scope import tenant_scope

    slug, began = f"growth-{size}", time.perf_counter()
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": AT}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    with tenant_scope(tenant):
        facts = {"role": Role.SUPERVISOR, "language": "en", "password": uuid.uuid4().hex, "by": None, "at": AT}
        user = create_user(email=f"supervisor@{slug}.example", name="Supervisor", **facts)
        first, customer = _archive(size, user)
    with connections["owner"].cursor() as cursor:
        for table in ("customers_customer", "customers_interaction", "shipments_shipment"):
            cursor.execute(f"vacuum (analyze) {table}")
    print(f"{size:,} customers made in {time.perf_counter() - began:.0f} s", flush=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="core.accounts.backends.EmailBackend")
    return client, _paths(client, first, customer, user)


def _archive(size: int, user: Any) -> tuple[Any, Any]:
    """Fill the tenant; return one of its customers, and the one with a long timeline and many shipments."""
    from customers.enums import InteractionKind
    from customers.models import Customer, Interaction
    from customers.services import create_customer
    from shipments.models import Shipment

    one = create_customer(number="ONE", kind="company", company_name="One", account_manager=user, at=AT)
    multiply(one, COPIES, CUSTOMER, {"count": size, "at": AT})
    known = create_customer(number="KNOWN", kind="company", company_name="Known", account_manager=user, at=AT)
    kinds = [InteractionKind.CALL, InteractionKind.EMAIL, InteractionKind.NOTE]
    for start in range(0, INTERACTIONS, 1000):
        Interaction.objects.bulk_create(
            Interaction(
                customer=known,
                kind=kinds[n % 3],
                text=f"Entry {n}",
                happened_at=AT - timedelta(hours=n),
                recorded_at=AT,
                recorded_by=user,
            )
            for n in range(start, start + 1000)
        )
    shipment = Shipment.objects.create(waybill_number="G0", customer=known, accepted_at=AT)
    multiply(shipment, COPIES, SHIPMENT, {"count": SHIPMENTS, "at": AT})
    Customer.objects.filter(pk=known.pk).update(shipment_count=SHIPMENTS + 1, last_shipment_at=AT)
    return one, known


def _paths(client: Any, first: Any, customer: Any, user: Any) -> dict[str, str]:
    from django.urls import reverse

    customers, known = reverse("customers:list"), reverse("customers:detail", args=[customer.pk])
    pages = {
        "list by contribution": customers,
        "list by shipments in the window": f"{customers}?sort=-window",
        "list by day of creation": f"{customers}?sort=created",
        "VIPs": f"{customers}?tier=vip",
        "VIPs of one region, by creation": f"{customers}?tier=vip&region=Region+7&sort=-created",
        "of one account manager": f"{customers}?account_manager={user.pk}",
        "shipped last in one week": f"{customers}?last_from=2026-01-05&last_to=2026-01-11",
        "number that begins so": f"{customers}?number=G000099",
        "a customer": reverse("customers:detail", args=[first.pk]),
        "customer, 20,000 entries": known,
        "its shipments": f"{reverse('shipments:list')}?customer=KNOWN",
        "its timeline, e-mails": f"{reverse('customers:interactions', args=[customer.pk])}?kind=email",
    }
    return {**pages, f"list, {FAR} pages on": _further(client, customers)}


def _further(client: Any, path: str) -> str:
    """Return the address of what a list brings after some pages."""
    for _page in range(FAR):
        path = html.unescape(MORE.search(client.get(path).content.decode())[1])
    return path


def asked(client: Any, paths: dict[str, str]) -> dict[str, Waits]:
    """Ask for the pages in turns, and return by name what was waited for each."""
    waits: dict[str, Waits] = {name: Waits() for name in paths}
    for turn in range(TIMES + 3):
        for name, path in paths.items():
            with _watched() as spent:
                began = time.perf_counter()
                response = client.get(path)
                whole = (time.perf_counter() - began) * 1000
            if response.status_code != 200:
                sys.exit(f"{path} answered {response.status_code}")
            if turn >= 3:
                waits[name].whole.append(whole)
                waits[name].database.append(sum(spent) * 1000)
                waits[name].statements.add(len(spent))
    return waits


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Give the list of how long each statement of the block took, in seconds."""
    from django.db import connection

    spent: list[float] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append(time.perf_counter() - began)

    with connection.execute_wrapper(watch):
        yield spent


if __name__ == "__main__":
    main()
