"""How fast files come in by the wizard's engine, against bare COPY of the same rows into the same indexed table.

Run by `python -m benchmarks.imports [KIND] [ROWS]`, in embedded mode; what it writes is removed at the end.
"""

import csv
import io
import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django

CITIES = ("上海", "北京", "广州", "成都", "深圳", "武汉")
FAMILY_NAMES, GIVEN_NAMES = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂海顺达通云天"
CUSTOMERS = 2_000
SECOND_TABLE = "benchmark_copy"
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


def make_customers(rows: int) -> bytes:
    """Return a CSV file of customers, of whom every fifth is a person."""
    chance = random.Random(20260302)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["number", "kind", "company_name", "person_name", "birthday", "industry", "region", "tags"])
    for number in range(rows):
        is_person = number % 5 == 0
        name = "".join(chance.choices(FAMILY_NAMES, k=1) + chance.choices(GIVEN_NAMES, k=2))
        company = f"{chance.choice(CITIES)}{''.join(chance.choices(GIVEN_NAMES, k=3))}物流有限公司"
        writer.writerow(
            [
                f"B{number:08}",
                "individual" if is_person else "company",
                "" if is_person else company,
                name if is_person else "",
                f"19{chance.randrange(50, 99)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}" if is_person else "",
                chance.choice(["retail", "food", "electronics"]),
                chance.choice(CITIES),
                chance.choice(["", "vip", "cold chain"]),
            ]
        )
    return text.getvalue().encode()


# How many rows, how the file is made, and the tables that its rows come into; what hangs on them is not counted.
KINDS: dict[str, tuple[int, Callable[[int], bytes], tuple[str, ...]]] = {
    "shipments": (100_000, make_file, ("shipments_shipment",)),
    "customers": (20_000, make_customers, ("customers_customer", "customers_customertoken")),
}


def main() -> None:
    """Bring a file of each kind in, in processes of their own, and COPY the same rows as the tables' owner."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    names = [each for each in sys.argv[1:] if each in KINDS] or list(KINDS)
    rows = next((int(each) for each in sys.argv[1:] if each.isdecimal()), 0)
    with embedded.running():
        django.setup()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
        for name in names:
            _measure(name, rows or KINDS[name][0])


def _measure(kind: str, rows: int) -> None:
    from django.db import connections

    _rows, make, tables = KINDS[kind]
    tenant_id, user_id = _make_tenant()
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(make(rows))
        file.flush()
        print(f"{rows:,} {kind}, {file.tell() / 1e6:.0f} MB", flush=True)
        seconds, batch_id = _stage("receive", rows, kind, tenant_id, user_id, file.name)
        whole = seconds
        whole += _stage("check", rows, kind, tenant_id, user_id, batch_id)[0]
        seconds, counts = _stage("import", rows, kind, tenant_id, user_id, batch_id)
        whole += seconds
        if counts != {"created": rows}:
            sys.exit(f"The import ended with {counts}.")
        copy = 0.0
        for place, table in enumerate(tables):
            copied, took = copy_rows(connections["owner"], tenant_id, table=table)
            if place == 0 and copied != rows:
                sys.exit("COPY did not bring all rows in.")
            copy += took
            of = f"{table}, {copied / rows:.0f} for each" if place else table
            print(f"  COPY     {rows / copy:>9,.0f} rows/s  {copy:7.1f} s  {'and ' * place}{of}")
            print(f"    the import takes {seconds / copy:.1f} times that, with receiving and check {whole / copy:.1f}")
        again, batch_id = _stage("receive", rows, kind, tenant_id, user_id, file.name)
        again += _stage("check", rows, kind, tenant_id, user_id, batch_id)[0]
        seconds, counts = _stage("import", rows, kind, tenant_id, user_id, batch_id)
        if counts != {"unchanged": rows}:
            sys.exit(f"The same again ended with {counts}.")
        print(f"  the same file again in {again + seconds:.1f} s changes nothing", flush=True)
    _remove(connections["owner"], tenant_id)


def _make_tenant() -> tuple[uuid.UUID, uuid.UUID]:
    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.console.services import create_tenant
    from core.tenancy.scope import tenant_scope

    slug = f"bench-{uuid.uuid4().hex[:8]}"
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": AT}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    who = {"name": "Importer", "role": Role.SUPERVISOR, "language": "en", "password": uuid.uuid4().hex}
    with tenant_scope(tenant):
        user = create_user(email=f"importer@{slug}.example", **who, by=None, at=AT)
    return tenant.pk, user.pk


def _stage(name: str, rows: int, *asked: Any) -> tuple[float, Any]:
    """Do one stage in a process of its own; print its pace and what its memory grew by, and return what came of it."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=django.setup) as worker:
        seconds, before, peak, found = worker.submit(_do, name, *asked).result()
    print(
        f"  {name:<8} {rows / seconds:>9,.0f} rows/s  {seconds:7.1f} s  {peak:4.0f} MB at most, {before:.0f} before",
        flush=True,
    )
    return seconds, found


