"""An import is a background job: cancelled, run again, its file gone, its owner no longer allowed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from core.jobs.models import BackgroundJob
from core.jobs.running import NotRepeatable, cancel_job, run_again
from shipments.models import ImportPart, ImportRun, Shipment
from shipments.services import AlreadyImported, FileGone, start_import
from tests.factories.imports import receive, work_off
from tests.shipments.imports.files import COLUMNS, FILE, HEAD, imported, perform_one_chunk, rows_of, upload


def test_file_is_imported_once(client, supervisor):
    columns_url = upload(client).url
    result_url = imported(client, columns_url)
    Shipment.objects.all().delete()

    again = client.post(columns_url, COLUMNS)

    assert again.url == result_url
    assert client.get(columns_url).url == result_url
    assert Shipment.objects.count() == 0
    with pytest.raises(AlreadyImported):
        start_import(run=ImportRun.objects.get(), mapping={}, by=supervisor, at=timezone.now())


def test_cancelled_import_keeps_what_is_in_and_goes_on_when_run_again(small_parts, supervisor, client, now):
    run = receive(HEAD + rows_of(range(10)), by=supervisor, at=now)
    job = start_import(run=run, mapping={}, by=supervisor, at=now)
    perform_one_chunk(job, now)

    cancel_job(job=job, by=supervisor, at=now)
    work_off(job, at=now)

    run.refresh_from_db()
    assert (job.state, job.done, job.counts["created"]) == ("cancelled", 4, 4)
    assert (run.created, Shipment.objects.count(), str(run.state(now))) == (4, 4, "interrupted")
    assert "was stopped before its end" in client.get(reverse("shipments:import", args=[run.pk])).content.decode()

    again = run_again(job=job, by=supervisor, at=now)
    perform_one_chunk(again, now)
    again.refresh_from_db()
    assert (again.done, again.total) == (4, 6)
    work_off(again, at=now)

    run.refresh_from_db()
    assert (again.state, again.done, run.is_finished) == ("done", 6, True)
    assert (run.created, Shipment.objects.count()) == (10, 10)


def test_finished_import_is_not_run_again(supervisor, now):
    run = receive(FILE, by=supervisor, at=now)
    job = work_off(start_import(run=run, mapping={}, by=supervisor, at=now), at=now)

    with pytest.raises(NotRepeatable):
        run_again(job=job, by=supervisor, at=now)

    assert (BackgroundJob.objects.count(), Shipment.objects.count()) == (1, 2)


def test_file_that_vanished_ends_the_job_with_words(small_parts, supervisor, now):
    run = receive(HEAD + rows_of(range(6)), by=supervisor, at=now)
    job = start_import(run=run, mapping={}, by=supervisor, at=now)
    ImportPart.objects.filter(number=1).update(content=None)

    work_off(job, at=now)

    assert job.state == "failed"
    assert job.error.startswith("The file is not there any more.")
    assert Shipment.objects.count() == 4


def test_import_of_a_file_that_vanished_is_not_started(supervisor, now):
    run = receive(FILE, by=supervisor, at=now)
    run.parts.all().delete()

    with pytest.raises(FileGone):
        start_import(run=run, mapping={}, by=supervisor, at=now)

    assert BackgroundJob.objects.count() == 0


def test_import_ends_when_its_owner_may_no_longer_import(small_parts, supervisor, now):
    run = receive(HEAD + rows_of(range(6)), by=supervisor, at=now)
    job = start_import(run=run, mapping={}, by=supervisor, at=now)
    perform_one_chunk(job, now)
    supervisor.role = Role.AGENT
    supervisor.save()

    work_off(job, at=now)

    assert (job.state, job.error, Shipment.objects.count()) == ("failed", "no_longer_allowed", 4)


def test_job_page_tells_the_counts_and_leads_to_the_run(client, supervisor, now):
    run = receive(FILE, by=supervisor, at=now)
    job = work_off(start_import(run=run, mapping={}, by=supervisor, at=now), at=now)

    answer = client.get(reverse("console:job", args=[job.pk]))

    assert [count for _label, count in answer.context["counts"]] == [2, 0, 0, 1, 1]
    assert reverse("shipments:import", args=[run.pk]) in answer.content.decode()
