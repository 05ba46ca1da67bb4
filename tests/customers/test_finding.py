"""Customers found by number, phone, last four, e-mail, name, pinyin and initials; by nothing of another tenant's."""

import pytest
from django.db import connection

from core.tenancy.fields import money
from customers import finding
from customers.enums import ContactPointKind, CustomerKind
from customers.finding import find_customers
from customers.models import Customer, CustomerToken
from customers.opening import Archive, open_archives
from customers.search_index import rank_tokens, renew_tokens
from customers.services import (
    ContactPointChange,
    NewContactPoint,
    add_contact,
    remove_contact,
    update_contact,
    update_customer,
)
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

PHONE, EMAIL = "13800138000", "li@huaxing.example"


def points():
    return [
        NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE),
        NewContactPoint(kind=ContactPointKind.EMAIL, value=EMAIL),
    ]


@pytest.fixture
def company(tenant, now):
    customer = make_customer(number="SD-00001", at=now, company_name="上海华兴服饰有限公司")
    add_contact(customer=customer, name="李小龙", points=points(), at=now)
    make_customer(number="SD-00002", at=now, company_name="Harbour Books Ltd")
    make_customer(number="SD-00003", at=now, kind=CustomerKind.INDIVIDUAL, person_name="单晓明")
    return customer


def found(query: str) -> list[tuple[str, str, str]]:
    return [(each.customer.number, each.kind, each.contact_name) for each in find_customers(query, limit=20)]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("SD-00001", [("SD-00001", "number", "")]),
        ("138 0013 8000", [("SD-00001", "phone", "李*龙")]),
        ("+8613800138000", [("SD-00001", "phone", "李*龙")]),
        ("8000", [("SD-00001", "phone_tail", "李*龙")]),
        ("LI@huaxing.example", [("SD-00001", "email", "李*龙")]),
        ("华兴", [("SD-00001", "name", "")]),
        ("華興", [("SD-00001", "name", "")]),
        ("小龙", [("SD-00001", "name", "李*龙")]),
        ("xiaolong", [("SD-00001", "pinyin", "李*龙")]),
        ("lxl", [("SD-00001", "initials", "李*龙")]),
        ("books", [("SD-00002", "name", "")]),
        ("shanxiaoming", [("SD-00003", "pinyin", "")]),
        ("晓明", [("SD-00003", "name", "")]),
        ("8001", []),
        ("华龙", []),
        ("\x00", []),
        ("", []),
    ],
)
def test_customer_is_found_by(company, query, hits):
    if query:
        assert found(query) == hits


def test_tokens_follow_every_change(company, administrator, now):
    contact = company.contacts.get()
    phone = next(point for point in contact.points.all() if point.kind == ContactPointKind.PHONE)
    update_contact(
        contact=contact,
        version=contact.version,
        name="王芳",
        position="",
        is_primary=False,
        points=[ContactPointChange(point_id=phone.pk, kind=ContactPointKind.PHONE, value="13900139999")],
        by=administrator,
        at=now,
    )

    assert [found(query) for query in ("8000", "小龙", "9999", "王芳")] == [
        [],
        [],
        [("SD-00001", "phone_tail", "王*")],
        [("SD-00001", "name", "王*")],
    ]

    remove_contact(contact=contact, by=administrator, at=now)
    assert [found(query) for query in ("9999", "王芳", "li@huaxing.example")] == [[], [], []]


def test_tokens_follow_a_new_company_name(company, now):
    facts = {
        name: getattr(company, name)
        for name in ("kind", "industry", "region", "source", "tags", "preferred_channel", "preferred_language")
    }
    update_customer(customer=company, version=1, **facts, company_name="北京恒达食品", account_manager=None, at=now)

    assert (found("华兴"), found("恒达")) == ([], [("SD-00001", "name", "")])


def test_customers_that_shipments_open_are_found(tenant, now):
    open_archives([Archive(number="N-1", name="义乌瑞丰家居"), Archive(number="N-2")], at=now)

    assert found("瑞丰") == [("N-1", "name", "")]


