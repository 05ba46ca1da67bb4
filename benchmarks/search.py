"""Search at size, as the role of the application, under row-level security: time in the database, plans, recall.

Run by `python -m benchmarks.search [CUSTOMERS …]` (default 100000 1000000), in embedded mode. Each size has a tenant of
its own beside one with the same names; both are kept for the next run, because a million take minutes to make. Names
occur as often as real ones do (see _people). Times in the database are what EXPLAIN ANALYZE says of planning and
executing the statements of one look-up, added up; those of the whole look-up are the client's.

A look-up is found when the customer it was made from stands on the first page. Where more than a page of customers
match as well as that one, as for a surname alone, it is found when the page shows the first of them in the order of
what they contribute, as far as the search looks (see customers.finding).
"""

import json
import math
import os
import random
import re
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import django

SIZES = (100_000, 1_000_000)
CHUNK = 10_000
LOOK_UPS = 200
TWINS = 20_000
AT = datetime(2026, 3, 2, tzinfo=UTC)
SEED = 7
# What nobody says of a company.
STOPPED = re.compile("有限责任公司|股份有限公司|有限公司")
TABLES = ("customers_customer", "customers_contact", "customers_contactpoint", "customers_customertoken")


def main() -> None:
    """Make what is missing of the tenants, look up, and print what the database took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
        for size in [int(word) for word in sys.argv[1:]] or SIZES:
            print(f"== {size:,} customers", flush=True)
            _measure(size)


def _measure(size: int) -> None:
    from core.tenancy.scope import tenant_scope

    tenant, twin = _tenant(f"search-{size}"), _tenant(f"search-{size}-twin")
    _fill(tenant, size)
    _fill(twin, min(TWINS, size))
    _tell_sizes()
    with tenant_scope(tenant):
        customers = _sample(size)
        for kind, query_of in _kinds().items():
            chances = (random.Random(f"{kind}{place}") for place in range(len(customers)))
            queries = [query_of(chance, archive) for chance, (archive, _stored) in zip(chances, customers, strict=True)]
            _look_up(kind, list(zip(queries, customers, strict=True)), tenant)


def _tenant(slug: str) -> Any:
    from core.console.services import create_tenant
    from core.tenancy.models import Tenant

    known = Tenant.objects.filter(slug=slug).first()
    if known is not None:
        return known
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": AT}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    return tenant


def _fill(tenant: Any, size: int) -> None:
    """Open the archives that are missing, and give everybody something they contribute."""
    from django.db import connections

    from benchmarks._people import archives
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer
    from customers.opening import open_archives
    from customers.search_index import rank_all_tokens

    with tenant_scope(tenant):
        there = Customer.objects.count()
    if there >= size:
        return
    opening = ranking = 0.0
    for start in range(0, size, CHUNK):
        made = list(archives(random.Random(f"{SEED}:{start}"), min(CHUNK, size - start), start=start))
        if start + len(made) > there:
            began = time.perf_counter()
            with tenant_scope(tenant):
                _contribute(list(open_archives(made, at=AT).values()))
            opened = time.perf_counter()
            rank_all_tokens(seconds=math.inf)
            opening += opened - began
            ranking += time.perf_counter() - opened
    print(f"{size:,} archives opened in {opening:.0f} s, their tokens ranked in {ranking:.0f} s", flush=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into shipments_shipment (tenant_id, id, waybill_number, customer_id, status, accepted_at, freight,"
            " surcharges, refunds, goods_category, service_product, transport_mode, booking_channel, packaging,"
            " services, exceptions, origin_city, origin_region, destination_city, destination_region, version)"
            " select tenant_id, gen_random_uuid(), 'SF' || substr(number, 2), id, 'delivered', %s, 100, 0, 0, '', '',"
            " '', '', '', '{}', '{}', '', '', '', '', 1 from customers_customer where tenant_id = %s",
            [AT, tenant.pk],
        )
        for table in (*TABLES, "shipments_shipment"):
            cursor.execute(f"vacuum (analyze) {table}")


def _contribute(ids: list[uuid.UUID]) -> None:
    """Let half of these customers contribute 1 to 2, a hundredth more than 100."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set contribution = (100 / (random() + 0.0001))::bigint"
            " where tenant_id = current_setting('app.tenant_id')::uuid and id = any(%s)",
            [ids],
        )