def _do(name: str, kind: str, tenant_id: uuid.UUID, user_id: uuid.UUID, of: Any) -> tuple[float, float, float, Any]:
    from django.utils import timezone

    from core.accounts.models import User
    from core.imports.kinds import kind_of
    from core.imports.models import ImportBatch
    from core.imports.services import receive_file, start_check, start_import
    from core.jobs.running import perform_job
    from core.tenancy.scope import tenant_scope

    before, started, at = _peak(), time.perf_counter(), timezone.now()
    with tenant_scope(tenant_id):
        by = User.objects.get(pk=user_id)
        if name == "receive":
            with Path(of).open("rb") as stream:
                size = Path(of).stat().st_size
                batch = receive_file(kind=kind_of(kind), stream=stream, size=size, file_name="big.csv", by=by, at=at)
        else:
            batch = ImportBatch.objects.get(pk=of)
            if name == "check":
                job = start_check(batch=batch, mapping=batch.mapping, by=by, at=at)
            else:
                job = start_import(batch=batch, by=by, at=at)
    if name != "receive":
        perform_job(tenant_id=tenant_id, job_id=job.pk, now=timezone.now)
    seconds = time.perf_counter() - started
    with tenant_scope(tenant_id):
        batch.refresh_from_db()
    return seconds, before, _peak(), batch.pk if name == "receive" else batch.counts


def _peak() -> float:
    """Return the most memory that this process has had, in megabytes."""
    (line,) = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def copy_rows(connection: Any, tenant_id: uuid.UUID, *, table: str) -> tuple[int, float]:
    """Return how many rows a tenant has in a table, and the seconds of their COPY into an empty one like it.

    A second table, because COPY is refused where row security is on; its indexes, checks and foreign keys are
    the same.
    """
    from django.db import transaction

    data = io.StringIO()
    try:
        with transaction.atomic(using="owner"), connection.cursor() as cursor:
            cursor.execute(f"create table {SECOND_TABLE} (like {table} including all)")
            cursor.execute(
                "select pg_get_constraintdef(oid) from pg_constraint"
                f" where conrelid = '{table}'::regclass and contype = 'f'"
            )
            for (foreign_key,) in cursor.fetchall():
                cursor.execute(f"alter table {SECOND_TABLE} add {foreign_key}")
            cursor.execute(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position)"
                " from information_schema.columns"
                f" where table_name = '{table}' and is_generated = 'NEVER'"
            )
            columns = cursor.fetchone()[0]
            cursor.copy_expert(f"copy (select {columns} from {table} where tenant_id = '{tenant_id}') to stdout", data)
        data.seek(0)
        started = time.perf_counter()
        with transaction.atomic(using="owner"), connection.cursor() as cursor:
            cursor.copy_expert(f"copy {SECOND_TABLE} ({columns}) from stdin", data)
        seconds = time.perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {SECOND_TABLE}")
            copied = cursor.fetchone()[0]
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"drop table if exists {SECOND_TABLE}")
    return copied, seconds


def _remove(connection: Any, tenant_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        for table in (
            "imports_importpart",
            "shipments_shipment",
            "customers_customertoken",
            "customers_customer",
            "events_outboxevent",
        ):
            cursor.execute(f"delete from {table} where tenant_id = %s", [tenant_id])
        cursor.execute("update tenancy_tenant set is_active = false where id = %s", [tenant_id])


if __name__ == "__main__":
    main()
