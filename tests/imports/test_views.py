"""The pages of the wizard: guessed columns, masks, refusals in place, files to download, templates."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from core.imports.models import ImportBatch, ImportTemplate
from core.imports.services import start_check
from core.jobs.models import BackgroundJob
from tests.factories.accounts import make_user
from tests.factories.files import checked, imported, received
from tests.factories.imports import work_off

FILE = "客户编号,公司名称,姓名,Door\nC-1,海港食品,张小伟,科技路1号\nC-2,,,\n"
LIST_QUERIES = 8


def upload(client, content: bytes, *, name: str = "customers.csv", **data):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("imports:upload", args=["customers"]), {"file": file, **data})


def test_uploaded_file_leads_to_its_columns_with_a_guess_and_masked_values(client_for, supervisor):
    client = client_for(supervisor)

    response = upload(client, FILE.encode("gbk"))

    batch = ImportBatch.objects.get()
    assert response.url == reverse("imports:columns", args=[batch.pk])
    page = client.get(response.url)
    assert batch.mapping == ["number", "company_name", "person_name", ""]
    words = page.content.decode()
    assert ("张*伟" in words, "张小伟" in words) == (True, False)
    assert ("科****" in words, "科技路1号" in words) == (True, False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file has no rows below its first line."),
        (b"number^name\nC-1^A\n", "Only one column was found."),
        (b"%PDF-1.7 ...", "This is neither a text file nor an Excel workbook (.xlsx)."),
        (b"a,b\n\xff\xfe\xfa,\x80\n", "The letters of the file are neither UTF-8 nor GBK nor Big5."),
        (b"PK\x03\x04 cut off", "The workbook is damaged, locked or too large."),
    ],
)
def test_file_that_cannot_be_read_is_refused_beside_the_field(content, words, client_for, supervisor):
    response = upload(client_for(supervisor), content)

    assert response.status_code == 422
    assert words in str(response.context["form"].errors["file"])
    assert ImportBatch.objects.count() == 0


def test_needed_column_that_nobody_named_is_asked_for(client_for, supervisor, now):
    batch = received("a,b\n1,2\n", by=supervisor, at=now)

    response = client_for(supervisor).post(
        reverse("imports:columns", args=[batch.pk]), {"column_0": "company_name", "column_1": ""}
    )

    assert response.status_code == 422
    assert "Say which column holds: Customer number." in response.content.decode()
    assert BackgroundJob.objects.count() == 0


def test_two_columns_for_one_field_are_refused_at_both(client_for, supervisor, now):
    batch = received("a,b\n1,2\n", by=supervisor, at=now)

    response = client_for(supervisor).post(
        reverse("imports:columns", args=[batch.pk]), {"column_0": "number", "column_1": "number"}
    )

    assert sorted(response.context["form"].errors) == ["column_0", "column_1"]


def test_choices_are_kept_and_offered_again_for_the_same_columns(client_for, supervisor, now):
    batch = received("a,b\n1,2\n", by=supervisor, at=now)
    client = client_for(supervisor)

    client.post(
        reverse("imports:columns", args=[batch.pk]),
        {"column_0": "number", "column_1": "company_name", "template_name_kept": "Fair"},
    )

    again = received("a,b\n3,4\n", by=supervisor, at=now)
    other = received("b,a\n3,4\n", by=supervisor, at=now)
    assert (again.mapping, other.mapping) == (["number", "company_name"], ["", ""])
    page = client.get(reverse("imports:columns", args=[again.pk])).content.decode()
    assert "Filled in by your template “Fair”." in page
    assert "Fair" in client.get(reverse("imports:templates")).content.decode()

    client.post(reverse("imports:remove_template", args=[ImportTemplate.objects.get().pk]))

    assert ImportTemplate.objects.count() == 0


def test_page_of_a_checked_file_lists_every_bad_row(client_for, supervisor, now):
    rows = "".join(f"C-{row},\n" for row in range(120))
    batch = checked(f"number,company_name\n{rows}C-X,Good\n", by=supervisor, at=now)
    client = client_for(supervisor)

    lines, url = [], reverse("imports:batch", args=[batch.pk])
    while url:
        page = client.get(url)
        lines += [row.line for row, _label, _words in page.context["rows"]]
        url = page.context["more"] and f"{reverse('imports:batch', args=[batch.pk])}?after={page.context['more']}"

    assert lines == list(range(2, 122))
    assert [problem["count"] for _words, problem in page.context["problems"]] == [120]


def test_page_says_which_columns_are_left_out_and_who_takes_them(client_for, supervisor, now):
    file = "客户编号,公司名称,行业,负责人,扫描时间,生日提醒\nC-1,海港食品,食品,,,\n"
    batch = received(file, by=supervisor, at=now)
    mapping = ["number", "company_name", "industry", "", "", ""]
    work_off(start_check(batch=batch, mapping=mapping, by=supervisor, at=now), at=now)

    page = client_for(supervisor).get(reverse("imports:batch", args=[batch.pk]))

    assert [(each.columns, each.kind and each.kind.name) for each in page.context["left_out"]] == [
        (["负责人"], "customers"),
        (["扫描时间"], "scans"),
        (["生日提醒"], None),
    ]
    words = page.content.decode()
    assert "Taken by a file of: Scans of shipments" in words
    assert reverse("imports:upload", args=["scans"]) in words
    everything = checked("客户编号,公司名称\nC-1,海港食品\n", by=supervisor, at=now)
    full = client_for(supervisor).get(reverse("imports:batch", args=[everything.pk]))
    assert (full.context["left_out"], "Columns that are left out" in full.content.decode()) == ([], False)


def test_result_holds_every_row_and_no_formula(client_for, supervisor, now):
    batch = imported("number,company_name\n=1+1,A\nC-2,\n", by=supervisor, at=now)

    response = client_for(supervisor).get(reverse("imports:result", args=[batch.pk]))

    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines == [
        ["Line", "Record", "Result", "Reason"],
        ["2", "'=1+1", "Created", ""],
        ["3", "C-2", "Refused", "A company has a name."],
    ]


def test_refused_rows_come_back_as_they_were_to_who_sent_them_alone(client_for, supervisor, now):
    batch = imported("number,company_name,x\nC-1,A,1\nC-2,,=cmd()\n", by=supervisor, at=now)
    url = reverse("imports:refused", args=[batch.pk])

    response = client_for(supervisor).get(url)

    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines == [["number", "company_name", "x", "Reason"], ["C-2", "", "'=cmd()", "A company has a name."]]
    colleague = make_user(role=Role.SUPERVISOR, at=now)
    assert client_for(colleague).get(url).status_code == 404


def test_agent_may_not_bring_in_files(client_for, agent, supervisor, now):
    batch = checked("number,company_name\nC-1,A\n", by=supervisor, at=now)
    client = client_for(agent)

    assert client.get(reverse("imports:list")).status_code == 403
    assert client.post(reverse("imports:start", args=[batch.pk])).status_code == 403
    batch.refresh_from_db()
    assert batch.state == "checked"


def test_start_and_undo_by_the_pages(client_for, supervisor):
    now = timezone.now()
    batch = checked("number,company_name\nC-1,A\n", by=supervisor, at=now)
    client = client_for(supervisor)

    client.post(reverse("imports:start", args=[batch.pk]))
    batch.refresh_from_db()
    assert "The rows are going in." in client.get(reverse("imports:batch", args=[batch.pk])).content.decode()
    work_off(batch.job, at=now)
    client.post(reverse("imports:undo", args=[batch.pk]))
    batch.refresh_from_db()
    work_off(batch.job, at=now)

    batch.refresh_from_db()
    assert (batch.state, batch.counts) == ("undone", {"undone": 1})


def test_what_is_too_late_is_said(client_for, supervisor, now):
    batch = imported("number,company_name\nC-1,A\n", by=supervisor, at=now)

    page = client_for(supervisor).post(reverse("imports:start", args=[batch.pk]), follow=True)

    assert "The file has got further in the meantime." in page.content.decode()


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, client_for, supervisor, now, django_assert_num_queries):
    batch = received("number,company_name\nC-1,A\n", by=supervisor, at=now)
    facts = {"kind": "customers", "file_name": "f.csv", "received_by": supervisor, "received_at": now}
    ImportBatch.objects.bulk_create(ImportBatch(**facts) for _row in range(rows - 1))
    client = client_for(supervisor)
    client.get(reverse("imports:list"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("imports:list"))

    assert (len(response.context["rows"]), batch.state) == (min(rows, 50), "waiting")


def test_check_again_with_other_columns(supervisor, now):
    batch = checked("number,company_name,x\nC-1,,A\n", by=supervisor, at=now)
    assert batch.counts == {"refused": 1}

    work_off(start_check(batch=batch, mapping=["number", "", "company_name"], by=supervisor, at=now), at=now)

    batch.refresh_from_db()
    assert (batch.counts, len(batch.problems)) == ({"created": 1}, 0)
