"""How long an evaluation of all tiers takes, against the bare GROUP BY of the same sums in the same run.

Run by `python -m benchmarks.tiers [CUSTOMERS]`, in embedded mode, with ten shipments a customer over a year, in a
database of its own that is dropped at the end. Each next day some 3 % of the customers get other figures, because a
shipment came into the window or left it, and fewer than 1 % move.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import django

CUSTOMERS = 100_000
SHIPMENTS_EACH = 10
AT = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = date(2026, 3, 1)
DAYS = 5
ZONE = "Asia/Shanghai"

COPIES = "from {table} t, generate_series(1, %(customers)s) n where t.id = %(one)s"

# The square of a random number gives few customers most of the shipments.
DRAWN = """
    from {table} t,
    (select id, row_number() over (order by id) as n from customers_customer where tenant_id = %(tenant)s) c
    join (
        select s, 1 + floor(power(random(), 2) * %(customers)s)::int as n from generate_series(1, %(shipments)s) s
    ) drawn using (n)
    where t.id = %(one)s"""

KEEP_FIGURES = """
    update customers_customer c
    set shipment_count = s.count, first_shipment_at = s.first, last_shipment_at = s.last
    from (
        select customer_id, count(*) as count, min(accepted_at) as first, max(accepted_at) as last
        from shipments_shipment where tenant_id = %(tenant)s group by customer_id
    ) s
    where c.tenant_id = %(tenant)s and c.id = s.customer_id"""

BARE = """
    select customer_id, sum(contribution) as amount, count(*) as shipments from shipments_shipment
    where tenant_id = %(tenant)s and accepted_at >= %(start)s and accepted_at < %(end)s group by customer_id"""


def main() -> None:
    """Make the customers and shipments, then evaluate day after day as the application's role."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        with own_database("crm_bench_tiers"):
            _measure(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS)


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Work in a database of this name, which is dropped at the end."""
    from django.db import connections
    from django.test.utils import setup_databases, teardown_databases

    for alias in connections:
        connections[alias].settings_dict["TEST"]["NAME"] = name
    old = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        connections["default"].close()
        teardown_databases(old, verbosity=0)


def _measure(customers: int) -> None:
    tenant = _make(customers)
    seconds, result = _timed(_evaluate, tenant, AS_OF - timedelta(days=DAYS))
    print(f"first placement {seconds:6.2f} s  {len(result.moves):,} moves")
    vacuum()
    ratios = []
    for back in reversed(range(DAYS)):
        as_of = AS_OF - timedelta(days=back)
        bare = median(_timed(_group, tenant, as_of)[0] for _ in range(3))
        seconds, result = _timed(_evaluate, tenant, as_of)
        ratios.append(seconds / bare)
        print(
            f"{as_of}  GROUP BY {bare:6.3f} s  evaluation {seconds:6.3f} s  ratio {ratios[-1]:4.1f}"
            f"  ({len(result.moves):,} moves, {result.written:,} rows written)"
        )
        vacuum()
    print(f"median: {median(ratios):.1f} times the GROUP BY")


def _make(customers: int) -> Any:
    """Return a tenant with its customers and shipments; the tables' statistics are those of a day after."""
    from core.console.services import create_tenant

    tenant, _password = create_tenant(
        slug="bench", name="bench", time_zone=ZONE, currency="CNY", admin_email="admin@bench.example", at=AT
    )
    fill(tenant, customers)
    return tenant


def fill(tenant: Any, customers: int) -> None:
    """Give a tenant customers with their shipments."""
    from django.db import connection

    from core.tenancy.scope import tenant_scope
    from customers.models import Customer
    from shipments.models import Shipment

    figures = {"tenant": tenant.pk, "at": AT, "customers": customers, "shipments": customers * SHIPMENTS_EACH}
    started = time.perf_counter()
    with tenant_scope(tenant):
        customer = Customer.objects.create(number="B", created_at=AT)
        multiply(customer, COPIES, {"id": "gen_random_uuid()", "number": "'B' || n"}, figures)
    # Without it the planner takes the tables for empty, and loops over one for every row of the other.
    vacuum()
    with tenant_scope(tenant):
        shipment = Shipment.objects.create(waybill_number="B", customer=customer, accepted_at=AT)
        differing = {
            "id": "gen_random_uuid()",
            "waybill_number": "'B' || drawn.s",
            "customer_id": "c.id",
            "accepted_at": "%(at)s - random() * interval '365 days'",
            "freight": "500 + floor(random() * 20000)::int",
        }
        multiply(shipment, DRAWN, differing, figures)
    vacuum()
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(KEEP_FIGURES, figures)
    vacuum()
    print(f"{customers:,} customers, {customers * SHIPMENTS_EACH:,} shipments: made in {_since(started):.0f} s")


def multiply(one: Any, source: str, differing: dict[str, str], figures: dict[str, Any]) -> None:
    """Copy a row many times over, but for the columns that differ."""
    from django.db import connection

    table = one._meta.db_table
    columns = [field.column for field in one._meta.local_concrete_fields if not field.generated]
    values = ", ".join(differing.get(column, f"t.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} ({', '.join(columns)}) select {values} {source.format(table=table)}",
            {**figures, "one": one.pk},
        )


def _group(tenant: Any, as_of: date) -> int:
    from django.db import connection

    from core.tenancy.clock import day_start
    from core.tenancy.scope import tenant_scope

    period = {"start": day_start(as_of - timedelta(days=89), ZONE), "end": day_start(as_of + timedelta(1), ZONE)}
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            f"select count(*), sum(amount), sum(shipments) from ({BARE}) sums", {"tenant": tenant.pk, **period}
        )
        return cursor.fetchone()[0]


def _evaluate(tenant: Any, as_of: date) -> Any:
    from core.tenancy.scope import tenant_scope
    from tiering.services import evaluate_tiers

    with tenant_scope(tenant):
        return evaluate_tiers(as_of=as_of, at=AT)


def _timed(work: Callable[[Any, date], Any], tenant: Any, as_of: date) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work(tenant, as_of)
    return _since(started), result


def _since(started: float) -> float:
    return time.perf_counter() - started


def vacuum() -> None:
    """Let the planner know the tables as autovacuum would before the next night."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze customers_customer, shipments_shipment, tiering_tierchange, events_outboxevent")


if __name__ == "__main__":
    main()
