"""How fast shipments come in, against bare COPY of the same rows into the same indexed table.

Run by `python -m benchmarks.ingest [ROWS]`, in embedded mode; what it writes is removed at the end.
"""

import csv
import io
import os
import random
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import django

ROWS = 100_000
CUSTOMERS = 2_000
SECOND_TABLE = "benchmark_shipment"
AT = datetime(2026, 3, 2, tzinfo=UTC)
HEADER = [
    "waybill_number",
    "customer_number",
    "accepted_at",
    "delivered_at",
    "freight",
    "surcharges",
    "declared_value",
    "goods_category",
    "transport_mode",
    "weight_g",
    "origin_city",
    "destination_city",
]


def make_file(rows: int, *, first: int = 0, customers: int = CUSTOMERS, heavier_by: int = 0) -> bytes:
    """Return a CSV file whose dates, sums and places repeat as little as a busy courier's do.

    The same again, but for the weights, with `heavier_by` so many grams.
    """
    chance = random.Random(20260302)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(first, first + rows):
        accepted = datetime(2025, 3, 1) + timedelta(minutes=chance.randrange(500_000))  # noqa: DTZ001
        writer.writerow(
            [
                f"BENCH{number:010}",
                f"B{chance.randrange(customers):06}",
                accepted.strftime("%Y-%m-%d %H:%M"),
                (accepted + timedelta(minutes=chance.randrange(600, 4000))).strftime("%Y-%m-%d %H:%M"),
                f"{chance.randrange(500, 20_000) / 100:.2f}",
                f"{chance.randrange(0, 500) / 100:.2f}",
                f"{chance.randrange(1000, 500_000) / 100:.2f}",
                chance.choice(["documents", "clothing", "electronics", "fresh food"]),
                chance.choice(["air", "road", "rail"]),
                str(chance.randrange(100, 30_000) + heavier_by),
                chance.choice(["上海", "北京", "广州", "成都"]),
                chance.choice(["上海", "北京", "广州", "成都"]),
            ]
        )
    return text.getvalue().encode()


def main() -> None:
    """Import the file, COPY the same rows into a second table as the tables' owner, import again, then changed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)


def _measure(rows: int) -> None:
    from django.core.management import call_command
    from django.db import connections

    from core.console.services import create_tenant
    from shipments.ingest import import_shipments

    call_command("migrate", database="owner", verbosity=0)
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    tenant, _password = create_tenant(
        slug=slug,
        name=slug,
        time_zone="Asia/Shanghai",
        currency="CNY",
        admin_email=f"admin@{slug}.example",
        at=AT,
    )
    content = make_file(rows)

    started = time.perf_counter()
    result = import_shipments(stream=io.BytesIO(content), tenant=tenant, by=None, at=AT)
    ingest = time.perf_counter() - started
    if result.created != rows:
        sys.exit(f"{result.created} of {rows} rows were created.")

    copy = _copy(connections["owner"], tenant.pk, rows)

    started = time.perf_counter()
    again = import_shipments(stream=io.BytesIO(content), tenant=tenant, by=None, at=AT)
    repeat = time.perf_counter() - started
    if again.unchanged != rows:
        sys.exit(f"{again.unchanged} of {rows} rows were unchanged.")

    content = make_file(rows, heavier_by=1)
    started = time.perf_counter()
    changed = import_shipments(stream=io.BytesIO(content), tenant=tenant, by=None, at=AT)
    change = time.perf_counter() - started
    if changed.updated != rows:
        sys.exit(f"{changed.updated} of {rows} rows were changed.")

    _remove(connections["owner"], tenant.pk)
    print(f"import     {rows / ingest:>10,.0f} rows/s  ({ingest:.2f} s)")
    print(f"re-import  {rows / repeat:>10,.0f} rows/s  ({repeat:.2f} s)")
    print(f"change     {rows / change:>10,.0f} rows/s  ({change:.2f} s), each in the audit trail")
    print(f"COPY       {rows / copy:>10,.0f} rows/s  ({copy:.2f} s)")
    print(f"import runs at {copy / ingest:.0%} of COPY")


def _copy(connection: object, tenant_id: uuid.UUID, rows: int) -> float:
    """Return the seconds that COPY takes for the tenant's rows into an empty table like that of shipments.

    A second table, because COPY is refused where row security is on; its indexes, checks and foreign keys are
    the same.
    """
    from django.db import transaction

    data = io.StringIO()
    try:
        with transaction.atomic(using="owner"), connection.cursor() as cursor:
            cursor.execute(f"create table {SECOND_TABLE} (like shipments_shipment including all)")
            cursor.execute(
                "select pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = 'shipments_shipment'::regclass and contype = 'f'"
            )
            for (foreign_key,) in cursor.fetchall():
                cursor.execute(f"alter table {SECOND_TABLE} add {foreign_key}")
            cursor.execute(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position)"
                " from information_schema.columns"
                " where table_name = 'shipments_shipment' and is_generated = 'NEVER'"
            )
            columns = cursor.fetchone()[0]
            cursor.copy_expert(
                f"copy (select {columns} from shipments_shipment where tenant_id = '{tenant_id}') to stdout", data
            )
        data.seek(0)
        started = time.perf_counter()
        with transaction.atomic(using="owner"), connection.cursor() as cursor:
            cursor.copy_expert(f"copy {SECOND_TABLE} ({columns}) from stdin", data)
        seconds = time.perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {SECOND_TABLE}")
            if cursor.fetchone()[0] != rows:
                sys.exit("COPY did not bring all rows in.")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"drop table if exists {SECOND_TABLE}")
    return seconds


def _remove(connection: object, tenant_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        for table in ("shipments_shipment", "customers_customer", "events_outboxevent"):
            cursor.execute(f"delete from {table} where tenant_id = %s", [tenant_id])
        cursor.execute("update tenancy_tenant set is_active = false where id = %s", [tenant_id])


if __name__ == "__main__":
    main()
