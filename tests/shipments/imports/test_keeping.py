"""What is kept of the files that people send, for how long, and what the trail says of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent
from core.jobs.nightly import run_job
from core.jobs.running import NotRepeatable, cancel_job, run_again
from shipments.models import ImportedRow
from shipments.services import start_import
from tests.factories.imports import import_received, receive, work_off
from tests.shipments.imports.files import FILE, HEAD, perform_one_chunk, rows_of


def test_what_is_left_of_a_stopped_import_is_kept_for_three_days(small_parts, supervisor, client, now):
    run = receive(HEAD + rows_of(range(10)), by=supervisor, at=now - timedelta(days=6))
    job = start_import(run=run, mapping={}, by=supervisor, at=now)
    perform_one_chunk(job, now)
    cancel_job(job=job, by=supervisor, at=now)
    work_off(job, at=now)
    page = reverse("shipments:import", args=[run.pk])
    assert "the rest of the file is kept until 2026-03-05" in client.get(page).content.decode()
    assert "Run again" in client.get(reverse("console:job", args=[job.pk])).content.decode()

    early = run_job("shipments.forget_files", business_date=now.date(), at=now + timedelta(days=3))
    late = run_job("shipments.forget_files", business_date=now.date(), at=now + timedelta(days=3, seconds=1))

    assert (early, late) == ({"imports": 0}, {"imports": 1})
    assert (run.parts.filter(content__isnull=False).count(), ImportedRow.objects.count()) == (0, 0)
    assert "Send the file again" in client.get(page).content.decode()
    assert "Run again" not in client.get(reverse("console:job", args=[job.pk])).content.decode()
    with pytest.raises(NotRepeatable):
        run_again(job=job, by=supervisor, at=now)


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_trail_knows_of_a_stopped_import_and_names_no_file(small_parts, supervisor, now, end):
    run = receive(HEAD + rows_of(range(10)), name="李小龙.csv", by=supervisor, at=now)
    job = start_import(run=run, mapping={}, by=supervisor, at=now)
    perform_one_chunk(job, now)
    if end == "cancelled":
        cancel_job(job=job, by=supervisor, at=now)
    else:
        User.objects.filter(pk=supervisor.pk).update(role=Role.AGENT)

    work_off(job, at=now)

    assert job.state == end
    event = AuditEvent.objects.get(action="shipments.import_stopped")
    assert (event.subject_id, event.actor_id) == (run.pk, supervisor.pk)
    assert event.details == {"ended": end, "created": 4, "updated": 0, "failed": 0}
    assert "李小龙" not in str(list(AuditEvent.objects.values()))


def test_name_and_columns_of_a_file_are_stored_encrypted(supervisor, now):
    run = import_received(receive(FILE, name="李小龙.csv", by=supervisor, at=now), by=supervisor, at=now)

    with connection.cursor() as cursor:
        cursor.execute(
            "select row_to_json(r)::text, row_to_json(j)::text from shipments_importrun r, jobs_backgroundjob j"
        )
        stored = "".join(cursor.fetchone())
    assert [word for word in ("李小龙", "waybill_number") if word in stored] == []
    assert (run.file_name, run.job.title, run.columns[0]) == ("李小龙.csv", "李小龙.csv", "waybill_number")
    assert "李小龙" not in str(list(AuditEvent.objects.values()))
