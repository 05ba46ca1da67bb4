import csv
import gzip
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent
from core.jobs import running
from core.jobs.models import BackgroundJob
from core.jobs.nightly import run_job
from core.jobs.running import NotRepeatable, cancel_job, run_again
from customers.models import Customer
from shipments import services
from shipments.models import LONGEST_RUN, ImportedRow, ImportPart, ImportRun, Shipment
from shipments.services import AlreadyImported, FileGone, start_import
from tests.factories.accounts import inside, make_user
from tests.factories.imports import import_received, receive, work_off

LIST_QUERIES = 6
FILE = (
    "waybill_number,customer_number,accepted_at,freight,weight_g\n"
    "W1,C1,2026-03-01 08:00,10.00,5\n"
    "W2,C1,2026-03-01 08:00,-1,5\n"
    "=W3,C2,2026-03-01 08:00,1,0\n"
)
ALIEN = "运单号,Customer Number,accepted at,Preço,weight_g\nW1,C1,2026-03-01 08:00,10.00,5\n"
COLUMNS = {name: name for name in ("waybill_number", "customer_number", "accepted_at", "freight", "weight_g")}


def upload(client, content: str | bytes = FILE, name: str = "march.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post(reverse("shipments:upload"), {"file": SimpleUploadedFile(name, content)})


def make_run(user, now, **fields):
    return ImportRun.objects.create(file_name="f.csv", received_by=user, received_at=now, **fields)


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


def cells(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig"))))


def imported(client, columns_url: str, data=COLUMNS) -> str:
    """Start the import by its page, do the job, and return the address of the run."""
    assert client.post(columns_url, data).url == reverse("console:job", args=[BackgroundJob.objects.latest("pk").pk])
    job = work_off(BackgroundJob.objects.latest("pk"), at=timezone.now())
    assert job.state == "done", job.error
    return reverse("shipments:import", args=[job.parameters["run"]])


@pytest.fixture
def client(client_for, supervisor):
    return client_for(supervisor)


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def test_upload_maps_imports_and_tells_what_became_of_each_row(client, supervisor):
    columns_url = upload(client).url
    form = client.get(columns_url).context["form"]
    assert {name: form[name].value() for name in COLUMNS} == COLUMNS
    assert Shipment.objects.count() == 0

    result_url = imported(client, columns_url)

    run = ImportRun.objects.get()
    body = client.get(result_url).content.decode()
    assert (run.created, run.updated, run.unchanged, run.failed, run.warned) == (2, 0, 0, 1, 1)
    assert (run.received_by, run.file_name, run.is_finished) == (supervisor, "march.csv", True)
    assert [(part.content, part.number) for part in run.parts.all()] == [(None, 0)]
    assert "freight: is negative." in body
    assert "A weight of 0 is kept as unknown." in body
    assert sorted(Shipment.objects.values_list("waybill_number", flat=True)) == ["=W3", "W1"]
    assert Customer.objects.get(number="C1").shipment_count == 1


def test_result_file_is_safe_to_open(client):
    run_url = imported(client, upload(client).url)

    response = client.get(f"{run_url}result.csv")

    content = content_of(response)
    assert content.startswith(b"\xef\xbb\xbfline,")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["line", "waybill_number", "status", "code", "reason"],
        ["2", "W1", "created", "", ""],
        ["3", "W2", "failed", "negative_amount", "freight: is negative."],
        ["4", "'=W3", "created", "zero_weight", "A weight of 0 is kept as unknown."],
    ]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="march-result.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]


def test_same_file_again_changes_nothing(client):
    imported(client, upload(client).url)
    before = list(Shipment.objects.order_by("id").values())

    imported(client, upload(client).url)

    latest = ImportRun.objects.order_by("-received_at").first()
    assert (latest.created, latest.updated, latest.unchanged, latest.failed) == (0, 0, 2, 1)
    assert list(Shipment.objects.order_by("id").values()) == before


def test_file_with_other_column_names(client):
    columns_url = upload(client, ALIEN).url
    form = client.get(columns_url).context["form"]
    guessed = {name: form[name].value() for name in ("waybill_number", "customer_number", "accepted_at", "freight")}

    refused = client.post(columns_url, {"waybill_number": "运单号", "accepted_at": "accepted at"})
    result_url = imported(
        client,
        columns_url,
        {
            "waybill_number": "运单号",
            "customer_number": "Customer Number",
            "accepted_at": "accepted at",
            "freight": "Preço",
            "weight_g": "",
        },
    )

    assert guessed == {
        "waybill_number": "",
        "customer_number": "Customer Number",
        "accepted_at": "accepted at",
        "freight": "",
    }
    assert refused.status_code == 422
    assert sorted(refused.context["form"].errors) == ["customer_number", "freight"]
    assert refused.context["form"]["waybill_number"].value() == "运单号"
    shipment = Shipment.objects.get()
    assert (shipment.waybill_number, str(shipment.freight), shipment.weight_g) == ("W1", "10.00", None)
    assert client.get(result_url).status_code == 200


def test_one_column_for_two_fields_is_refused_beside_the_second(client):
    columns_url = upload(client).url

    response = client.post(columns_url, {**COLUMNS, "surcharges": COLUMNS["freight"]})

    assert response.context["form"].errors == {"surcharges": ["Freight takes this column already."]}
    assert Shipment.objects.count() == 0


def test_column_that_the_file_does_not_have_is_refused(client):
    columns_url = upload(client).url

    response = client.post(columns_url, {**COLUMNS, "freight": "nothing"})

    assert list(response.context["form"].errors) == ["freight"]
    assert Shipment.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (FILE.encode("utf-16"), "not UTF-8"),
        (FILE.replace("W1", "单").encode("gbk"), "not UTF-8"),
        (FILE.encode() + b"\xff", "not UTF-8"),
        (zipped(), "workbook"),
        (gzip.compress(FILE.encode()), "workbook"),
        (b"\xd0\xcf\x11\xe0 old workbook", "workbook"),
        (b"%PDF-1.7", "workbook"),
        (b'"waybill_number,freight\nW1,1\n', "first line"),
        (b"waybill\x00number,freight\nW1,1\n", "first line"),
        (b"freight,freight\n1,2\n", "column twice: freight"),
        (FILE.splitlines()[0].encode() + b"\n\n", "no rows"),
        (FILE.replace(",", ";").encode(), "commas"),
        (FILE.replace(",", "\t").encode(), "commas"),
    ],
)
def test_upload_of_a_bad_file_says_why_beside_the_field(client, content, words):
    response = upload(client, content, "shipments.csv")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["file"]
    assert words in response.context["form"].errors["file"][0]
    assert ImportRun.objects.count() == 0


