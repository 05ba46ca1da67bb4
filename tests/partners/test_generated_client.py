"""A client that a generator makes of docs/openapi.json drives a story over HTTP, unchanged."""

import importlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from core.jobs.running import perform_job
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant
from tests.factories.partners import Partner
from tests.factories.tiering import make_shipped

DESCRIPTION = Path(settings.BASE_DIR) / "docs" / "openapi.json"
PACKAGE = "generated_courier_client"


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """Return a function that imports a module of the generated client."""
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", DESCRIPTION),
        *("--output-path", tmp_path / PACKAGE, "--meta", "none", "--config", tmp_path / "config.yml"),
    ]
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    # Of what the description knows it lacks one thing: lines of JSON, beside the arrays that it sends.
    lacking = made.stderr.count("Unsupported content type application/x-ndjson")
    assert (made.returncode, lacking, made.stderr.count("WARNING")) == (0, 4, 4), made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_generated_client_upserts_reads_and_pages_through(live_server, now, generated):
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        text = Partner().text
        make_shipped("SHIPPED", (now, "12.50"), at=now)
    with generated("client").AuthenticatedClient(base_url=live_server.url, token=text) as client:
        drive(client, generated)
        job_id = push(client, generated)
        perform_job(tenant_id=swift.pk, job_id=job_id, now=lambda: datetime.now(UTC))
        results = generated("api.jobs.jobs_results_list").sync(job_id, client=client, limit=3)
        last = generated("api.jobs.jobs_results_list").sync(job_id, client=client, cursor=results.next_cursor)

    assert [row.status for row in results.data] == ["created"] * 3
    assert (last.data[0].status, last.data[0].problem.errors[0].code) == ("failed", "unknown_waybill")


def drive(client, generated):
    customers, models = "api.customers.customers", generated("models")

    for number in range(7):
        body = models.CustomerUpsert(company_name=f"Company {number}", kind=models.CustomerKind.COMPANY)
        upsert = generated(f"{customers}_by_number_update").sync_detailed
        assert upsert(f"N-{number}", client=client, body=body).status_code == 201
        assert upsert(f"N-{number}", client=client, body=body).status_code == 200

    one = generated(f"{customers}_by_number_retrieve").sync("N-3", client=client)
    contact = generated(f"{customers}_contacts_create").sync(
        one.id, client=client, body=models.ContactInput(name="Lin Mei", is_primary=True)
    )
    changed = generated(f"{customers}_partial_update").sync(
        one.id, client=client, body=models.PatchedCustomerChanges(region="Bonn"), if_match=f'"{one.version}"'
    )
    hits = generated(f"{customers}_search_create").sync(client=client, body=models.SearchInput(query="Company 3"))
    refused = generated(f"{customers}_create").sync(
        client=client, body=models.CustomerInput(number="N-3", company_name="Again")
    )
    assert (contact.is_primary, changed.region, changed.version) == (True, "Bonn", 2)
    assert [hit.customer.number for hit in hits.data] == ["N-3"]
    assert (refused.code, refused.errors[0].pointer) == ("customer_number_taken", "#/number")

    numbers, cursor = [], {}
    while True:
        page = generated(f"{customers}_list").sync(client=client, limit=3, **cursor)
        numbers += [row.number for row in page.data]
        if not page.has_more:
            break
        cursor = {"cursor": page.next_cursor}
    assert sorted(numbers) == [*(f"N-{number}" for number in range(7)), "SHIPPED"]
    tiers = generated("api.tiers.tiers_list").sync(client=client)
    shipments = generated("api.shipments.shipments_list").sync(client=client)
    assert (len(tiers.data), shipments.data[0].freight.amount) == (8, "12.50")


def push(client, generated):
    """Push shipments and scans, one by one and many at once, and write down what was said."""
    shipments, models = "api.shipments.shipments", generated("models")
    accepted_at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    facts = {
        "customer_number": "N-3",
        "accepted_at": accepted_at,
        "freight": models.MoneyInput(amount="12.50", currency="CNY"),
    }
    put = generated(f"{shipments}_by_number_update").sync
    shipment = put("W-0", client=client, body=models.ShipmentUpsert(**facts))
    scan = generated(f"{shipments}_events_create").sync(
        shipment.id, client=client, body=models.ScanInput(kind=models.ScanKind.PICKED_UP, happened_at=accepted_at)
    )
    said = generated("api.customers.customers_interactions_create").sync(
        shipment.customer_id,
        client=client,
        body=models.InteractionInput(kind=models.SpokenKind.NOTE, text="Ships on Mondays."),
    )
    rows = [models.ShipmentRow(waybill_number=f"W-{number}", **facts) for number in range(3)]
    done = generated(f"{shipments}_bulk_create").sync(client=client, body=rows, wait=True)
    scans = [
        models.ScanRow(waybill_number=f"W-{number}", kind=models.ScanKind.DELIVERED, happened_at=accepted_at)
        for number in range(4)
    ]
    job = generated(f"{shipments}_events_bulk_create").sync(client=client, body=scans)
    state = generated("api.jobs.jobs_retrieve").sync(job.id, client=client).state

    assert (shipment.status, scan.kind, said.text) == ("accepted", "picked_up", "Ships on Mondays.")
    assert [row.status for row in done.results] == ["unchanged", "created", "created"]
    assert (job.kind, job.total, state) == ("shipment_events", 4, "waiting")
    return job.id
