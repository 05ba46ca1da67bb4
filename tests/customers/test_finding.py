"""Customers found by number, phone, last four, e-mail, name, pinyin and initials; by nothing of another tenant's."""

import pytest

from customers.enums import ContactPointKind, CustomerKind
from customers.finding import find_customers
from customers.models import CustomerToken
from customers.opening import Archive, open_archives
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

    with django_assert_num_queries(7):
        assert len(find_customers("kingsw", limit=3)) == 3


def test_numbers_that_begin_so_hide_nobody_who_is_called_by_the_digits(tenant, now):
    for number in range(5):
        make_customer(number=f"8000{number}", at=now)
    caller = make_customer(number="Z-1", at=now, company_name="Harbour Books")
    add_contact(customer=caller, name="Mary Ward", points=points(), at=now)

    numbers = [each.customer.number for each in find_customers("8000", limit=3)]

    assert numbers == ["Z-1", "80000", "80001"]