def test_upload_of_a_file_that_is_too_large_says_so(client, monkeypatch):
    monkeypatch.setattr(services, "LARGEST_FILE", 10)

    response = upload(client)

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])
    assert "200 MB" in response.context["form"].errors["file"][0]
    assert ImportRun.objects.count() == 0


def test_upload_without_a_file(client):
    response = client.post(reverse("shipments:upload"), {})

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


def test_broken_quotes_fail_their_rows_only(client):
    text = FILE + 'W4,C1,2026-03-01,1,"5\nW5,C1,2026-03-01,1,5\n'

    imported(client, upload(client, text).url)

    run = ImportRun.objects.get()
    assert (run.created, run.failed) == (3, 2)
    assert [problem["code"] for problem in run.problems] == ["negative_amount", "broken_quotes", "zero_weight"]


def test_problems_are_counted_with_examples(client):
    rows = "".join(f"X{index},C1,2026-03-01,-1,0\n" for index in range(30))

    imported(client, upload(client, FILE.splitlines()[0] + "\n" + rows).url)

    (problem,) = ImportRun.objects.get().problems
    assert (problem["code"], problem["count"], problem["is_failure"]) == ("negative_amount", 30, True)
    assert problem["examples"] == [{"line": line, "waybill": f"X{line - 2}"} for line in range(2, 7)]