def _tell_sizes() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from customers_customertoken")
        tokens = cursor.fetchone()[0]
        cursor.execute("select pg_relation_size('customers_customertoken'), pg_indexes_size('customers_customertoken')")
        heap, indexes = cursor.fetchone()
        print(f"all tenants: {tokens:,} tokens, table {heap / 2**20:,.0f} MiB, its indexes {indexes / 2**20:,.0f} MiB")


def _sample(size: int) -> list[Any]:
    """Return customers as the generator made them, with the ids and what they contribute as stored."""
    from benchmarks._people import archives
    from customers.models import Customer

    chance, found = random.Random(size), []
    for start in chance.sample(range(0, size, CHUNK), min(10, size // CHUNK)):
        made = list(archives(random.Random(f"{SEED}:{start}"), min(CHUNK, size - start), start=start))
        found += chance.sample(made, LOOK_UPS * 2 // min(10, size // CHUNK))
    stored = {each.number: each for each in Customer.objects.filter(number__in=[each.number for each in found])}
    return [(archive, stored[archive.number]) for archive in found]


def _kinds() -> dict[str, Callable[[random.Random, Any], str | None]]:
    """Return how each kind of look-up is made from a customer; None where the customer has nothing of the kind."""
    from opencc import OpenCC

    from core.crypto.sounds import is_chinese
    from customers.enums import CustomerKind

    traditional = OpenCC("s2t")

    def name_of(archive: Any) -> str:
        return archive.contacts[0].name

    def chinese(text: str) -> str | None:
        return text if is_chinese(text) else None

    def part(text: str | None, length: int, chance: random.Random) -> str | None:
        if text is None or len(text) < length:
            return None
        start = chance.randrange(len(text) - length + 1)
        return text[start : start + length]

    def firm(archive: Any) -> str | None:
        return archive.name if archive.kind == CustomerKind.COMPANY and is_chinese(archive.name) else None

    def told(archive: Any) -> str:
        return STOPPED.sub("", firm(archive) or "")

    def digits(archive: Any) -> str:
        return archive.contacts[0].points[0].value

    def latin(archive: Any) -> str | None:
        return None if is_chinese(name_of(archive)) else name_of(archive)

    return {
        "customer number": lambda _chance, each: each.number,
        "waybill": lambda _chance, each: f"SF{each.number[1:]}",
        # 179 dials a carrier; no mobile number begins so.
        "phone": lambda _chance, each: None if digits(each)[3:6] == "179" else digits(each)[3:],
        "last four digits": lambda _chance, each: digits(each)[-4:],
        "surname and last four": lambda _chance, each: f"{name_of(each).split()[-1][:1]} {digits(each)[-4:]}",
        "e-mail": lambda _chance, each: each.contacts[0].points[1].value.upper(),
        "full name": lambda _chance, each: chinese(name_of(each)),
        "one character": lambda chance, each: part(chinese(name_of(each)), 1, chance),
        "two characters": lambda chance, each: part(chinese(name_of(each)), 2, chance),
        "company in full": lambda _chance, each: firm(each),
        "company, three characters": lambda chance, each: part((firm(each) or "")[:6], 3, chance),
        "company, brand and trade": lambda _chance, each: (firm(each) or "")[2:6] or None,
        "Latin name": lambda _chance, each: latin(each),
        "Latin word": lambda _chance, each: (latin(each) or "").split(" ")[-1] or None,
        "Latin, four letters": lambda chance, each: part((latin(each) or "").split(" ")[-1], 4, chance),
        "pinyin": lambda _chance, each: "".join(_sound(chinese(name_of(each)))) or None,
        "pinyin of a brand": lambda _chance, each: "".join(_sound(firm(each))[2:4]) or None,
        "pinyin, company in full": lambda _chance, each: "".join(_sound(told(each))) or None,
        "initials": lambda _chance, each: _initials(chinese(name_of(each))),
        "initials, company in full": lambda _chance, each: _initials(told(each)),
        "company in traditional": lambda _chance, each: traditional.convert(firm(each) or "") or None,
        "traditional, two characters": lambda chance, each: part(
            traditional.convert(chinese(name_of(each)) or ""), 2, chance
        ),
    }


def _sound(name: str | None) -> list[str]:
    from pypinyin import lazy_pinyin

    return lazy_pinyin(name) if name else []


def _initials(name: str | None) -> str | None:
    return "".join(each[0] for each in _sound(name)) or None


def _look_up(kind: str, asked: list[tuple[str | None, Any]], tenant: Any) -> None:
    from core.web.search import MOST_HITS
    from customers.finding import find_customers

    find = _find_waybill if kind == "waybill" else find_customers
    took, waited, missed, scans = [], [], [], set()
    pairs = [(query, stored) for query, (_archive, stored) in asked if query][:LOOK_UPS]
    for query, stored in pairs:
        began = time.perf_counter()
        with _watched() as statements:
            hits = find(query, limit=MOST_HITS + 1)
        waited.append((time.perf_counter() - began) * 1000)
        took.append(sum(map(_milliseconds, statements)))
        shown = [hit.customer for hit in hits[:MOST_HITS]]
        if any(each.tenant_id != tenant.pk for each in shown):
            sys.exit(f"A customer of another tenant was found by {query!r}.")
        is_cut = len(hits) > MOST_HITS
        if stored not in shown and not (is_cut and _are_before(shown, stored, query)):
            missed.append(query)
        if len(took) <= 20:
            scans |= _sequential(statements)
    ordered, waits = sorted(took), sorted(waited)
    print(
        f"{kind:<26} {len(pairs):>3} look-ups  database p50 {statistics.median(ordered):5.2f}"
        f"  p95 {ordered[int(len(ordered) * 0.95)]:5.2f}  max {ordered[-1]:5.2f} ms"
        f"  all told p95 {waits[int(len(waits) * 0.95)]:5.1f} ms  missed {len(missed)} {missed[:3] or ''}"
        f"{' SEQUENTIAL ' + str(scans) if scans else ''}",
        flush=True,
    )


def _are_before(shown: list[Any], stored: Any, query: str) -> bool:
    """Say whether all that is shown is surer than the one looked for, or as sure and contributes as much."""
    from core.crypto.tokens import readings_of
    from customers.finding import owner_by

    readings = readings_of(query, region="CN")

    def rank(customer: Any) -> tuple[int, int]:
        sure = next(place for place, each in enumerate(readings) if owner_by(each, customer) is not None)
        return sure, -customer.contribution

    return all(rank(each) <= rank(stored) for each in shown)


def _find_waybill(query: str, *, limit: int) -> list[Any]:
    """Return the shipments found, each as something that has a customer."""
    from shipments.models import Shipment
    from shipments.querysets import for_list, prefix_of

    return list(prefix_of(for_list(Shipment.objects.all()), query)[:limit])


@contextmanager
def _watched() -> Iterator[list[tuple[str, Any]]]:
    """Give the list of statements of the block: text and parameters."""
    from django.db import connection

    statements: list[tuple[str, Any]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield statements


def _milliseconds(statement: tuple[str, Any]) -> float:
    """Return what the database says it takes to plan and to execute."""
    from django.db import connection

    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, timing off, format json) {sql}", params)
        told = cursor.fetchone()[0]
    (plan,) = json.loads(told) if isinstance(told, str) else told
    return plan["Planning Time"] + plan["Execution Time"]


def _sequential(statements: list[tuple[str, Any]]) -> set[str]:
    """Return the tables that a plan of these statements reads from end to end."""
    from django.db import connection

    found: set[str] = set()
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(f"explain (format json) {sql}", params)
            text = cursor.fetchone()[0]
            plan = text if isinstance(text, str) else json.dumps(text)
            for node in _nodes(json.loads(plan)[0]["Plan"]):
                if node["Node Type"] == "Seq Scan":
                    found.add(node["Relation Name"])
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


if __name__ == "__main__":
    main()
