"""Shipments come in by a file: recognised, checked, written as the API writes them, and undone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.imports.models import ImportedRecord
from core.imports.reading import BadHeader, EmptyFile, WrongEncoding, WrongSeparator
from core.imports.services import BadMapping, start_import
from customers.enums import CustomerKind
from customers.finding import find_customers
from customers.models import Customer
from service_requests.models import ServiceRequest
from shipments.models import ScanEvent, Shipment
from shipments.scans import record_scans
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, in_parts_of, outcomes, received, rows_of, undone
from tests.factories.imports import work_off
from tests.factories.service_requests import open_for

HEADER = "waybill_number,customer_number,accepted_at,freight,origin_city"
ONE = f"{HEADER}\nW1,C1,2026-03-01 08:00,10.00,上海\nW2,C1,2026-02-01 08:00,5.5,\n"


@pytest.fixture
def bring_in(supervisor, now):
    def bring_in(content, by=supervisor, **more):
        return imported(content, by=by, at=now, kind="shipments", **more)

    return bring_in


def figures(number: str) -> tuple[int, datetime | None, datetime | None]:
    customer = Customer.objects.get(number=number)
    return customer.shipment_count, customer.first_shipment_at, customer.last_shipment_at


def everything():
    return list(Shipment.objects.order_by("id").values()), list(Customer.objects.order_by("id").values())


def test_file_creates_shipments_and_archives(bring_in):
    batch = bring_in("\ufeff" + ONE.replace("\n", "\r\n"))

    assert (batch.state, batch.counts, outcomes(batch)) == (
        "done",
        {"created": 2},
        [(2, "created", ""), (3, "created", "")],
    )
    shipment = Shipment.objects.get(waybill_number="W1")
    assert (str(shipment.freight), str(shipment.contribution), shipment.origin_city) == ("10.00", "10.00", "上海")
    assert (shipment.status, shipment.services, shipment.weight_g) == ("accepted", [], None)
    assert figures("C1") == (2, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert ImportedRecord.objects.get().record_id == Customer.objects.get().pk
    assert sorted(OutboxEvent.objects.values_list("name", flat=True)) == [
        "customer.created",
        "customer.shipped",
        "import.done",
        "shipment.created",
        "shipment.created",
    ]


def test_same_file_again_changes_nothing(bring_in):
    bring_in(ONE)
    before = everything()

    batch = bring_in(ONE)

    assert batch.counts == {"unchanged": 2}
    assert everything() == before


def test_check_says_what_would_become_of_each_row_and_changes_nothing(bring_in, supervisor, now):
    bring_in(ONE)
    before = everything()

    content = f"{HEADER}\nW1,C2,2026-03-01 08:00,10,上海\nW2,C1,2026-02-01 08:00,5.50,\nW3,C9,2026-02-01,1,\n"
    batch = checked(content, by=supervisor, at=now, kind="shipments")

    assert outcomes(batch) == [(2, "updated", ""), (3, "unchanged", ""), (4, "created", "")]
    assert (batch.state, batch.counts) == ("checked", {"updated": 1, "unchanged": 1, "created": 1})
    assert everything() == before


def test_numbers_that_look_alike_are_one(bring_in):
    bring_in(ONE)

    batch = bring_in(f"{HEADER}\nＷ１,\u3000Ｃ１,2026-03-01 08:00,10.00,上海\nW1,C1,2026-03-01 08:00,11,\n")

    assert [(row.key, row.status) for row in rows_of(batch)] == [("W1", "unchanged"), ("W1", "refused")]
    assert [customer.number for customer in Customer.objects.all()] == ["C1"]


def test_archives_of_persons_are_opened_with_their_names_encrypted(bring_in, now):
    make_customer(at=now, number="P2", company_name="By hand")

    batch = bring_in(
        "waybill_number,customer_number,customer_name,customer_kind,accepted_at,freight\n"
        "W1,P1,,individual,2026-03-01 08:00,1\n"
        "W2,P1,Zhang Wei,个人,2026-03-01 08:00,1\n"
        "W3,P2,Li Na,individual,2026-03-01 08:00,1\n"
        "W4,C1,Blue Kiln,company,2026-03-01 08:00,1\n"
        "W5,C2,Red Kiln,,2026-03-01 08:00,1\n"
        "W6,C3,Kiln,robot,2026-03-01 08:00,1\n"
    )

    assert outcomes(batch)[5] == (7, "refused", "Kind of customer: does not know “robot”.")
    assert [
        (customer.number, customer.kind, customer.company_name, customer.person_name)
        for customer in Customer.objects.order_by("number")
    ] == [
        ("C1", CustomerKind.COMPANY, "Blue Kiln", None),
        ("C2", CustomerKind.COMPANY, "Red Kiln", None),
        ("P1", CustomerKind.INDIVIDUAL, "", "Zhang Wei"),
        ("P2", CustomerKind.COMPANY, "By hand", None),
    ]
    assert figures("P1")[0] == 2
    assert [hit.customer.number for hit in find_customers("Zhang", limit=5)] == ["P1"]


def test_only_what_the_file_says_is_changed(bring_in):
    bring_in(ONE)

    batch = bring_in(f"{HEADER}\nW1,C2,2026-03-01 09:00,11,\nW2,C1,2026-02-01 08:00,5.50,\n")

    assert batch.counts == {"updated": 1, "unchanged": 1}
    shipment = Shipment.objects.get(waybill_number="W1")
    assert (str(shipment.freight), shipment.origin_city, shipment.customer.number) == ("11.00", "上海", "C2")
    assert figures("C1") == (1, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert figures("C2") == (1, datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 1, tzinfo=UTC))
    assert AuditEvent.objects.filter(action="shipment.updated").count() == 1


def test_every_bad_row_has_its_reasons_in_both_languages_and_the_good_go_in(bring_in):
    batch = bring_in(
        f"{HEADER}\n"
        "A1,C1,2026-03-01,1,\n"
        'A2,C1,2026-03-01,1,"open\n'
        'A3,C1,2026-03-01,1,"a"b\n'
        "A4,C1,2026-02-30,-1,\n"
        "A6,C1,2026-03-01\n"
        "A1,C1,2026-03-01,2,\n"
        "A1,C1,2026-03-01,1,\n"
        "A7,C1,2026-03-01,1,x\x07\n"
        "\n"
        "A8,C1,2026年3月1日 9:05,1,\n"
        "A9,C1,2020-02-03,0,\n"
    )

    odd = "Accepted more than 180 days away from every other row of the file; kept as it is."
    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "refused", "The quotes of this line are not in pairs."),
        (4, "refused", "The quotes of this line are not in pairs."),
        (5, "refused", "Accepted: is not a date that exists. Freight: is negative."),
        (6, "refused", "Freight: is empty."),
        (7, "refused", "An earlier row of the file is about the same, with other content."),
        (8, "unchanged", ""),
        (9, "refused", "City of origin: holds a control character."),
        (11, "created", ""),
        (12, "created", f"The freight is 0; kept as it is. {odd}"),
    ]
    assert rows_of(batch)[3].words("zh-hans") == "收件时间：不是有效日期。 运费：为负数。"
    assert (batch.counts, batch.warned) == ({"created": 3, "refused": 6, "unchanged": 1}, 1)
    assert [(each["words"]["en"], each["is_warning"], each["lines"]) for each in batch.problems][-2:] == [
        ("The freight is 0; kept as it is.", True, [12]),
        (odd, True, [12]),
    ]
    assert sorted(Shipment.objects.values_list("waybill_number", flat=True)) == ["A1", "A8", "A9"]
    assert figures("C1")[0] == 3


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\xff\xff\xff\xff", WrongEncoding),
        (b"", EmptyFile),
        (HEADER.encode(), EmptyFile),
        (b'"waybill_number\nW1\n', WrongSeparator),
        (HEADER.encode() + b",freight\nW1,C1,2026-03-01,1,,1\n", BadHeader),
        (b"waybill_number,accepted_at\nW1,2026-03-01\n", BadMapping),
    ],
)
def test_bad_file_writes_nothing(bring_in, content, error):
    with pytest.raises(error):
        bring_in(content)

    assert Shipment.objects.count() == 0


def test_columns_are_told_apart_in_both_languages_and_by_what_stands_in_them(supervisor, now):
    content = (
        "运单编号,客户号,寄件时间,运费,寄件城市,?,备注\nW1,C1,2026/3/1,1,上海,已签收,x\nW2,C1,2026/3/1,1,上海,派送中,\n"
    )

    batch = received(content.replace("已签收", "已送达"), by=supervisor, at=now, kind="shipments")

    assert batch.mapping[:5] == ["waybill_number", "customer_number", "accepted_at", "freight", "origin_city"]
    told = received(
        "Tracking No,Shipper,when,Shipping cost,how,state\n"
        "W1,C1,2026-3-1 8:00,1,air,delivered\nW2,C1,2026-3-1,1,road,shipped\n",
        by=supervisor,
        at=now,
        kind="shipments",
    )
    assert told.mapping == ["waybill_number", "customer_number", "accepted_at", "freight", "transport_mode", "status"]


def test_gbk_with_semicolons_and_words_of_either_language(bring_in):
    content = "运单号;客户编号;受理时间;运费;状态;增值服务\nW1;C1;2026年3月1日;1;运输中;保价、代收货款\n"

    batch = bring_in(
        content.encode("gbk"),
        mapping={"waybill_number": "运单号", "accepted_at": "受理时间", "services": "增值服务", "status": "状态"},
    )

    assert batch.counts == {"created": 1}, outcomes(batch)
    shipment = Shipment.objects.get()
    assert (shipment.status, shipment.services) == ("in_transit", ["cash_on_delivery", "insured_value"])


def test_other_tenants_numbers_make_own_rows(bring_in, tenant, other_tenant, now):
    bring_in(ONE)
    before = everything()

    with inside(other_tenant, leaving=tenant):
        batch = bring_in(ONE.replace("10.00", "99.00"), by=make_user(role=Role.SUPERVISOR, at=now))
        theirs = Customer.objects.get(number="C1")

    assert batch.counts == {"created": 2}
    assert theirs.pk != Customer.objects.get(number="C1").pk
    assert everything() == before


def test_missing_categories_are_odd_where_most_rows_have_one(bring_in, monkeypatch):
    in_parts_of(monkeypatch, 2, "shipments")
    header = "waybill_number,customer_number,accepted_at,freight,goods_category\n"
    rows = [f"W{index},C1,2026-03-01,1,tiles\n" for index in range(3)]

    most = bring_in(header + "".join(rows) + "W9,C1,2026-03-01,1,\n")
    few = bring_in(header + rows[0] + "W8,C1,2026-03-01,1,\nW9,C1,2026-03-01,1,\n")

    odd = "The category of the goods is empty, unlike in most rows; kept as unknown."
    assert [words for *_row, words in outcomes(most)] == ["", "", "", odd]
    assert (most.warned, few.warned) == (1, 0)


def test_column_that_is_left_out_is_not_taken(bring_in):
    bring_in(ONE, mapping={"": "origin_city"})

    assert set(Shipment.objects.values_list("origin_city", flat=True)) == {""}


def test_queries_do_not_grow_with_the_rows(supervisor, now):
    counted = []
    for first, rows in ((0, 3), (1000, 300)):
        lines = [f"W{number},C{number},2026-03-01,1,\n" for number in range(first, first + rows)]
        batch = checked(f"{HEADER}\n" + "".join(lines), by=supervisor, at=now, kind="shipments")
        job = start_import(batch=batch, by=supervisor, at=now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            work_off(job, at=now)
        counted.append(len(queries))

    assert counted[0] == counted[1]


# Undoing


def test_undo_removes_what_is_new_and_restores_what_was_changed(bring_in, supervisor, now):
    bring_in(ONE)
    before = everything()
    batch = bring_in(
        f"{HEADER},delivered_at,exceptions\n"
        "W1,C9,2026-03-01 09:00,12,Beijing,2026-03-02 08:00,late\n"
        "W2,C1,2026-02-01 08:00,5.50,,,\n"
        "W3,C9,2026-03-01 08:00,7,,,\n"
        "W4,C1,2026-03-01 08:00,7,,,\n"
    )
    assert (batch.counts, figures("C1")[0], figures("C9")[0]) == ({"updated": 1, "unchanged": 1, "created": 2}, 2, 2)

    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "undone", ""), (3, "unchanged", ""), (4, "undone", ""), (5, "undone", "")]
    shipments, customers = everything()
    assert [{**row, "version": 1} for row in shipments] == before[0]
    assert customers == before[1]
    assert Shipment.objects.get(waybill_number="W1").version == 3
    removed = AuditEvent.objects.filter(action="shipment.removed")
    assert (removed.count(), {event.actor_id for event in removed}) == (2, {supervisor.pk})
    assert AuditEvent.objects.filter(action="customer.removed").count() == 1


def test_undo_leaves_what_somebody_touched_and_what_something_hangs_on(bring_in, supervisor, now):
    batch = bring_in("\n".join([HEADER, *(f"W{row},C{row},2026-03-01 08:00,1," for row in range(1, 6))]))
    record_scans(rows=[{"waybill_number": "W1", "kind": "sorted", "happened_at": "2026-03-01 12:00"}], at=now)
    Shipment.objects.filter(waybill_number="W2").update(version=2)
    third = Shipment.objects.get(waybill_number="W3")
    open_for(third.customer, shipment=third, at=now)
    ScanEvent.objects.create(
        shipment=Shipment.objects.get(waybill_number="W4"), kind="sorted", happened_at=now - timedelta(hours=1)
    )
    Customer.objects.filter(number="C5").update(version=2)

    batch = undone(batch, by=supervisor, at=now)

    changed, used = (
        "Somebody or a scan changed it since.",
        "Something hangs on it by now, such as scans or a service request.",
    )
    assert outcomes(batch) == [
        (2, "kept", changed),
        (3, "kept", changed),
        (4, "kept", used),
        (5, "kept", used),
        (6, "undone", ""),
    ]
    assert (batch.counts, Shipment.objects.count(), ServiceRequest.objects.count()) == ({"kept": 4, "undone": 1}, 4, 1)
    assert figures("C5") == (0, None, None)


def test_undo_does_not_give_a_shipment_back_to_a_customer_who_is_gone(bring_in, supervisor, now):
    bring_in(ONE)
    batch = bring_in(ONE.replace("C1", "C2"))
    Customer.objects.filter(number="C1").delete()

    batch = undone(batch, by=supervisor, at=now)

    gone = "The customer that it belonged to is not there any more."
    assert outcomes(batch) == [(2, "kept", gone), (3, "kept", gone)]
    assert [customer.number for customer in Customer.objects.all()] == ["C2"]


def test_undo_across_parts_takes_the_archive_with_the_last_shipment(bring_in, supervisor, now, monkeypatch):
    in_parts_of(monkeypatch, 2, "shipments")
    batch = bring_in("\n".join([HEADER, *(f"W{row},C1,2026-03-01 08:00,1," for row in range(5))]))

    batch = undone(batch, by=supervisor, at=now)

    assert batch.counts == {"undone": 5}
    assert (Shipment.objects.count(), Customer.objects.count()) == (0, 0)