def test_reasons_speak_the_readers_language(client, supervisor):
    run_url = imported(client, upload(client).url)
    run = ImportRun.objects.get()
    run.problems = [{**problem, "reasons": {"en": "In English", "zh-hans": "用中文"}} for problem in run.problems]
    run.save()

    english = client.get(run_url).content.decode()
    supervisor.language = "zh-hans"
    supervisor.save()
    chinese = client.get(run_url).content.decode()

    assert ("In English" in english, "用中文" in english) == (True, False)
    assert ("In English" in chinese, "用中文" in chinese) == (False, True)


def test_names_of_files_and_columns_are_escaped(client):
    columns_url = upload(client, "<b>x</b>,freight\n1,<i>2</i>\n", "<script>.csv").url

    body = client.get(columns_url).content.decode()

    assert "&lt;b&gt;x&lt;/b&gt;" in body
    assert not any(raw in body for raw in ("<b>x</b>", "<i>2</i>", "<script>.csv"))


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


def test_file_that_waits_leads_to_its_columns(client):
    columns_url = upload(client).url
    run = ImportRun.objects.get()

    assert client.get(reverse("shipments:import", args=[run.pk])).url == columns_url
    assert client.get(reverse("shipments:result", args=[run.pk])).status_code == 404


def test_forgotten_files_are_dropped(supervisor, now):
    receive(FILE, name="old.csv", by=supervisor, at=now)
    make_run(supervisor, now, started_at=now, is_finished=True)

    receive(FILE, name="new.csv", by=supervisor, at=now + timedelta(days=8))

    told = run_job("shipments.forget_files", business_date=now.date(), at=now + timedelta(days=8))

    assert told == {"imports": 1}
    assert [run.file_name for run in ImportRun.objects.order_by("received_at")] == ["f.csv", "new.csv"]


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


def test_stopped_import_is_shown_as_interrupted(client, supervisor):
    now = timezone.now()
    fresh = make_run(supervisor, now, started_at=now)
    stopped = make_run(supervisor, now, started_at=now - LONGEST_RUN)

    bodies = [client.get(reverse("shipments:import", args=[run.pk])).content.decode() for run in (fresh, stopped)]
    listed = client.get(reverse("shipments:imports")).context["runs"]

    assert [("is running" in body, "was stopped" in body) for body in bodies] == [(True, False), (False, True)]
    assert sorted(str(state) for _run, state in listed) == ["interrupted", "running"]


def test_command_leaves_its_run_in_the_list(client, tmp_path):
    path = tmp_path / "night.csv"
    path.write_text(FILE, encoding="utf-8")
    call_command("import_shipments", path, tenant="swift", stdout=io.StringIO())

    body = client.get(reverse("shipments:imports")).content.decode()

    run = ImportRun.objects.get()
    assert (run.file_name, run.received_by, run.is_finished, run.created) == ("night.csv", None, True, 2)
    assert "night.csv" in body
    assert cells(client.get(reverse("shipments:result", args=[run.pk])))[1][:3] == ["2", "W1", "created"]


