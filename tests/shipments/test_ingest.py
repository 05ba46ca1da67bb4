import io
from datetime import UTC, datetime

import pytest

from customers.finding import find_customers
from customers.models import Customer
from shipments.ingest import import_shipments
from shipments.models import Shipment
from shipments.reading import ImportResult, MissingColumns, UnknownMapping, UnreadableFile, WrongEncoding
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

HEADER = "waybill_number,customer_number,accepted_at,freight,origin_city"
ONE = f"{HEADER}\nW1,C1,2026-03-01 08:00,10.00,上海\nW2,C1,2026-02-01 08:00,5.5,\n"


def bring_in(tenant, now, text: str | bytes, **kwargs) -> ImportResult:
    content = text if isinstance(text, bytes) else text.encode()
    return import_shipments(stream=io.BytesIO(content), tenant=tenant, by=None, at=now, **kwargs)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.created, result.updated, result.unchanged, result.failed


def told(result: ImportResult) -> list[tuple[int, str, str, list[str]]]:
    return [(row.line, row.waybill_number, row.status, list(row.codes)) for row in result.outcomes]


def figures(number: str) -> tuple[int, datetime, datetime]:
    customer = Customer.objects.get(number=number)
    return customer.shipment_count, customer.first_shipment_at, customer.last_shipment_at


def test_import_creates_shipments_and_archives(tenant, now):
    result = bring_in(tenant, now, "\ufeff" + ONE.replace("\n", "\r\n"), chunk=1)

    assert counts(result) == (2, 0, 0, 0)
    shipment = Shipment.objects.get(waybill_number="W1")
    assert (str(shipment.freight), str(shipment.contribution), shipment.origin_city) == (
        "10.00",
        "10.00",
        "上海",
    )
    assert (shipment.status, shipment.services, shipment.weight_g) == ("accepted", [], None)
    assert figures("C1") == (2, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


def test_import_again_changes_nothing(tenant, now):
    bring_in(tenant, now, ONE)
    before = (list(Shipment.objects.order_by("id").values()), list(Customer.objects.values()))

    result = bring_in(tenant, now, ONE)

    assert counts(result) == (0, 0, 2, 0)
    assert (list(Shipment.objects.order_by("id").values()), list(Customer.objects.values())) == before


def test_import_takes_numbers_that_look_alike_for_one(tenant, now):
    """Full-width letters are the plain ones, in the archive and inside one file."""
    bring_in(tenant, now, ONE)

    result = bring_in(
        tenant, now, f"{HEADER}\nＷ１,\u3000Ｃ１,2026-03-01 08:00,10.00,上海\nW1,C1,2026-03-01 08:00,11,\n"
    )

    assert told(result) == [(2, "W1", "unchanged", []), (3, "W1", "failed", ["duplicate_in_file"])]
    assert [customer.number for customer in Customer.objects.all()] == ["C1"]


def test_import_opens_archives_of_persons_with_their_names_encrypted(tenant, now):
    make_customer(at=now, number="P2", company_name="By hand")
    text = (
        "waybill_number,customer_number,customer_name,customer_kind,accepted_at,freight\n"
        "W1,P1,,individual,2026-03-01 08:00,1\n"
        "W2,P1,Zhang Wei,individual,2026-03-01 08:00,1\n"
        "W3,P2,Li Na,individual,2026-03-01 08:00,1\n"
        "W4,C1,Blue Kiln,company,2026-03-01 08:00,1\n"
        "W5,C2,Red Kiln,,2026-03-01 08:00,1\n"
        "W6,C3,Kiln,robot,2026-03-01 08:00,1\n"
    )

    result = bring_in(tenant, now, text)

    assert told(result)[5] == (7, "W6", "failed", ["unknown_value"])
    assert [
        (customer.number, customer.kind, customer.company_name, customer.person_name)
        for customer in Customer.objects.order_by("number")
    ] == [
        ("C1", "company", "Blue Kiln", None),
        ("C2", "company", "Red Kiln", None),
        ("P1", "individual", "", "Zhang Wei"),
        ("P2", "company", "By hand", None),
    ]
    assert figures("P1")[0] == 2
    assert [hit.customer.number for hit in find_customers("Zhang", limit=5)] == ["P1"]


def test_import_updates_only_columns_of_the_file(tenant, now):
    bring_in(tenant, now, ONE)

    result = bring_in(
        tenant,
        now,
        "waybill_number,customer_number,accepted_at,freight\nW1,C2,2026-03-01 09:00,11\nW2,C1,2026-02-01 08:00,5.50\n",
    )

    assert counts(result) == (0, 1, 1, 0)
    shipment = Shipment.objects.get(waybill_number="W1")
    assert (str(shipment.freight), shipment.origin_city, shipment.customer.number) == ("11.00", "上海", "C2")
    assert figures("C1") == (1, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert figures("C2") == (1, datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 1, tzinfo=UTC))


def test_import_names_every_bad_row_and_keeps_the_good(tenant, now):
    result = bring_in(
        tenant,
        now,
        f"{HEADER}\n"
        "A1,C1,2026-03-01,1,\n"
        'A2,C1,2026-03-01,1,"open\n'
        'A3,C1,2026-03-01,1,"a"b\n'
        "A4,C1,2026-03-01,-1,\n"
        "A5,C1,2026-02-30,1,\n"
        "A6,C1,2026-03-01\n"
        "A1,C1,2026-03-01,2,\n"
        "A1,C1,2026-03-01,1,\n"
        "A7,C1,2026-03-01,1,x\x00\n"
        "\n"
        "A8,C1,2026-03-01,1,\n"
        "A9,C1,2020-02-03,1,\n",
    )

    assert told(result) == [
        (2, "A1", "created", []),
        (3, "", "failed", ["broken_quotes"]),
        (4, "", "failed", ["broken_quotes"]),
        (5, "A4", "failed", ["negative_amount"]),
        (6, "A5", "failed", ["bad_date"]),
        (7, "A6", "failed", ["wrong_column_count"]),
        (8, "A1", "failed", ["duplicate_in_file"]),
        (9, "A1", "unchanged", []),
        (10, "A7", "failed", ["control_character"]),
        (12, "A8", "created", []),
        (13, "A9", "created", ["date_outlier"]),
    ]
    assert result.warned == 1
    assert sorted(Shipment.objects.values_list("waybill_number", flat=True)) == ["A1", "A8", "A9"]
    assert figures("C1")[0] == 3


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (ONE.encode("gbk"), WrongEncoding, "UTF-8"),
        (ONE.encode("utf-16"), WrongEncoding, "UTF-8"),
        (b"", MissingColumns, "waybill_number, customer_number, accepted_at, freight"),
        (b"waybill_number,accepted_at\n", MissingColumns, "customer_number, freight"),
        (b'"waybill_number\nW1\n', UnreadableFile, "CSV"),
        (HEADER.encode() + b",freight\n", UnreadableFile, "freight"),
    ],
)
def test_import_of_a_bad_file_writes_nothing(tenant, now, content, error, words):
    with pytest.raises(error) as caught:
        bring_in(tenant, now, content)

    assert words in str(caught.value)
    assert Shipment.objects.count() == 0


