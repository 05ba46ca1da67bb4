"""Groups and referrers as files and programs send them: by the thousand, by name and number."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEvent
from customers.models import Customer, CustomerGroup
from customers.services import update_customer
from customers.services.many import SentCustomer, plan_customers, upsert_customers
from tests.customers.test_services import FACTS
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, in_parts_of, outcomes, undone
from tests.factories.partners import Partner, check_described

HEAD = "客户编号,公司名称,集团,介绍人\n"
NO_SUCH = "No customer has the number of the referrer."


def links():
    """Return group and referrer of each, by number."""
    rows = Customer.objects.values_list("number", "group__name", "referrer__number")
    return {number: (group, referrer) for number, group, referrer in rows}


def test_file_says_who_belongs_together(tenant, supervisor, now):
    make_customer(at=now, number="OLD")
    batch = imported(
        f"{HEAD}A,Alpha,Harbour Group,B\nB,Beta,Harbour Group,OLD\nOLD,,River Group,\n", by=supervisor, at=now
    )

    assert batch.mapping == ["number", "company_name", "group", "referrer"]
    assert batch.counts == {"created": 2, "updated": 1}
    assert links() == {
        "A": ("Harbour Group", "B"),
        "B": ("Harbour Group", "OLD"),
        "OLD": ("River Group", None),
    }
    assert AuditEvent.objects.filter(action="customer_group.added").count() == 2


def test_rows_that_cannot_be_are_refused_one_by_one(tenant, other_tenant, supervisor, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="THEIRS")
    make_customer(at=now, number="OLD")
    make_customer(at=now, number="YOUNG", referrer="OLD")
    rows = "A,Alpha,,A\nB,Beta,,C\nC,Gamma,,B\nD,Delta,,THEIRS\nE,,,OLD\nF,Phi,,E\nOLD,,,YOUNG\nG,Eta,,OLD\n"
    batch = imported(HEAD + rows, by=supervisor, at=now)

    circle = "The referrer was brought by this customer, so it cannot have brought it."
    assert [(line, words) for line, status, words in outcomes(batch) if status == "refused"] == [
        (2, "A customer does not bring itself."),
        (3, NO_SUCH),
        (4, circle),
        (5, NO_SUCH),
        (6, "A company has a name."),
        (7, NO_SUCH),
        (8, circle),
    ]
    assert links() == {"OLD": (None, None), "YOUNG": (None, "OLD"), "G": (None, "OLD")}


def test_check_warns_of_a_referrer_that_is_not_there_yet_and_changes_nothing(monkeypatch, tenant, supervisor, now):
    in_parts_of(monkeypatch, 1, "customers")
    batch = checked(f"{HEAD}A,Alpha,Harbour Group,\nB,Beta,Harbour Group,A\n", by=supervisor, at=now)

    said = "Referrer: No customer has this number yet. Unless one has by then, the row is refused."
    assert outcomes(batch) == [(2, "created", ""), (3, "created", said)]
    assert (Customer.objects.count(), CustomerGroup.objects.count()) == (0, 0)
    imported(f"{HEAD}A,Alpha,Harbour Group,\nB,Beta,Harbour Group,A\n", by=supervisor, at=now)
    assert links() == {"A": ("Harbour Group", None), "B": ("Harbour Group", "A")}


def test_the_same_file_again_changes_nothing(tenant, supervisor, now):
    rows = f"{HEAD}A,Alpha,Harbour Group,\nB,Beta,,A\n"
    imported(rows, by=supervisor, at=now)

    assert imported(rows, by=supervisor, at=now).counts == {"unchanged": 2}


def test_undoing_brings_back_what_stood_there(tenant, supervisor, now):
    make_customer(at=now, number="R")
    make_customer(at=now, number="OLD", group="River Group", referrer="R")
    batch = imported(f"{HEAD}A,Alpha,,\nB,Beta,,A\nOLD,,Harbour Group,A\n", by=supervisor, at=now)
    assert links()["OLD"] == ("Harbour Group", "A")

    undone(batch, by=supervisor, at=now)

    assert links() == {"R": (None, None), "OLD": ("River Group", "R")}


def test_undoing_keeps_whom_somebody_names_as_referrer_since(tenant, supervisor, now):
    batch = imported(f"{HEAD}A,Alpha,,\nB,Beta,,A\nC,Gamma,,\n", by=supervisor, at=now)
    brought = Customer.objects.get(number="B")
    update_customer(customer=brought, version=1, **{**FACTS, "company_name": "Mended"}, by=supervisor, at=now)

    undone(batch, by=supervisor, at=now + timedelta(hours=1))

    assert links() == {"A": (None, None), "B": (None, "A")}


@pytest.mark.parametrize("rows", [3, 300])
def test_a_part_asks_the_same_number_of_queries(rows, tenant, supervisor, now):
    make_customer(at=now, number="R")
    asked = []
    for turn in range(2):
        sent = [
            SentCustomer(f"N-{place}", {"company_name": "A", "group": f"Group {place + turn}", "referrer": "R"})
            for place in range(rows)
        ]
        with CaptureQueriesContext(connection) as captured:
            upsert_customers(sent=sent, by=supervisor, at=now)
        asked.append(len(captured))

    assert asked == [24, 18]
    assert links()[f"N-{rows - 1}"] == (f"Group {rows}", "R")


def test_partner_reads_writes_and_filters_both(tenant, now):
    make_customer(at=now, number="R-1")
    partner = Partner()
    facts = {"number": "N-1", "company_name": "Alpha", "group": "Harbour Group", "referrer": "R-1"}

    made = partner.send("post", "/customers", facts)
    check_described("/customers", made.json(), method="post", status=201)
    assert (made.json()["group"], made.json()["referrer"]) == ("Harbour Group", "R-1")
    path = f"/customers/{made.json()['id']}"
    assert partner.get(path).json() | {"possible_duplicates": []} == made.json()
    found = [
        [row["number"] for row in partner.get("/customers", {f"filter[{name}][eq]": value}).json()["data"]]
        for name, value in (("group", "Harbour Group"), ("referrer", "R-1"), ("group", "Harbour"))
    ]
    assert found == [["N-1"], ["N-1"], []]
    (hit,) = partner.send("post", "/customers/search", {"query": "N-1"}).json()["data"]
    assert (hit["customer"]["group"], hit["customer"]["referrer"]) == ("Harbour Group", "R-1")

    emptied = partner.send("patch", path, {"group": "", "referrer": ""}, if_match=made.headers["ETag"])
    assert (emptied.json()["group"], emptied.json()["referrer"], emptied.json()["version"]) == ("", "", 2)


def test_partner_is_told_which_field_was_wrong(tenant, now):
    made = make_customer(at=now, number="N-1")
    partner = Partner()

    for referrer, code in (("NONE", "no_such_referrer"), ("N-1", "bad_referrer")):
        answer = partner.send("put", "/customers/by-number/N-1", {"referrer": referrer, "group": "Harbour Group"})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["errors"][0]["pointer"] == "#/referrer"
    made.refresh_from_db()
    assert (made.version, CustomerGroup.objects.count()) == (1, 0)


def test_undoing_keeps_whom_a_row_without_a_referrer_names_by_hand_since(tenant, supervisor, now):
    make_customer(at=now, number="OLD")
    batch = imported("客户编号,公司名称,联系人,手机\nA,Alpha,,\nOLD,,Li,13812345678\n", by=supervisor, at=now)
    upsert_customers(sent=[SentCustomer("OLD", {"referrer": "A"})], by=supervisor, at=now)

    batch = undone(batch, by=supervisor, at=now)

    in_use = "Something hangs on it by now, such as contacts or shipments."
    assert [(status, words) for _line, status, words in outcomes(batch)] == [("kept", in_use), ("undone", "")]
    assert links() == {"A": (None, None), "OLD": (None, "A")}


def test_undoing_names_nobody_whom_the_customer_brought_since(tenant, supervisor, now):
    make_customer(at=now, number="R")
    make_customer(at=now, number="OLD", referrer="R")
    batch = imported(f"{HEAD}A,Alpha,,\nOLD,,,A\n", by=supervisor, at=now)
    upsert_customers(sent=[SentCustomer("R", {"referrer": "OLD"})], by=supervisor, at=now)

    undone(batch, by=supervisor, at=now)

    assert links() == {"R": (None, "OLD"), "OLD": (None, None)}


def test_refused_rows_make_no_groups(tenant, supervisor, now):
    make_customer(at=now, number="OLD")
    rows = "A,,Typo,\nB,Beta,Other,NONE\nC,Gamma,Third,B\nOLD,,Fourth,NONE\nD,Delta,Harbour Group,\n"
    imported(HEAD + rows, by=supervisor, at=now)

    assert links() == {"OLD": (None, None), "D": ("Harbour Group", None)}
    assert list(CustomerGroup.objects.values_list("name", flat=True)) == ["Harbour Group"]
    assert AuditEvent.objects.filter(action="customer_group.added").count() == 1


def test_undoing_takes_away_the_groups_that_the_file_made_and_nobody_uses(monkeypatch, tenant, supervisor, now):
    in_parts_of(monkeypatch, 2, "customers")
    make_customer(at=now, number="OLD", group="Stays")
    Customer.objects.update(group=None)
    make_customer(at=now, number="OTHER")
    rows = "A,Alpha,New,\nOLD,,Of old,\nB,Beta,New,\nC,Gamma,Used,\nD,Delta,Stays,\nE,Epsilon,Renamed,\n"
    batch = imported(HEAD + rows, by=supervisor, at=now)
    upsert_customers(sent=[SentCustomer("OTHER", {"group": "Used"})], by=supervisor, at=now)
    CustomerGroup.objects.filter(name="Renamed").update(name="Called otherwise")

    undone(batch, by=supervisor, at=now)

    assert links() == {"OLD": (None, None), "OTHER": ("Used", None)}
    assert set(CustomerGroup.objects.values_list("name", flat=True)) == {"Stays", "Used", "Called otherwise"}
    told = AuditEvent.objects.filter(action="customer_group.deleted").values_list("details__name", flat=True)
    assert set(told) == {"New", "Of old"}


def test_referrer_of_a_refused_row_does_not_count_for_those_after_it(tenant, agent, account_manager, now):
    for number in ("A", "B"):
        make_customer(at=now, number=number)
    sent = [
        SentCustomer("A", {"referrer": "B", "account_manager": account_manager}),
        SentCustomer("B", {"referrer": "A"}),
    ]
    plan_customers(sent, by=agent)
    planned = [getattr(each.outcome, "code", each.outcome) for each in sent]

    upsert_customers(sent=sent, by=agent, at=now)

    assert planned == [getattr(each.outcome, "code", each.outcome) for each in sent] == ["may_not_assign", "updated"]
    assert links() == {"A": (None, None), "B": (None, "A")}
