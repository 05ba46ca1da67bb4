"""Pages of background jobs, and exports of lists."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent
from core.console.people import PeopleView
from core.jobs import running
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job, result_of
from core.web import exports
from core.web.lists import Column
from tests.factories.accounts import make_user


@pytest.fixture(autouse=True)
def people_list(monkeypatch):
    monkeypatch.setattr(PeopleView, "export_name", "test-people")
    monkeypatch.setattr(PeopleView, "export_title", "People")
    monkeypatch.setattr(
        PeopleView,
        "export_columns",
        (Column(_("Full name"), lambda user: user.name), Column("Joined", lambda user: user.date_joined)),
    )
    exports.register(PeopleView)
    yield
    exports._lists.pop("test-people")


def export(client, *, query="", file_format="csv"):
    answer = client.post("/exports/test-people/", {"format": file_format, "path": "/settings/people/", "query": query})
    return answer, BackgroundJob.objects.order_by("-created_at").first()


def finish(job, now):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    return job


def content(answer):
    return b"".join(answer.streaming_content)


def test_export_holds_the_rows_of_the_list_as_filtered(client_for, administrator, agent, now):
    client = client_for(administrator)
    answer, job = export(client, query="role=agent")
    assert answer.url == f"/jobs/{job.pk}/"

    file = client.get(f"/jobs/{finish(job, now).pk}/file/")

    rows = list(csv.reader(io.StringIO(content(file).decode("utf-8-sig"))))
    assert rows == [["Full name", "Joined"], [agent.name, "2026-03-02 12:30:00"]]
    assert file["Content-Disposition"].startswith('attachment; filename="test-people-')
    assert (file["X-Content-Type-Options"], "no-store" in file["Cache-Control"]) == ("nosniff", True)


def test_export_of_many_chunks_holds_every_row_once(client_for, administrator, now, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    for _number in range(5):
        make_user(role=Role.AGENT, at=now)
    _answer, job = export(client_for(administrator))

    finish(job, now)

    file = content(client_for(administrator).get(f"/jobs/{job.pk}/file/")).decode("utf-8-sig")
    assert len(file.splitlines()) == 1 + User.objects.count() == 1 + job.done


def test_export_tells_its_total_from_the_first_chunk_on(client_for, administrator, now, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    for _number in range(5):
        make_user(role=Role.AGENT, at=now)
    client = client_for(administrator)
    _answer, job = export(client)

    running._perform_chunk(tenant_id=job.tenant_id, job_id=job.pk, at=now)

    job.refresh_from_db()
    count = User.objects.count()
    assert (job.done, job.total, job.percent) == (2, count, 200 // count)
    assert f"2 / {count}" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_export_of_more_rows_than_are_counted_knows_no_total(client_for, administrator, now, monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    make_user(role=Role.AGENT, at=now)
    make_user(role=Role.AGENT, at=now)
    monkeypatch.setattr(exports, "CHUNK", 2)
    client = client_for(administrator)
    _answer, as_csv = export(client)
    _answer, as_sheet = export(client, file_format="xlsx")

    running._perform_chunk(tenant_id=as_csv.tenant_id, job_id=as_csv.pk, at=now)
    running._perform_chunk(tenant_id=as_sheet.tenant_id, job_id=as_sheet.pk, at=now)

    as_csv.refresh_from_db()
    as_sheet.refresh_from_db()
    assert (as_csv.total, as_csv.done, finish(as_csv, now).state) == (None, 2, "done")
    assert (as_sheet.state, as_sheet.parts.count()) == ("failed", 0)
    assert as_sheet.error.startswith("An Excel sheet holds 1,048,575 rows at most.")


FIGURES = {
    "amount": Decimal("-1234.50"),
    "count": -7,
    "day": date(2026, 3, 2),
    "moment": datetime(2026, 3, 2, 4, 30, tzinfo=UTC),
    "nothing": None,
    "flag": True,
}


def test_figures_and_days_are_no_text(client_for, administrator, now, monkeypatch):
    columns = tuple(Column(name, lambda _user, value=value: value) for name, value in FIGURES.items())
    monkeypatch.setattr(PeopleView, "export_columns", columns)
    client = client_for(administrator)
    _answer, as_csv = export(client, query="role=administrator")
    _answer, as_sheet = export(client, query="role=administrator", file_format="xlsx")

    text = content(client.get(f"/jobs/{finish(as_csv, now).pk}/file/")).decode("utf-8-sig")
    book = load_workbook(io.BytesIO(content(client.get(f"/jobs/{finish(as_sheet, now).pk}/file/"))))

    assert text.splitlines()[1] == "-1234.50,-7,2026-03-02,2026-03-02 12:30:00,,Yes"
    row = next(book.active.iter_rows(min_row=2, max_row=2))
    assert [(cell.value, cell.data_type, cell.number_format) for cell in row] == [
        (-1234.5, "n", "#,##0.00"),
        (-7, "n", "#,##0"),
        (datetime.fromisoformat("2026-03-02"), "d", "yyyy\\-mm\\-dd"),
        (datetime.fromisoformat("2026-03-02 12:30"), "d", "yyyy\\-mm\\-dd hh:mm:ss"),
        (None, "n", "General"),
        ("Yes", "s", "General"),
    ]


def test_sheet_is_made_by_the_job_chunk_by_chunk(client_for, administrator, now, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    for _number in range(5):
        make_user(role=Role.AGENT, at=now)
    client = client_for(administrator)
    _answer, job = export(client, file_format="xlsx")

    finish(job, now)

    stored = b"".join(result_of(job))
    file = content(client.get(f"/jobs/{job.pk}/file/"))
    assert (job.parts.count(), file == stored) == (-(-User.objects.count() // 2), True)
    rows = list(load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == [
        "Full name",
        *User.objects.order_by("name", "pk").values_list("name", flat=True),
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\t=1", "＝1+1"])
def test_export_runs_no_formula(client_for, administrator, now, name):
    User.objects.filter(pk=administrator.pk).update(name=name)
    client = client_for(administrator)
    _answer, as_csv = export(client, query="role=administrator")
    _answer, as_sheet = export(client, query="role=administrator", file_format="xlsx")

    text = content(client.get(f"/jobs/{finish(as_csv, now).pk}/file/")).decode()
    book = load_workbook(io.BytesIO(content(client.get(f"/jobs/{finish(as_sheet, now).pk}/file/"))))

    assert f"'{name}" in text
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value == name]
    assert [cell.data_type for cell in cells] == ["s"]


def test_export_is_refused_where_the_list_is(client_for, agent):
    answer, job = export(client_for(agent))

    assert (answer.status_code, job) == (403, None)


def test_export_of_an_unknown_list_or_format_starts_nothing(client_for, administrator):
    client = client_for(administrator)

    assert client.post("/exports/nothing/", {"format": "csv"}).status_code == 404
    assert client.post("/exports/test-people/", {"format": "pdf"}).status_code == 302
    # Cut short, it would say less than was chosen.
    assert export(client, query="role=agent&" + "x" * 4000)[0].status_code == 302
    assert BackgroundJob.objects.count() == 0


def test_export_with_filters_nobody_knows_fails_in_words(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client, query="colour=red")

    finish(job, now)

    assert job.state == "failed"
    assert "cannot be exported with these filters" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


def test_file_is_not_for_somebody_who_lost_the_permission(client_for, administrator, now):
    _answer, job = export(client_for(administrator))
    finish(job, now)
    make_user(role=Role.ADMINISTRATOR, at=now)
    User.objects.filter(pk=administrator.pk).update(role=Role.AGENT)
    administrator.refresh_from_db()

    assert client_for(administrator).get(f"/jobs/{job.pk}/file/").status_code == 403


@pytest.mark.parametrize("address", ["", "cancel/", "again/", "file/"])
def test_job_of_a_colleague_is_not_found(client_for, administrator, agent, now, address):
    _answer, job = export(client_for(administrator))
    finish(job, now)
    client = client_for(agent)

    answer = (
        client.get(f"/jobs/{job.pk}/{address}")
        if address in {"", "file/"}
        else client.post(f"/jobs/{job.pk}/{address}")
    )

    assert answer.status_code == 404


def test_page_asks_for_itself_until_the_job_has_ended(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)
    assert 'hx-trigger="every 1s"' in client.get(f"/jobs/{job.pk}/").content.decode()

    finish(job, now)

    assert 'hx-trigger="every 1s"' not in client.get(f"/jobs/{job.pk}/").content.decode()


def test_end_of_a_job_is_told_once_on_any_page(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)
    assert "/jobs/notices/" in client.get("/settings/").content.decode()
    assert client.get("/jobs/notices/").status_code == 200

    finish(job, now)

    told = client.get("/jobs/notices/")
    assert (told.status_code, job.title in told.content.decode()) == (286, True)
    assert job.title not in client.get("/jobs/notices/").content.decode()
    assert "/jobs/notices/" not in client.get("/settings/").content.decode()


def test_cancel_and_run_again_from_the_page(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)

    client.post(f"/jobs/{job.pk}/cancel/")
    assert finish(job, now).state == "cancelled"
    answer = client.post(f"/jobs/{job.pk}/again/")

    again = BackgroundJob.objects.exclude(pk=job.pk).get()
    assert answer.url == f"/jobs/{again.pk}/"
    assert finish(again, now).state == "done"


def test_same_export_again_is_refused_while_it_is_under_way(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)

    answer, _job = export(client)

    assert (answer.url, BackgroundJob.objects.count()) == ("/settings/people/", 1)
    assert "The same is under way already." in client.get(answer.url).content.decode()
    finish(job, now)
    client.post(f"/jobs/{job.pk}/again/")
    client.post(f"/jobs/{job.pk}/again/")
    assert BackgroundJob.objects.count() == 2


def test_file_that_is_no_longer_kept_is_not_offered(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)
    assert f"/jobs/{finish(job, now).pk}/file/" in client.get(f"/jobs/{job.pk}/").content.decode()

    job.parts.all().delete()

    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert (f"/jobs/{job.pk}/file/" in page, "The file is no longer kept." in page) == (False, True)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


def test_download_asks_for_a_fresh_sign_in(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)
    url = f"/jobs/{finish(job, now).pk}/file/"
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1
    session.save()

    answer = client.get(url)

    assert (answer.status_code, answer.url) == (302, f"/reauthenticate/?next=%2Fjobs%2F{job.pk}%2F")
    assert AuditEvent.objects.filter(action="job.downloaded").count() == 0
    assert client_for(administrator).get(url).status_code == 200
    assert AuditEvent.objects.filter(action="job.downloaded").count() == 1


def test_end_of_a_job_stands_under_the_bell_until_its_page_was_seen(client_for, administrator, now):
    client = client_for(administrator)
    _answer, job = export(client)
    assert client.get("/notices/").context["lines"] == []

    finish(job, now)

    (line,) = client.get("/notices/").context["lines"]
    assert (line.words.text, line.words.detail) == ("Export: People", f"Export · Done · {job.done} rows")
    assert client.get("/notices/count/").context["unread"] == 1
    client.get("/jobs/notices/")
    assert client.get("/notices/count/").context["unread"] == 1
    client.get(line.words.url)
    assert client.get("/notices/count/").context["unread"] == 0


def test_failed_job_is_told_under_the_bell_and_a_cancelled_one_is_not(client_for, administrator, now):
    client = client_for(administrator)
    _answer, failed = export(client, query="colour=red")
    _answer, cancelled = export(client)
    client.post(f"/jobs/{cancelled.pk}/cancel/")

    states = [finish(job, now).state for job in (failed, cancelled)]

    lines = client.get("/notices/").context["lines"]
    assert (states, [line.notice.subject_id for line in lines]) == (["failed", "cancelled"], [failed.pk])


@pytest.mark.parametrize("count", [3, 30])
def test_own_jobs_cost_the_same_queries(client_for, administrator, django_assert_num_queries, count):
    client = client_for(administrator)
    for number in range(count):
        export(client, query=f"name={number}")
    client.get("/jobs/")

    with django_assert_num_queries(6):
        assert client.get("/jobs/").status_code == 200
