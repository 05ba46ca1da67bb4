"""Who may be the same: what is found, what is not, and what is not brought up again."""

import pytest

from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.duplicates import Profile, candidates_of, compare, likeness, match_all, match_customers, match_some
from customers.enums import CustomerKind, DuplicateState, MatchReason
from customers.models import Customer, DuplicateCandidate
from customers.services import (
    ErasureReason,
    NewContactPoint,
    add_address,
    add_contact,
    decide_on_duplicate,
    erase_customer,
    merge_customers,
)
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer

PHONE = "+8613800138000"
QUERIES = 14


def reach(customer, *points, at):
    made = [NewContactPoint(kind=kind, value=value, is_preferred=False) for kind, value in points]
    add_contact(customer=customer, name="Li Na", points=made, at=at)


def found() -> dict[frozenset[str], tuple[int, list[str]]]:
    pairs = DuplicateCandidate.objects.select_related("first", "second")
    return {frozenset({pair.first.number, pair.second.number}): (pair.score, pair.reasons) for pair in pairs}


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ("深圳顺达物流有限公司", "顺达物流（深圳）有限责任公司", [MatchReason.NAME]),
        ("深圳市顺达物流有限公司", "深圳市顺达物流有限责任公司", [MatchReason.NAME]),
        ("（深圳）顺达物流有限公司", "顺达物流(深圳)股份有限公司", [MatchReason.NAME]),
        ("順達物流有限公司", "顺达物流", [MatchReason.NAME]),
        ("Kingsway Foods Ltd", "KINGSWAY FOODS LIMITED", [MatchReason.NAME]),
        ("Kingsway Foods", "Harbour Books", []),
    ],
)
def test_names_of_companies_are_compared_without_form_and_brackets(tenant, now, one, other, reasons):
    make_customer(at=now, number="A", company_name=one)
    make_customer(at=now, number="B", company_name=other)
    match_some(at=now)
    assert [each for _score, each in found().values()] == ([reasons] if reasons else [])


def test_phone_that_two_share_makes_them_candidates_however_it_is_written(tenant, now):
    one, other = make_customer(at=now, number="A"), make_customer(at=now, number="B")
    reach(one, ("phone", PHONE), at=now)
    reach(other, ("phone", "138 0013 8000"), ("email", "li.na@shop.example"), at=now)
    match_some(at=now)
    assert found() == {frozenset("AB"): (50, ["phone"])}


def test_score_adds_up_what_agrees(tenant, now):
    for number, name in (("A", "Kingsway Foods"), ("B", "Kingsway Food")):
        customer = make_customer(at=now, number=number, company_name=name)
        reach(customer, ("email", "Desk@kingsway.example"), at=now)
        add_address(customer=customer, city="Leeds", street="7 Dock Street", at=now)
    match_some(at=now)
    ((score, reasons),) = found().values()
    assert reasons == ["email", "address", "alike"]
    assert score == min(100, 50 + 25 + round(40 * likeness("foods kingsway", "food kingsway")))


def test_address_is_the_same_in_one_line_and_in_parts(tenant, now):
    for number, facts in (
        ("A", {"street": "广东深圳南山区科技园路1号"}),
        ("B", {"city": "深圳", "district": "南山", "street": "科技园路 1 号"}),
    ):
        customer = make_customer(at=now, number=number, company_name=f"{number}")
        reach(customer, ("phone", PHONE), at=now)
        add_address(customer=customer, **facts, at=now)
    match_some(at=now)
    assert found() == {frozenset("AB"): (75, ["phone", "address"])}


def test_people_of_one_name_alone_are_not_the_same(tenant, now):
    for number in "AB":
        make_customer(at=now, number=number, kind=CustomerKind.INDIVIDUAL, company_name="", person_name="王伟")
    match_some(at=now)
    assert found() == {}


