"""What is found in the records of customers, and that it stays right whoever changes them."""

from datetime import timedelta

import pytest
from django.db import connection

from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.duplicates import match_some
from customers.enums import ConsentSource, ConsentState, CustomerKind, Fault, Tier
from customers.models import (
    ChangedCustomer,
    Consent,
    Contact,
    ContactPoint,
    Customer,
    CustomerFault,
    DuplicateCandidate,
    Purpose,
)
from customers.quality.judging import find_faults, judge_all, judge_some
from customers.quality.rules import quality_of
from customers.services import (
    ErasureReason,
    NewContactPoint,
    add_address,
    add_contact,
    decide_on_duplicate,
    erase_customer,
    merge_customers,
    remove_contact,
    undo_merge,
)
from customers.services.consents import Choice, record_consents
from customers.services.many import SentCustomer, upsert_customers
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer

PHONE = ("phone", "+8613800138000")
BARE = {Fault.NO_CONTACT, Fault.NO_ADDRESS, Fault.NO_INDUSTRY, Fault.NO_REGION, Fault.NO_CONSENT}


def reach(customer, *points, name="Li Na", is_primary=True, at):
    made = [NewContactPoint(kind=kind, value=value) for kind, value in points]
    return add_contact(customer=customer, name=name, is_primary=is_primary, points=made, at=at)


def consent(customer, at):
    purpose = next(each for each in Purpose.objects.all() if each.may_be_decided and each.channels)
    choice = Choice(purpose, purpose.channels[0], ConsentState.GIVEN)
    record_consents(customer=customer, choices=[choice], source=ConsentSource.PHONE, at=at)


def make_faultless(at, **facts):
    customer = make_customer(at=at, **{"industry": "Food", "region": "Hunan", **facts})
    reach(customer, PHONE, at=at)
    add_address(customer=customer, city="Changsha", street="7 Dock Street", is_primary=True, at=at)
    consent(customer, at)
    return customer


def sweep(at):
    while judge_some(at=at):
        pass


def kept(customer):
    return set(CustomerFault.objects.filter(customer=customer).values_list("fault", flat=True))


def quality(customer):
    return Customer.with_merged.values_list("quality", flat=True).get(pk=customer.pk)


def assert_as_from_scratch(at):
    """What the sweep has kept is what judging everybody finds, and the sums are those of the faults."""
    sweep(at)
    found = find_faults(list(Customer.with_merged.values_list("pk", flat=True)), at=at)
    stored = set(CustomerFault.objects.values_list("customer_id", "fault", "part_id"))
    assert stored == {(pk, fault.value, part) for pk, faults in found.items() for fault, part in faults.items()}
    for pk, worth in Customer.with_merged.values_list("pk", "quality"):
        assert worth == quality_of(found.get(pk, ()))


def test_bare_archive_lacks_almost_everything(tenant, now):
    customer = make_customer(at=now)
    sweep(now)
    assert kept(customer) == BARE
    assert quality(customer) == quality_of(BARE) == 55


def test_record_with_everything_is_faultless(tenant, now):
    customer = make_faultless(now)
    sweep(now)
    assert (kept(customer), quality(customer)) == (set(), 100)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"company_name": "测试"}, Fault.ODD_NAME),
        ({"company_name": "ＡＢＣ Foods"}, Fault.ODD_LETTERS),
        ({"company_name": ""}, Fault.NO_NAME),
        ({"industry": ""}, Fault.NO_INDUSTRY),
        ({"region": ""}, Fault.NO_REGION),
        ({"birthday": "2999-01-01"}, Fault.BAD_BIRTHDAY),
        ({"birthday": "31.1.1980"}, Fault.BAD_BIRTHDAY),
    ],
)
def test_own_facts_are_judged(tenant, now, facts, fault):
    customer = make_faultless(now, **facts)
    sweep(now)
    assert kept(customer) == {fault}


def test_person_needs_neither_industry_nor_region(tenant, now):
    person = {"kind": CustomerKind.INDIVIDUAL, "company_name": "", "person_name": "王伟"}
    customer = make_faultless(now, **person, industry="", region="")
    sweep(now)
    assert kept(customer) == set()


