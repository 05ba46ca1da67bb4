"""What encryption and search tokens cost: archives opened per second against COPY of the same rows in clear.

Run by `python -m benchmarks.archives [CUSTOMERS]`, in embedded mode, in a tenant of its own, which is taken away at
the end. Each customer is a person or a company with a contact, a phone and an e-mail address. The floor is COPY of
customers, contacts and ways to be reached, nothing encrypted, into tables with the same indexes, checks and keys.
"""

import io
import os
import random
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import django

CUSTOMERS = 20_000
CHUNK = 10_000
ROUNDS = 3
AT = datetime(2026, 3, 2, tzinfo=UTC)
# In clear, the encrypted columns are text.
TABLES = {
    "customers_customer": ("person_name", "special_needs", "birthday"),
    "customers_contact": ("name",),
    "customers_contactpoint": ("value",),
}


def main() -> None:
    """Open archives and copy the same rows, in turns, and print both and their ratio."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS)


def _measure(customers: int) -> None:
    from django.core.management import call_command

    from benchmarks._people import archives
    from core.tenancy.scope import tenant_scope
    from customers.models import CustomerToken
    from customers.opening import open_archives

    call_command("migrate", database="owner", verbosity=0)
    ratios = []
    for turn in range(ROUNDS):
        tenant = _make_tenant()
        made = list(archives(random.Random(turn), customers))
        seconds = 0.0
        for start in range(0, customers, CHUNK):
            chunk = made[start : start + CHUNK]
            began = time.perf_counter()
            with tenant_scope(tenant):
                open_archives(chunk, at=AT)
            seconds += time.perf_counter() - began
        with tenant_scope(tenant):
            tokens = CustomerToken.objects.count()
        floor = _floor(tenant.pk, made)
        ratios.append(seconds / floor)
        print(
            f"opened {customers / seconds:>9,.0f} customers/s   COPY in clear {customers / floor:>9,.0f} customers/s"
            f"   ratio {seconds / floor:.1f}   {tokens / customers:.1f} tokens a customer",
            flush=True,
        )
        _remove(tenant.pk)
    print(f"encryption and tokens cost {sorted(ratios)[ROUNDS // 2]:.1f} times COPY (median of {ROUNDS})")


def _make_tenant() -> Any:
    from core.console.services import create_tenant

    slug = f"bench-{uuid.uuid4().hex[:8]}"
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": AT}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    return tenant


def _floor(tenant_id: uuid.UUID, made: list[Any]) -> float:
    """Return the seconds of COPY of the rows in clear."""
    from django.db import connections, transaction

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table, encrypted in TABLES.items():
            cursor.execute(f"create table clear_{table} (like {table} including all)")
            for column in encrypted:
                cursor.execute(f"alter table clear_{table} alter {column} type text using null")
            cursor.execute(
                "select pg_get_constraintdef(oid) from pg_constraint"
                f" where conrelid = '{table}'::regclass and contype = 'f'"
            )
            for (foreign_key,) in cursor.fetchall():
                among_themselves = re.sub(rf"REFERENCES ({'|'.join(TABLES)})\(", r"REFERENCES clear_\1(", foreign_key)
                cursor.execute(f"alter table clear_{table} add {among_themselves}")
    try:
        files = _clear_rows(tenant_id, made)
        began = time.perf_counter()
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for table, (columns, file) in files.items():
                cursor.copy_expert(f"copy clear_{table} ({columns}) from stdin with (format csv)", file)
        seconds = time.perf_counter() - began
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"drop table {', '.join(f'clear_{table}' for table in TABLES)}")
    return seconds


def _clear_rows(tenant_id: uuid.UUID, made: list[Any]) -> dict[str, tuple[str, io.StringIO]]:
    """Return columns and rows of each table as CSV, the ids as they are stored, the values in clear."""
    from django.db import connections

    places = {archive.number: archive for archive in made}
    clear: dict[str, tuple[str, io.StringIO]] = {}
    for table, (first, *rest) in TABLES.items():
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "select string_agg(quote_ident(column_name), ', ' order by ordinal_position)"
                f" from information_schema.columns where table_name = '{table}' and is_generated = 'NEVER'"
            )
            columns = cursor.fetchone()[0]
            shown = {
                "customers_customer": "case when kind = 'individual' then '@' || number end",
                "customers_contact": "'@' || (select number from customers_customer c where c.id = t.customer_id)",
                "customers_contactpoint": (
                    "'@' || kind || (select c.number from customers_contact o join customers_customer c"
                    " on c.id = o.customer_id where o.id = t.contact_id)"
                ),
            }[table]
            listed = ", ".join(
                f"{shown} as {name}" if name == first else f"null as {name}" if name in rest else name
                for name in columns.split(", ")
            )
            file = io.StringIO()
            cursor.copy_expert(
                f"copy (select {listed} from {table} t where tenant_id = '{tenant_id}') to stdout with (format csv)",
                file,
            )
        rows = io.StringIO()
        for line in file.getvalue().splitlines():
            rows.write(_filled(line, places) + "\n")
        rows.seek(0)
        clear[table] = (columns, rows)
    return clear


def _filled(line: str, places: dict[str, Any]) -> str:
    """Put the value in clear where the customer's number stands for it."""
    head, mark, tail = line.partition(",@")
    if not mark:
        return line
    word, comma, rest = tail.partition(",")
    for kind, place in (("phone", 0), ("email", 1)):
        if word.startswith(kind):
            return f"{head},{places[word.removeprefix(kind)].contacts[0].points[place].value}{comma}{rest}"
    return f"{head},{places[word].contacts[0].name}{comma}{rest}"


def _remove(tenant_id: uuid.UUID) -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        for table in ("customertoken", "contactpoint", "contact", "customer"):
            cursor.execute(f"delete from customers_{table} where tenant_id = %s", [tenant_id])
        cursor.execute("update tenancy_tenant set is_active = false where id = %s", [tenant_id])


if __name__ == "__main__":
    main()
