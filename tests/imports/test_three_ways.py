"""One file comes in by the wizard, by the command and over the API, and each way leads to the same."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from core.accounts.enums import Role
from core.imports.models import ImportBatch
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from shipments.models import Shipment
from shipments.rows import STATUS_SYNONYMS
from tests.factories.accounts import make_tenant, make_user
from tests.factories.bulk import perform, send
from tests.factories.files import imported, outcomes
from tests.factories.partners import Partner

pytestmark = pytest.mark.django_db(transaction=True)

# A file of the same shape may be named, and is then tried as well.
NAMED = "CRM_SHIPMENTS_FILE"
ZONE, CURRENCY = "America/Sao_Paulo", "BRL"
ODD = "Accepted more than 180 days away from every other row of the file; kept as it is."
HEAD = (
    "waybill_number,customer_number,origin_city,origin_region,goods_category,weight_g,length_cm,width_cm,height_cm,"
    "declared_value,freight,accepted_at,picked_up_at,promised_at,delivered_at,status\n"
)
AMOUNTS, WHOLES = ("declared_value", "freight"), ("weight_g", "length_cm", "width_cm", "height_cm")
MOMENTS = ("accepted_at", "picked_up_at", "promised_at", "delivered_at")
ROWS_SENT = 5000


def made() -> str:
    """Return a file with two years' rows of which one lies two years out, and one in ten has a trace."""
    rows = []
    for row in range(300):
        month = f"201{7 + row % 2}-{row % 12 + 1:02}"
        traced = row % 10 == 0
        rows.append(
            f"OL{row:05},S-{row % 17:03},Capivari,SP,{'' if row % 23 == 0 else 'toys'},{row * 100}.0,28.0,50.0,28.0,"
            f"49.99,15.5{row % 10},{month}-10 11:43,"
            + (f"{month}-11 08:00,,{month}-15 17:20,delivered" if traced else ",,,")
        )
    return HEAD + "\n".join([*rows, "OLODD,S-001,Capivari,SP,toys,100.0,1.0,1.0,1.0,1,1,2020-09-12 08:00,,,,"])


@pytest.fixture(params=["made", "named"])
def path(request, tmp_path: Path) -> Path:
    if request.param == "named":
        if not os.environ.get(NAMED):
            pytest.skip(f"{NAMED} names no file.")
        return Path(os.environ[NAMED])
    path = tmp_path / "shipments.csv"
    path.write_text(made(), encoding="utf-8")
    return path


def courier(slug: str, now) -> Tenant:
    tenant = make_tenant(slug=slug, at=now, time_zone=ZONE, currency=CURRENCY)
    with tenant_scope(tenant):
        make_user(role=Role.SUPERVISOR, email=f"boss@{slug}.example", at=now)
    return tenant


def by_wizard(path: Path, tenant: Tenant, now) -> list[tuple[int, str]]:
    with tenant_scope(tenant):
        supervisor = make_user(role=Role.SUPERVISOR, at=now)
        batch = imported(path.read_bytes(), by=supervisor, at=now, kind="shipments")
        assert batch.state == "done"
        return outcomes(batch)


def by_command(path: Path, tenant: Tenant, now) -> list[tuple[int, str]]:
    asked = ("--tenant", tenant.slug, "--by", f"boss@{tenant.slug}.example")
    call_command("import_records", "shipments", str(path), *asked, stdout=io.StringIO())
    with tenant_scope(tenant):
        return outcomes(ImportBatch.objects.get())


def by_api(path: Path, tenant: Tenant, now) -> Counter:
    with path.open(encoding="utf-8") as stream:
        rows = [as_sent(row) for row in csv.DictReader(stream)]
    counts: Counter = Counter()
    with tenant_scope(tenant):
        partner = Partner()
        for start in range(0, len(rows), ROWS_SENT):
            answer = send(partner, rows[start : start + ROWS_SENT])
            counts += Counter(perform(answer.json()["id"]).counts)
    return counts


def as_sent(row: dict[str, str]) -> dict[str, Any]:
    """Return a row of the file as a program sends it: texts as JSON, times with their zone."""
    sent: dict[str, Any] = {name: value for name, value in row.items() if value}
    for name in AMOUNTS:
        if name in sent:
            sent[name] = {"amount": sent[name], "currency": CURRENCY}
    for name in WHOLES:
        if name in sent:
            sent[name] = int(float(sent[name]) + 0.5)
    for name in MOMENTS:
        if name in sent:
            sent[name] = in_utc(sent[name])
    if "status" in sent:
        sent["status"] = str(STATUS_SYNONYMS.get(sent["status"], sent["status"]))
    return sent


def in_utc(text: str) -> str:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


def stored(tenant: Tenant) -> tuple[Iterable[Any], Iterable[Any]]:
    own = {"id", "tenant_id", "customer_id"}
    names = [field.attname for field in Shipment._meta.concrete_fields if field.attname not in own]
    figures = ("number", "kind", "shipment_count", "first_shipment_at", "last_shipment_at")
    with tenant_scope(tenant):
        shipments = Shipment.objects.order_by("waybill_number").values_list(*names, "customer__number")
        return list(shipments), list(Customer.objects.order_by("number").values_list(*figures))


def test_file_leads_to_the_same_by_wizard_command_and_api(path, now):
    couriers = [courier(slug, now) for slug in ("wizard", "command", "api")]

    first, second = by_wizard(path, couriers[0], now), by_command(path, couriers[1], now)
    counts = by_api(path, couriers[2], now)

    assert first == second
    ways = [stored(each) for each in couriers]
    assert ways[0] == ways[1] == ways[2]
    good = [row for row in first if row[1] == "created"]
    assert counts["created"] == len(good) == len(ways[0][0]) > 300
    assert len([words for _line, _status, words in first if ODD in words]) == 1
    assert {number for number, *_rest in ways[0][1]} == {number for *_facts, number in ways[0][0]}
