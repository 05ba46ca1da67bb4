"""A worker is killed in the middle of the rows that a partner sent: another goes on, and every row is done once."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from core.events.models import OutboxEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import SILENCE, due_jobs, perform_job
from core.partners.bulk import kinds
from core.tenancy.scope import tenant_scope
from courier_crm.embedded.places import PROJECT_DIR
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import make_tenant
from tests.factories.partners import API, Partner

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
PARTS, ROWS_PER_PART = 3, 20
CHILD = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from uuid import UUID
from django.utils import timezone
from core.jobs.running import perform_job
from core.partners.bulk import performing
pack, calls = performing.pack, []
def killed(rows):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), 9)
    return pack(rows)
performing.pack = killed
perform_job(tenant_id=UUID(sys.argv[2]), job_id=UUID(sys.argv[3]), now=timezone.now)
"""


def test_worker_killed_in_a_part_loses_that_part_alone_and_nothing_is_done_twice(now, monkeypatch):
    kind = replace(kinds.kind_named("shipments"), rows_per_part=ROWS_PER_PART)
    monkeypatch.setitem(kinds._kinds, "shipments", kind)
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        partner = Partner()
    rows = [
        {
            "waybill_number": f"W-{number}",
            "customer_number": f"N-{number % 7}",
            "accepted_at": "2026-03-01T08:00:00Z",
            "freight": {"amount": "1.00", "currency": "CNY"},
        }
        for number in range(PARTS * ROWS_PER_PART)
    ]
    sent = Client().post(
        f"{API}/shipments/bulk", json.dumps(rows), content_type="application/json", headers=partner.headers
    )
    job_id = sent.json()["id"]

    command = [sys.executable, "-c", CHILD, connection.settings_dict["NAME"], str(swift.pk), job_id]
    killed = subprocess.run(command, cwd=PROJECT_DIR, env=os.environ, check=False)

    assert killed.returncode == -9
    at = datetime.now(UTC) + SILENCE
    with tenant_scope(swift):
        assert Shipment.objects.count() == ROWS_PER_PART
        (due,) = due_jobs(at=at)
    perform_job(tenant_id=swift.pk, job_id=due, now=lambda: at)
    with tenant_scope(swift):
        job = BackgroundJob.objects.get(pk=job_id)
        assert (job.state, job.counts) == ("done", {"created": len(rows)})
        assert Shipment.objects.count() == len(rows)
        assert OutboxEvent.objects.filter(name="shipment.created").count() == len(rows)
        assert sum(Customer.objects.values_list("shipment_count", flat=True)) == len(rows)