def test_vip_has_an_account_manager(tenant, account_manager, now):
    customer, looked_after = make_faultless(now), make_faultless(now, account_manager=account_manager)
    Contact.objects.filter(customer=looked_after).delete()
    reach(looked_after, ("email", "li.na@shop.example"), at=now)
    Customer.objects.update(tier=Tier.VIP)
    sweep(now)
    assert (kept(customer), kept(looked_after)) == ({Fault.NO_MANAGER}, set())


@pytest.mark.parametrize(
    ("points", "faults"),
    [
        ([], {Fault.UNREACHABLE}),
        ([("wechat", "li-na")], {Fault.UNREACHABLE}),
        ([("email", "li.na@shop.example")], set()),
        ([("phone", "+8610000000000")], {Fault.UNREACHABLE, Fault.BAD_PHONE}),
        ([PHONE, ("phone", "+8610000000000")], {Fault.BAD_PHONE}),
    ],
)
def test_ways_to_be_reached_are_judged(tenant, now, points, faults):
    customer = make_faultless(now)
    Contact.objects.filter(customer=customer).delete()
    contact = reach(customer, *points, at=now)
    sweep(now)
    assert kept(customer) == faults
    assert set(CustomerFault.objects.values_list("part_id", flat=True)) <= {contact.pk}


def test_contacts_and_addresses_are_judged_where_they_stand(tenant, now):
    customer = make_customer(at=now, industry="Food", region="Hunan")
    consent(customer, now)
    contact = reach(customer, PHONE, name="测试", is_primary=False, at=now)
    address = add_address(customer=customer, city="", street="7 Dock Street", at=now)
    sweep(now)
    assert dict(CustomerFault.objects.values_list("fault", "part_id")) == {
        Fault.ODD_CONTACT: contact.pk,
        Fault.NO_MAIN_CONTACT: contact.pk,
        Fault.NO_CITY: address.pk,
        Fault.NO_MAIN_ADDRESS: address.pk,
    }


def test_only_who_changed_is_judged(tenant, now):
    customers = [make_faultless(now, company_name=chr(0x4E00 + 50 * number) * 2 + "坊") for number in range(3)]
    sweep(now)
    Customer.objects.filter(pk=customers[0].pk).update(shipment_count=5, contribution=7, tags=["chilled"])
    Customer.objects.filter(pk=customers[0].pk).update(tier=Tier.MID)
    assert judge_some(at=now) == 0
    Customer.objects.filter(pk=customers[0].pk).update(region="")
    assert judge_some(at=now) == 1
    assert kept(customers[0]) == {Fault.NO_REGION}
    Customer.objects.filter(pk=customers[0].pk).update(region="Hunan")
    assert judge_some(at=now) == 1
    assert (kept(customers[0]), quality(customers[0])) == (set(), 100)