def test_switchboard_that_many_share_tells_nobody_apart(tenant, now):
    for number in range(22):
        reach(
            make_customer(at=now, number=f"C-{number}", company_name=chr(0x4E00 + number * 50) * 3),
            ("phone", PHONE),
            at=now,
        )
    assert match_some(at=now, batch=100) == 22
    assert found() == {}


def test_only_who_changed_is_compared_and_with_all_others(tenant, now):
    one, other = make_customer(at=now, number="A"), make_customer(at=now, number="B")
    reach(one, ("phone", PHONE), at=now)
    assert match_some(at=now) == 2
    assert match_some(at=now) == 0
    reach(other, ("phone", PHONE), at=now)
    assert match_some(at=now) == 1
    assert list(found()) == [frozenset("AB")]


def test_pair_goes_when_nothing_speaks_for_it_any_more(tenant, now):
    one, other = make_customer(at=now, number="A"), make_customer(at=now, number="B")
    for customer in (one, other):
        reach(customer, ("phone", PHONE), at=now)
    match_some(at=now)
    other.contacts.all().delete()
    match_customers([other.pk], at=now)
    assert found() == {}


def test_who_was_told_apart_is_not_brought_up_again(tenant, supervisor, now):
    one, other = make_customer(at=now, number="A"), make_customer(at=now, number="B")
    for customer in (one, other):
        reach(customer, ("phone", PHONE), at=now)
    match_some(at=now)
    pair = candidates_of(one).get()
    decide_on_duplicate(candidate=pair, are_same=False, by=supervisor, at=now)
    match_customers([one.pk, other.pk], at=now)
    pair.refresh_from_db()
    assert pair.state == DuplicateState.DISMISSED
    assert not candidates_of(other).exists()
    decide_on_duplicate(candidate=pair, are_same=True, by=supervisor, at=now)
    assert candidates_of(other).get() == pair


def test_merged_customer_is_nobodys_duplicate(tenant, supervisor, now):
    one, other, third = (make_customer(at=now, number=number, company_name="Kingsway") for number in "ABC")
    match_some(at=now)
    merge_customers(kept=one, absorbed=other, versions=(one.version, other.version), by=supervisor, at=now)
    assert {each.pk for pair in candidates_of(one) for each in (pair.first, pair.second)} == {one.pk, third.pk}
    match_customers([one.pk, third.pk], at=now)
    assert candidates_of(third).count() == 1


def test_erasure_takes_the_pairs(tenant, supervisor, now):
    one, _other = (make_customer(at=now, number=number, company_name="Kingsway") for number in "AB")
    match_some(at=now)
    assert DuplicateCandidate.objects.exists()
    erase_customer(customer=one, reason=ErasureReason.values[0], by=supervisor, at=now)
    assert not DuplicateCandidate.objects.exists()


@pytest.mark.django_db
def test_sweep_finds_in_every_tenant_and_never_across(now):
    for slug in ("swift", "rapid"):
        with tenant_scope(make_tenant(slug=slug, at=now)):
            make_customer(at=now, number="A", company_name="Kingsway")
    assert match_all(seconds=30) == 2
    for slug in ("swift", "rapid"):
        with tenant_scope(Tenant.objects.get(slug=slug)):
            assert not DuplicateCandidate.objects.exists()
            assert not Customer.objects.filter(is_unmatched=True).exists()


def test_queries_do_not_grow_with_the_customers(tenant, now, django_assert_num_queries):
    for number in range(30):
        reach(
            make_customer(at=now, number=f"C-{number}", company_name=f"Firm {number}"),
            ("phone", f"+861380013{number:04}"),
            at=now,
        )
    ids = list(Customer.objects.values_list("pk", flat=True))
    with django_assert_num_queries(QUERIES):
        match_customers(ids[:3], at=now)
    with django_assert_num_queries(QUERIES):
        match_customers(ids[:15], at=now)


def test_nothing_in_common_counts_nothing():
    assert compare(Profile(), Profile()).score == 0
    assert likeness("", "") == 0