@pytest.mark.parametrize("rows", [3, 300])
def test_import_list_asks_the_same_number_of_queries(rows, client, supervisor, now, django_assert_num_queries):
    for index in range(rows):
        make_run(supervisor, now + timedelta(minutes=index), is_finished=True)
    client.get(reverse("shipments:imports"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("shipments:imports"))

    assert len(response.context["rows"]) == min(rows, 50)


def test_imports_are_refused_to_who_may_not(client_for, agent, supervisor, now):
    waiting = receive(FILE, by=supervisor, at=now)
    done = import_received(receive(FILE, by=supervisor, at=now), by=supervisor, at=now)
    before = Shipment.objects.count()
    client = client_for(agent)

    answers = [
        client.get(reverse("shipments:imports")),
        client.get(reverse("shipments:upload")),
        upload(client),
        client.get(reverse("shipments:columns", args=[waiting.pk])),
        client.post(reverse("shipments:columns", args=[waiting.pk]), COLUMNS),
        client.get(reverse("shipments:import", args=[done.pk])),
        client.get(reverse("shipments:result", args=[done.pk])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 7
    assert (ImportRun.objects.count(), Shipment.objects.count()) == (2, before)
    waiting.refresh_from_db()
    assert not waiting.is_finished
    assert "shipments/imports" not in client.get(reverse("shipments:list")).content.decode()


def test_imports_of_another_tenant_are_not_there(client, supervisor, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_user(role=Role.SUPERVISOR, at=now)
        waiting = receive(FILE, by=theirs, at=now)
        done = import_received(receive(FILE, by=theirs, at=now), by=theirs, at=now)

    answers = [
        client.get(reverse("shipments:columns", args=[waiting.pk])),
        client.post(reverse("shipments:columns", args=[waiting.pk]), COLUMNS),
        client.get(reverse("shipments:import", args=[done.pk])),
        client.get(reverse("shipments:result", args=[done.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert client.get(reverse("shipments:imports")).context["rows"] == []
    assert Shipment.objects.count() == 0
    with inside(other_tenant, leaving=tenant):
        assert (ImportRun.objects.get(pk=waiting.pk).is_finished, Shipment.objects.count()) == (False, 2)


HEAD = "waybill_number,customer_number,accepted_at,freight,goods_category\n"


def rows_of(numbers, *, day="2026-03-01", freight="1.00", goods="books") -> str:
    return "".join(f"W{number},C1,{day},{freight},{goods}\n" for number in numbers)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("shipments.parts.PART_ROWS", 4)


def test_parts_say_of_every_line_what_the_whole_file_says(small_parts, supervisor, client, now):
    """Repeated waybills, days far from all others and missing categories are told across parts as within one."""
    file = HEAD + rows_of(range(9)) + "\n" + rows_of([0, 1]) + rows_of([2], freight="9.00") + rows_of([20], goods="")
    file += rows_of([21], day="2019-01-01") + rows_of([2], freight="9.00")

    run = import_received(receive(file, by=supervisor, at=now), by=supervisor, at=now)

    assert run.parts.count() == 4
    assert (run.created, run.unchanged, run.failed, run.warned) == (11, 2, 2, 2)
    told = {row[0]: row[2:4] for row in cells(client.get(reverse("shipments:result", args=[run.pk])))[1:]}
    assert {line: words for line, words in told.items() if words != ["created", ""]} == {
        "12": ["unchanged", ""],
        "13": ["unchanged", ""],
        "14": ["failed", "duplicate_in_file"],
        "15": ["created", "missing_category"],
        "16": ["created", "date_outlier"],
        "17": ["failed", "duplicate_in_file"],
    }
    assert [(problem["code"], problem["count"]) for problem in run.problems] == [
        ("duplicate_in_file", 2),
        ("missing_category", 1),
        ("date_outlier", 1),
    ]
    assert ImportedRow.objects.count() == 0


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


def perform_one_chunk(job, now):
    assert running._perform_chunk(tenant_id=job.tenant_id, job_id=job.pk, at=now)


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


def test_stored_files_and_results_hold_nothing_in_clear(supervisor, now):
    import_received(receive(FILE, by=supervisor, at=now), by=supervisor, at=now)
    receive(FILE, by=supervisor, at=now)

    with connection.cursor() as cursor:
        cursor.execute("select content, result from shipments_importpart")
        stored = [bytes(value) for row in cursor.fetchall() for value in row if value is not None]
    assert len(stored) == 2
    assert [value for value in stored if b"W1" in value or b"\x1f\x8b" in value[:40]] == []
