"""Customers come in by a file: checked, written, told of once, and undone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.imports.services import NothingToImport, start_import
from core.jobs.models import BackgroundJob
from customers.enums import CustomerKind
from customers.finding import find_customers
from customers.models import Customer, CustomerToken
from customers.services import add_contact, add_custom_field, create_customer, update_customer
from lifecycle.models import Lead
from lifecycle.services import evaluate_stages
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, outcomes, rows_of, undone
from tests.factories.imports import work_off
from tiering.models import SegmentChange
from tiering.services import evaluate_segments

FILE = (
    "客户编号,公司名称,类型,姓名,生日,标签,客户经理\n"
    "C-1,深圳顺达物流有限公司,公司,,,重点，冷链,\n"
    "C-2,,个人,张伟,1990/3/1,,\n"
    "C-3,,公司,,,,\n"
    "C-4,海港食品,公司,,2090-01-01,,\n"
    "C-5,海港食品,别的,,,,没有这个人\n"
)


def stored() -> dict[str, Customer]:
    return {customer.number: customer for customer in Customer.objects.all()}


def test_file_of_new_customers(tenant, supervisor, now):
    batch = imported(FILE, by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "created", ""),
        (4, "refused", "A company has a name."),
        (5, "refused", "Birthday: Enter a date from 1900 to today."),
        (
            6,
            "refused",
            (
                "Kind: “别的” is none of these: Company, Individual. "
                "Account manager: Nobody who works here has this name or e-mail address."
            ),
        ),
    ]
    customers = stored()
    assert list(customers) == ["C-1", "C-2"]
    assert (customers["C-1"].company_name, customers["C-1"].tags) == ("深圳顺达物流有限公司", ["重点", "冷链"])
    assert (customers["C-2"].kind, customers["C-2"].person_name, customers["C-2"].birthday) == (
        CustomerKind.INDIVIDUAL,
        "张伟",
        "1990-03-01",
    )
    assert (batch.state, batch.counts) == ("done", {"created": 2, "refused": 3})


def test_cells_with_line_breaks_stay_whole(tenant, supervisor, now):
    rows = ('C-1,"Blue\nKiln","Two doors.\n\nRing twice."', "C-2,Other,")

    imported("\n".join(("number,company_name,special_needs", *rows)), by=supervisor, at=now)

    customers = stored()
    assert (customers["C-1"].company_name, customers["C-1"].special_needs) == ("Blue Kiln", "Two doors.\n\nRing twice.")
    assert customers["C-2"].company_name == "Other"


def test_new_customers_are_found_by_name(tenant, supervisor, now):
    imported(FILE, by=supervisor, at=now)

    assert [hit.customer.number for hit in find_customers("顺达", limit=5)] == ["C-1"]


def test_check_changes_nothing(tenant, supervisor, now):
    batch = checked(FILE, by=supervisor, at=now)

    assert [row.status for row in rows_of(batch)] == ["created", "created", "refused", "refused", "refused"]
    assert (Customer.objects.count(), batch.state) == (0, "checked")


def test_reasons_are_kept_in_both_languages(tenant, supervisor, now):
    batch = checked(FILE, by=supervisor, at=now)

    assert rows_of(batch)[2].words("zh-hans") == "企业必须有名称。"


def test_one_event_and_the_trail_of_each_customer(tenant, supervisor, now):
    batch = imported(FILE, by=supervisor, at=now)

    [event] = OutboxEvent.objects.all()
    payload = {"kind": "customers", "created": 2, "updated": 0, "refused": 3}
    assert (event.name, event.subject_id, event.payload) == ("import.done", batch.pk, payload)
    told = AuditEvent.objects.filter(action="customer.created").values_list("subject_id", "actor_id")
    assert sorted(told) == sorted((customer.pk, supervisor.pk) for customer in stored().values())


def test_known_customers_are_brought_up_to_date_and_empty_cells_leave_what_is_there(tenant, supervisor, now):
    make_customer(number="C-1", company_name="Old", region="North", industry="Food", at=now)
    make_customer(number="C-2", company_name="Same", region="South", at=now)

    batch = imported("number,company_name,region\nC-1,New,\nC-2,Same,South\n", by=supervisor, at=now)

    assert [row.status for row in rows_of(batch)] == ["updated", "unchanged"]
    first, second = stored()["C-1"], stored()["C-2"]
    assert (first.company_name, first.region, first.industry, first.version) == ("New", "North", "Food", 2)
    assert second.version == 1
    [event] = AuditEvent.objects.filter(action="customer.updated")
    assert event.changes == {"company_name": ["Old", "New"]}


def test_fields_of_the_tenant(tenant, supervisor, administrator, now):
    for key, label, kind in (("paid", "Paid until", "date"), ("lorries", "Lorries", "number")):
        add_custom_field(key=key, label=label, kind=kind, choices=[], order=1, by=administrator, at=now)
    create_customer(number="C-1", kind="company", company_name="A", custom_values={"lorries": 3}, at=now)

    batch = imported(
        'Customer number,Paid until,lorries,Name\nC-1,2026/5/1,,\nC-2,,x,B\nC-3,,"1,200",C\n', by=supervisor, at=now
    )

    assert outcomes(batch) == [(2, "updated", ""), (3, "refused", "Lorries: Enter a number."), (4, "created", "")]
    assert stored()["C-1"].custom_values == {"lorries": "3", "paid": "2026-05-01"}
    assert stored()["C-3"].custom_values == {"lorries": "1200"}


def test_row_that_comes_again(tenant, supervisor, now):
    batch = imported("number,company_name\nC-1,A\nC-1,A\nC-1,B\n", by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "unchanged", ""),
        (4, "refused", "An earlier row of the file is about the same, with other content."),
    ]
    assert [customer.company_name for customer in stored().values()] == ["A"]


def test_row_that_repeats_a_refused_one_is_refused_and_hides_no_good_one(tenant, supervisor, now):
    content = "number,kind,company_name\nC-1,company,\nC-1,company,\nC-1,company,A\nC-1,company,A\n"

    batch = imported(content, by=supervisor, at=now)

    refusal = "A company has a name."
    assert outcomes(batch) == [
        (2, "refused", refusal),
        (3, "refused", refusal),
        (4, "created", ""),
        (5, "unchanged", ""),
    ]
    assert [customer.company_name for customer in stored().values()] == ["A"]


def test_possible_duplicates_are_shown_and_can_be_left_out(tenant, supervisor, now):
    make_customer(number="OLD-1", company_name="深圳顺达物流有限公司", at=now)
    content = "number,company_name\nC-1,顺达物流（深圳）有限公司\nC-2,海港食品\nC-3,海港食品有限公司\n"

    batch = checked(content, by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", "May be the same as customer OLD-1: Same name."),
        (3, "created", ""),
        (4, "created", "May be the same as line 3 of the file."),
    ]
    assert batch.alike == 2

    batch = imported(content, skips_alike=True, by=supervisor, at=now)

    assert [row.status for row in rows_of(batch)] == ["refused", "created", "refused"]
    assert sorted(stored()) == ["C-2", "OLD-1"]


def test_file_without_a_good_row_does_not_start(tenant, supervisor, now):
    batch = checked("number,company_name\nC-1,\n", by=supervisor, at=now)

    with pytest.raises(NothingToImport):
        start_import(batch=batch, by=supervisor, at=now)

    batch.refresh_from_db()
    assert (batch.state, BackgroundJob.objects.count()) == ("checked", 1)


def test_undo_restores_and_removes(tenant, supervisor, now):
    before = make_customer(number="C-1", company_name="Old", person_name="Li Na", special_needs="Cold", at=now)
    batch = imported(
        f"number,company_name,special_needs,account_manager\nC-1,New,Warm,{supervisor.email}\nC-2,Other,,\n",
        by=supervisor,
        at=now,
    )
    assert (stored()["C-1"].account_manager, CustomerToken.objects.exists()) == (supervisor, True)

    batch = undone(batch, by=supervisor, at=now)

    assert [row.status for row in rows_of(batch)] == ["undone", "undone"]
    [customer] = Customer.objects.all()
    assert (customer.pk, customer.company_name, customer.special_needs, customer.account_manager) == (
        before.pk,
        "Old",
        "Cold",
        None,
    )
    assert set(CustomerToken.objects.values_list("customer_id", flat=True)) == {before.pk}
    assert [hit.customer.number for hit in find_customers("Old", limit=5)] == ["C-1"]
    assert (batch.state, batch.counts) == ("undone", {"undone": 2})
    assert OutboxEvent.objects.filter(name="import.undone").count() == 1


def test_undo_takes_along_what_the_night_made_by_itself(tenant, supervisor, now):
    batch = imported("number,company_name\nC-1,One\nC-2,Two\n", by=supervisor, at=now)
    tonight = now + timedelta(days=1)
    evaluate_segments(as_of=now.date(), at=tonight)
    evaluate_stages(as_of=now.date(), at=tonight)
    assert (SegmentChange.objects.count(), Lead.objects.count()) == (2, 2)
    take_up = Lead.objects.get(customer__number="C-1")
    Lead.objects.filter(pk=take_up.pk).update(assignee=supervisor, version=2)

    batch = undone(batch, by=supervisor, at=tonight)

    assert [row.status for row in rows_of(batch)] == ["kept", "undone"]
    assert [customer.number for customer in Customer.objects.all()] == ["C-1"]
    assert list(Lead.objects.all()) == [take_up]


def test_undo_leaves_what_was_touched_since_and_says_so(tenant, supervisor, now):
    make_customer(number="C-1", company_name="Old", at=now)
    batch = imported("number,company_name\nC-1,New\nC-2,Two\nC-3,Three\nC-4,Four\n", by=supervisor, at=now)
    customers = stored()
    add_contact(customer=customers["C-2"], name="Li Na", at=now)
    for number in ("C-1", "C-3"):
        customer = customers[number]
        facts = {name: getattr(customer, name) for name in ("kind", "industry", "source", "tags", "account_manager")}
        facts |= {"preferred_channel": "", "preferred_language": "", "company_name": customer.company_name}
        update_customer(customer=customer, version=customer.version, region="North", **facts, at=now)

    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "kept", "Somebody changed it since."),
        (3, "kept", "Something hangs on it by now, such as contacts or shipments."),
        (4, "kept", "Somebody changed it since."),
        (5, "undone", ""),
    ]
    assert {number: customer.company_name for number, customer in stored().items()} == {
        "C-1": "New",
        "C-2": "Two",
        "C-3": "Three",
    }


def test_statements_do_not_grow_with_the_rows(tenant, supervisor, now):
    counted = []
    for first, rows in ((0, 3), (1000, 300)):
        lines = "".join(f"C-{first + row},Company {first + row}\n" for row in range(rows))
        batch = checked(f"number,company_name\n{lines}", by=supervisor, at=now)
        job = start_import(batch=batch, by=supervisor, at=now)
        with CaptureQueriesContext(connection) as captured:
            work_off(job, at=now)
        counted.append(len(captured))

    assert counted[0] == counted[1]


def test_all_that_is_wrong_with_a_row_is_told_and_stays_so_in_the_result(tenant, supervisor, administrator, now):
    for key, label in (("paid", "Paid until"), ("due", "Due on")):
        add_custom_field(
            key=key, label=label, kind="date", choices=[], is_required=True, order=1, by=administrator, at=now
        )
    content = "number,company_name,kind,birthday,paid,due\nC-1,,other,2090-01-01,soon,\nC-2,A,,,2026-01-01,2026-01-01\n"

    batch = imported(content, by=supervisor, at=now)

    refused, good = rows_of(batch)
    assert (refused.status, good.status, list(stored())) == ("refused", "created", ["C-2"])
    assert sorted(refused.said("en")) == [
        "A company has a name.",
        "Birthday: Enter a date from 1900 to today.",
        "Kind: “other” is none of these: Company, Individual.",
        "Paid until: This is no date. Write it such as 2026-01-31.",
        "“Due on” has to be filled in.",
    ]


def test_file_of_who_may_not_assign_hands_nobody_over(tenant, account_manager, supervisor, now):
    make_customer(number="C-1", company_name="Old", account_manager=supervisor, at=now)
    content = (
        f"number,company_name,account_manager\nC-1,New,{account_manager.email}\nC-2,Other,{account_manager.email}\n"
    )

    told = "Another account manager is chosen by who may give customers to others."
    assert outcomes(checked(content, by=account_manager, at=now)) == [(2, "refused", told), (3, "created", "")]
    batch = imported(content, by=account_manager, at=now)

    assert outcomes(batch) == [(2, "refused", told), (3, "created", "")]
    kept, opened = stored()["C-1"], stored()["C-2"]
    assert (kept.company_name, kept.account_manager, opened.account_manager) == ("Old", supervisor, account_manager)