def test_import_with_mapping(tenant, now):
    text = "单号,customer_number,accepted_at,freight\nW1,C1,2026-03-01,1\n"

    result = bring_in(tenant, now, text, mapping={"waybill_number": "单号"})

    assert counts(result) == (1, 0, 0, 0)
    for mapping in ({"waybill": "单号"}, {"waybill_number": "nothing"}):
        with pytest.raises(UnknownMapping):
            bring_in(tenant, now, text, mapping=mapping)


def test_import_refuses_one_column_for_two_fields(tenant, now):
    with pytest.raises(UnknownMapping) as caught:
        bring_in(tenant, now, ONE, mapping={"surcharges": "freight", "freight": "freight"})

    assert "freight" in str(caught.value)
    assert Shipment.objects.count() == 0


def test_import_of_another_tenants_numbers_makes_own_rows(tenant, other_tenant, now):
    bring_in(tenant, now, ONE)
    before = list(Shipment.objects.order_by("id").values())

    with inside(other_tenant, leaving=tenant):
        result = bring_in(other_tenant, now, ONE.replace("10.00", "99.00"))
        theirs = Customer.objects.get(number="C1")

    assert counts(result) == (2, 0, 0, 0)
    assert theirs.pk != Customer.objects.get(number="C1").pk
    assert list(Shipment.objects.order_by("id").values()) == before


def test_import_warns_of_missing_categories_where_most_rows_have_one(tenant, now):
    header = "waybill_number,customer_number,accepted_at,freight,goods_category\n"
    rows = [f"W{index},C1,2026-03-01,1,tiles\n" for index in range(3)]

    most = bring_in(tenant, now, header + "".join(rows) + "W9,C1,2026-03-01,1,\n")
    few = bring_in(tenant, now, header + rows[0] + "W8,C1,2026-03-01,1,\nW9,C1,2026-03-01,1,\n")

    assert [codes for *_row, codes in told(most)] == [[], [], [], ["missing_category"]]
    assert few.warned == 0


def test_import_leaves_out_a_column_that_is_mapped_to_nothing(tenant, now):
    result = bring_in(tenant, now, ONE, mapping={"origin_city": ""})

    assert counts(result) == (2, 0, 0, 0)
    assert set(Shipment.objects.values_list("origin_city", flat=True)) == {""}
    with pytest.raises(MissingColumns):
        bring_in(tenant, now, ONE, mapping={"freight": ""})