def test_same_names_of_another_tenant_are_never_found(company, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(number="R-1", at=now, company_name="上海华兴服饰有限公司")
        add_contact(customer=theirs, name="李小龙", points=points(), at=now)
        assert [each.customer.number for each in find_customers("华兴", limit=20)] == ["R-1"]

    for query in ("华兴", "8000", EMAIL, "xiaolong", "R-1"):
        assert "R-1" not in {number for number, *_why in found(query)}


def test_tokens_hold_nothing_in_clear_and_differ_by_tenant(company, tenant, other_tenant, now):
    ours = set(CustomerToken.objects.values_list("token", flat=True))
    with inside(other_tenant, leaving=tenant):
        make_customer(number="R-1", at=now, company_name="上海华兴服饰有限公司")
        theirs = set(CustomerToken.objects.values_list("token", flat=True))

    assert len(ours) > 40
    assert ours & theirs == set()


def test_who_contributes_most_comes_first(tenant, now):
    for number, contribution in (("A", 100), ("B", 900), ("C", 500)):
        customer = make_customer(number=f"Q-{number}", at=now, company_name=f"Kingsway {number}")
        customer.contribution = contribution
        customer.save(update_fields=["contribution"])

    assert [number for number, *_why in found("kingsway")] == ["Q-B", "Q-C", "Q-A"]


@pytest.mark.parametrize("count", [3, 60])
def test_search_asks_the_same_number_of_queries(tenant, now, django_assert_num_queries, count):
    for number in range(count):
        customer = make_customer(number=f"Q-{number}", at=now, company_name=f"Kingsway {number}")
        add_contact(customer=customer, name="Mary Ward", at=now)

    with django_assert_num_queries(8):
        assert len(find_customers("kingsw", limit=3)) == 3


def test_numbers_that_begin_so_hide_nobody_who_is_called_by_the_digits(tenant, now):
    for number in range(5):
        make_customer(number=f"8000{number}", at=now)
    caller = make_customer(number="Z-1", at=now, company_name="Harbour Books")
    add_contact(customer=caller, name="Mary Ward", points=points(), at=now)

    numbers = [each.customer.number for each in find_customers("8000", limit=3)]

    assert numbers == ["Z-1", "80000", "80001"]


def test_of_very_many_who_are_called_so_those_who_contribute_most_come_first(tenant, now):
    """More than are looked at: the tokens stand in the order of the contributions, once they are ranked."""
    for number in range(50):
        name = f"王{'一二三四五'[number % 5]}"
        make_customer(number=f"W-{number:02}", at=now, kind=CustomerKind.INDIVIDUAL, person_name=name)
    Customer.objects.filter(number="W-03").update(contribution=money("900.00"))
    Customer.objects.filter(number="W-07").update(contribution=money("12000.00"))
    assert "W-07" not in {number for number, *_why in found("王")}

    assert (rank_tokens(), rank_tokens()) == (2, 0)

    assert [number for number, *_why in found("王")][:2] == ["W-07", "W-03"]


def test_tokens_that_come_later_have_the_rank_of_the_others(tenant, now):
    customer = make_customer(number="Q-1", at=now, company_name="Kingsway")
    Customer.objects.filter(pk=customer.pk).update(contribution=money("12000.00"))
    rank_tokens()

    add_contact(customer=customer, name="Mary Ward", points=points(), at=now)

    rank = Customer.objects.get().contribution_rank
    assert rank == 40  # 2 × log2 of 1,200,000 in the smallest unit, rounded down
    assert set(CustomerToken.objects.values_list("rank", flat=True)) == {rank}


def test_fallen_contributions_fall_in_rank_and_those_of_another_tenant_stay(tenant, other_tenant, now):
    customer = make_customer(number="Q-1", at=now)
    Customer.objects.filter(pk=customer.pk).update(contribution=money("5.00"))
    rank_tokens()
    Customer.objects.filter(pk=customer.pk).update(contribution=money("-5.00"))
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(number="R-1", at=now)
        Customer.objects.filter(pk=theirs.pk).update(contribution=money("5.00"))

    assert rank_tokens() == 1

    assert set(CustomerToken.objects.values_list("rank", flat=True)) == {0}
    with inside(other_tenant, leaving=tenant):
        assert set(CustomerToken.objects.values_list("rank", flat=True)) == {0}


@pytest.mark.parametrize("count", [3, 60])
def test_common_parts_of_a_name_are_laid_over_each_other(tenant, now, monkeypatch, count):
    """Where the rarest token is held by more than are looked at, its holders of little contribution are found, too."""
    monkeypatch.setattr(finding, "MOST_LOOKED_AT", 2)
    for number in range(count):
        make_customer(number=f"N-{number}", at=now, company_name=f"Kingfisher {number}")
    make_customer(number="S-1", at=now, company_name="Kingsley")
    for number in range(count):
        make_customer(number=f"T-{number}", at=now, company_name=f"Ainsley {number}")

    assert found("kingsl") == [("S-1", "name", "")]


def test_damaged_name_hides_nobody_else(tenant, now):
    for number in ("D-1", "D-2"):
        make_customer(number=number, at=now, kind=CustomerKind.INDIVIDUAL, person_name="王小明")
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set person_name = set_byte(person_name, 20, 255 - get_byte(person_name, 20))"
            " where number = 'D-1'"
        )

    assert found("王小明") == [("D-2", "name", "")]


def test_renewing_makes_all_tokens_anew(company):
    ours = CustomerToken.objects.filter(customer_id=company.pk)
    stored = set(ours.values_list("token", flat=True))
    ours.filter(token__in=sorted(stored)[:10]).delete()

    renew_tokens([company.pk])

    assert set(ours.values_list("token", flat=True)) == stored


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("chengdu", ["L-1"]),
        ("keda", ["L-2"]),
        ("kd", ["L-2"]),
        ("chengdushiwuhouqujinkouyinhang", ["L-1"]),
        ("cdswhqjkyh", ["L-1"]),
        ("鍾瑞", ["L-3"]),
        ("王乾", ["L-4"]),
        ("wangqiankun", ["L-4"]),
    ],
)
def test_long_names_and_old_forms_are_found_by(tenant, now, query, hits):
    names = ("成都市武侯区锦口银行", "深圳市南山区科达电子有限公司", "锺瑞", "王乾坤")
    for number, name in enumerate(names, start=1):
        make_customer(number=f"L-{number}", at=now, company_name=name)

    assert [number for number, *_why in found(query)] == hits
