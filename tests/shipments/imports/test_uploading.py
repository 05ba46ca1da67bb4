"""A file is received, its columns are named, and a bad one is refused with words."""

import gzip
from datetime import timedelta

import pytest
from django.urls import reverse

from core.jobs.nightly import run_job
from customers.models import Customer
from shipments import services
from shipments.models import ImportRun, Shipment
from tests.factories.imports import receive
from tests.shipments.imports.files import ALIEN, COLUMNS, FILE, imported, make_run, upload, zipped


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
