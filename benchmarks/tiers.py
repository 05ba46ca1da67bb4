"""How long an evaluation of all tiers takes, against the bare GROUP BY of the same sums in the same run.

Run by `python -m benchmarks.tiers [CUSTOMERS]`, in embedded mode, with ten shipments a customer; what it writes is
removed at the end.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import django

CUSTOMERS = 100_000
SHIPMENTS_EACH = 10
AT = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = date(2026, 3, 1)
REPEATS = 3

MAKE_CUSTOMERS = """
    insert into customers_customer (id, tenant_id, number, kind, company_name, industry, region, source, tags,
        preferred_channel, preferred_language, created_at, version, contribution, window_shipment_count, lower_runs,
        shipment_count)
    select gen_random_uuid(), %(tenant)s, 'B' || n, 'company', '', '', '', '', '{}', '', '', %(at)s, 1, 0, 0, 0, 0
    from generate_series(1, %(customers)s) n"""

# The square of a random number gives few customers most of the shipments.
MAKE_SHIPMENTS = """
    with numbered as (
        select id, row_number() over (order by id) as n from customers_customer where tenant_id = %(tenant)s
    ),
    drawn as materialized (
        select s, 1 + floor(power(random(), 2) * %(customers)s)::int as n from generate_series(1, %(shipments)s) s
    )
    insert into shipments_shipment (id, tenant_id, waybill_number, customer_id, status, accepted_at, freight,
        surcharges, refunds, goods_category, service_product, transport_mode, booking_channel, packaging, services,
        exceptions, origin_city, origin_region, destination_city, destination_region)
    select gen_random_uuid(), %(tenant)s, 'B' || s, numbered.id, 'accepted',
        %(at)s - random() * interval '365 days', 500 + floor(random() * 20000)::int,
        0, 0, '', '', '', '', '', '{}', '{}', '', '', '', ''
    from drawn join numbered using (n)"""

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
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS)


def _measure(customers: int) -> None:
    from django.core.management import call_command
    from django.db import connection, connections

    from core.console.services import create_tenant
    from core.tenancy.clock import day_start
    from core.tenancy.scope import tenant_scope
    from tiering.services import evaluate_tiers

    call_command("migrate", database="owner", verbosity=0)
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    zone = "Asia/Shanghai"
    tenant, _password = create_tenant(
        slug=slug, name=slug, time_zone=zone, currency="CNY", admin_email=f"admin@{slug}.example", at=AT
    )
    parameters = {
        "tenant": tenant.pk,
        "at": AT,
        "customers": customers,
        "shipments": customers * SHIPMENTS_EACH,
    }
    with tenant_scope(tenant), connection.cursor() as cursor:
        for statement in (MAKE_CUSTOMERS, MAKE_SHIPMENTS, KEEP_FIGURES):
            cursor.execute(statement, parameters)
    _vacuum(connections["owner"])

    def group(as_of: date) -> int:
        period = {"start": day_start(as_of - timedelta(days=89), zone), "end": day_start(as_of + timedelta(1), zone)}
        with tenant_scope(tenant), connection.cursor() as cursor:
            cursor.execute(
                f"select count(*), sum(amount), sum(shipments) from ({BARE}) sums", {"tenant": tenant.pk, **period}
            )
            return cursor.fetchone()[0]

    def evaluate(as_of: date) -> int:
        with tenant_scope(tenant):
            return len(evaluate_tiers(as_of=as_of, at=AT).moves)

    first, placed = _seconds(evaluate, AS_OF - timedelta(days=REPEATS))
    _vacuum(connections["owner"])
    print(f"first placement     {first:6.2f} s  ({placed:,} moves)")
    ratios = []
    for back in reversed(range(REPEATS)):
        as_of = AS_OF - timedelta(days=back)
        bare = min(_seconds(group, as_of)[0] for _ in range(3))
        nightly, moves = _seconds(evaluate, as_of)
        ratios.append(nightly / bare)
        print(f"next day {nightly:6.2f} s  ({moves:,} moves)  GROUP BY {bare:6.2f} s  ratio {nightly / bare:.1f}")
    print(f"median: {sorted(ratios)[REPEATS // 2]:.1f} times the GROUP BY")
    _remove(tenant)


def _seconds(work: Callable[[date], int], as_of: date) -> tuple[float, int]:
    started = time.perf_counter()
    result = work(as_of)
    return time.perf_counter() - started, result


def _vacuum(owner: object) -> None:
    """Let the planner know the tables as autovacuum would by the next night."""
    with owner.cursor() as cursor:
        cursor.execute("vacuum analyze customers_customer, shipments_shipment")


def _remove(tenant: object) -> None:
    from django.db import connection, connections

    from core.tenancy.scope import tenant_scope

    tables = ("events_outboxevent", "tiering_tierchange", "shipments_shipment", "customers_customer")
    with tenant_scope(tenant), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"delete from {table} where tenant_id = %s", [tenant.pk])
    with connections["owner"].cursor() as cursor:
        cursor.execute("update tenancy_tenant set is_active = false where id = %s", [tenant.pk])


if __name__ == "__main__":
    main()
