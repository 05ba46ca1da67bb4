import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from shipments.models import ImportRun, Shipment

FILE = (
    "no,customer_number,accepted_at,freight\n"
    "W1,C1,2026-03-01 08:00,10.00\n"
    "W2,C1,2026-03-01 08:00,-1\n"
    "=W3,C1,2026-03-01 08:00,1\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shipments.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_command_prints_counts_and_writes_the_result(tenant, file, tmp_path):
    out, result = StringIO(), tmp_path / "result.csv"

    call_command("import_shipments", file, tenant="swift", pairs=["waybill_number=no"], result=result, stdout=out)

    assert out.getvalue().split("\n")[:5] == ["created: 2", "updated: 0", "unchanged: 0", "failed: 1", "warned: 0"]
    with result.open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["line", "waybill_number", "status", "code", "reason"],
            ["2", "W1", "created", "", ""],
            ["3", "W2", "failed", "negative_amount", "freight: is negative."],
            ["4", "'=W3", "created", "", ""],
        ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tenant": "nobody"}, "nobody"),
        ({"tenant": "swift"}, "waybill_number"),
        ({"tenant": "swift", "pairs": ["waybill=no"]}, "waybill"),
        ({"tenant": "swift", "pairs": ["waybill_number=number"]}, "number"),
        ({"tenant": "swift", "pairs": ["waybill_number"]}, "FIELD=COLUMN"),
        ({"tenant": "swift", "pairs": ["waybill_number=no", "goods_category=no"]}, "no"),
    ],
)
def test_command_refuses_what_it_cannot_read(tenant, file, options, words):
    with pytest.raises(CommandError) as caught:
        call_command("import_shipments", file, **options)

    assert words in str(caught.value)
    assert Shipment.objects.count() == 0


@pytest.mark.parametrize("place", ["missing/result.csv", ""])
def test_command_imports_nothing_where_the_result_cannot_be_written(tenant, file, tmp_path, place):
    with pytest.raises(CommandError) as caught:
        call_command("import_shipments", file, tenant="swift", pairs=["waybill_number=no"], result=tmp_path / place)

    assert str(tmp_path) in str(caught.value)
    assert Shipment.objects.count() == 0


def test_command_that_fails_leaves_an_earlier_result_alone(tenant, file, tmp_path):
    result = tmp_path / "result.csv"
    result.write_text("earlier")

    with pytest.raises(CommandError):
        call_command("import_shipments", file, tenant="swift", result=result)

    assert result.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.csv", "shipments.csv"]


def test_command_of_a_file_without_rows(tenant, file):
    file.write_text(FILE.splitlines()[0] + "\n\n")

    with pytest.raises(CommandError) as caught:
        call_command("import_shipments", file, tenant="swift", pairs=["waybill_number=no"])

    assert str(caught.value) == "The file has no rows below its first line."
    assert ImportRun.objects.count() == 0


def test_command_of_a_file_that_is_not_there(tenant, tmp_path):
    with pytest.raises(CommandError):
        call_command("import_shipments", tmp_path / "none.csv", tenant="swift")

    assert Customer.objects.count() == 0
