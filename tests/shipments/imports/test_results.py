"""What became of every row: as a file, in counts, and in the reader's language."""

import csv
import io

from django.db import connection
from django.urls import reverse

from shipments.models import ImportedRow, ImportRun, Shipment
from tests.factories.imports import import_received, receive
from tests.shipments.imports.files import (
    FILE,
    HEAD,
    cells,
    content_of,
    imported,
    rows_of,
    upload,
)


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


def test_stored_files_and_results_hold_nothing_in_clear(supervisor, now):
    import_received(receive(FILE, by=supervisor, at=now), by=supervisor, at=now)
    receive(FILE, by=supervisor, at=now)

    with connection.cursor() as cursor:
        cursor.execute("select content, result from shipments_importpart")
        stored = [bytes(value) for row in cursor.fetchall() for value in row if value is not None]
    assert len(stored) == 2
    assert [value for value in stored if b"W1" in value or b"\x1f\x8b" in value[:40]] == []