def test_whatever_changes_a_record_is_noted(tenant, supervisor, now):
    """Every way to write, one after the other: after each, what is kept is the same as from scratch."""
    one, other = make_faultless(now, company_name="Kingsway"), make_faultless(now, company_name="Kingsway")
    match_some(at=now)
    assert_as_from_scratch(now)
    assert kept(one) == kept(other) == {Fault.DUPLICATE}

    decide_on_duplicate(candidate=DuplicateCandidate.objects.get(), are_same=False, by=supervisor, at=now)
    assert_as_from_scratch(now)
    assert kept(one) == set()

    ContactPoint.objects.filter(contact__customer=one).update(kind="wechat")
    assert_as_from_scratch(now)
    assert kept(one) == {Fault.UNREACHABLE}

    remove_contact(contact=one.contacts.get(), by=supervisor, at=now)
    assert_as_from_scratch(now)
    assert kept(one) == {Fault.NO_CONTACT}

    upsert_customers(
        sent=[SentCustomer(one.number, {"region": "", "industry": ""}), SentCustomer("NEW", {"company_name": "X"})],
        by=supervisor,
        at=now,
    )
    assert_as_from_scratch(now)
    assert kept(one) == {Fault.NO_CONTACT, Fault.NO_REGION, Fault.NO_INDUSTRY}
    assert Fault.ODD_NAME in kept(Customer.objects.get(number="NEW"))

    one.refresh_from_db()
    other.refresh_from_db()
    merge = merge_customers(kept=one, absorbed=other, versions=(one.version, other.version), by=supervisor, at=now)
    assert_as_from_scratch(now)
    assert (kept(one), kept(other), quality(other)) == ({Fault.NO_REGION, Fault.NO_INDUSTRY}, set(), 100)

    undo_merge(merge=merge, by=supervisor, at=now + timedelta(hours=1))
    assert_as_from_scratch(now)
    assert kept(one) == {Fault.NO_CONTACT, Fault.NO_REGION, Fault.NO_INDUSTRY}

    Consent.objects.filter(customer=one).delete()
    one.addresses.update(city="")
    assert_as_from_scratch(now)
    assert {Fault.NO_CONSENT, Fault.NO_CITY} < kept(one)

    erase_customer(customer=other, reason=ErasureReason.values[0], by=supervisor, at=now)
    assert_as_from_scratch(now)
    assert (kept(other), quality(other)) == (set(), 100)


def test_customer_that_is_gone_is_forgotten(tenant, now):
    customer = make_customer(at=now)
    Customer.objects.filter(pk=customer.pk).delete()
    assert ChangedCustomer.objects.count() == 1
    sweep(now)
    assert not ChangedCustomer.objects.exists()


def test_worst_stand_first_and_of_equals_those_who_contribute_most(tenant, now):
    for number, contribution in (("A", 10), ("B", 5000), ("C", 90)):
        make_customer(at=now, number=number, region="" if number == "C" else "Hunan")
        Customer.objects.filter(number=number).update(contribution=contribution)
    sweep(now)
    assert list(Customer.objects.order_by("-mending_rank").values_list("number", flat=True)) == ["C", "B", "A"]


def test_whom_one_that_was_merged_away_was_held_for_is_judged_anew(tenant, supervisor, now):
    away, held, kept_one = make_faultless(now), make_faultless(now), make_faultless(now)
    first, second = sorted((away, held), key=lambda customer: customer.pk)
    DuplicateCandidate.objects.create(first=first, second=second, score=90, reasons=["phone"], found_at=now)
    sweep(now)
    assert kept(held) == {Fault.DUPLICATE}

    merge_customers(kept=kept_one, absorbed=away, versions=(1, 1), by=supervisor, at=now)

    assert_as_from_scratch(now)
    assert kept(held) == set()


@pytest.mark.django_db
def test_sweep_judges_in_every_tenant(now):
    for slug in ("swift", "rapid"):
        with tenant_scope(make_tenant(slug=slug, at=now)):
            make_customer(at=now)
    assert judge_all(seconds=30) == 2
    for slug in ("swift", "rapid"):
        with tenant_scope(Tenant.objects.get(slug=slug)):
            assert CustomerFault.objects.count() == len(BARE)
            assert not ChangedCustomer.objects.exists()


def test_queries_do_not_grow_with_the_customers(tenant, now, django_assert_num_queries):
    for number in range(12):
        make_faultless(now, company_name="", number=f"C-{number}")
    with django_assert_num_queries(19):
        assert judge_some(at=now, batch=3) == 3
    with django_assert_num_queries(19):
        assert judge_some(at=now, batch=9) == 9


def test_faults_of_one_kind_are_found_by_an_index(tenant, now):
    customers = Customer.objects.bulk_create(Customer(number=f"C-{n}", created_at=now) for n in range(300))
    faults = [fault for fault in Fault if fault != Fault.NO_CONTACT]
    CustomerFault.objects.bulk_create(
        CustomerFault(customer=each, fault=fault) for each in customers for fault in faults
    )
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute(
            "explain select customer_id from customers_customerfault where tenant_id = %s and fault = 'no_contact'",
            [tenant.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_fault_once" in plan
    assert plan.count("Filter") == plan.count("One-Time Filter")
