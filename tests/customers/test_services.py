from datetime import timedelta

import pytest

from customers.enums import ContactPointKind, CustomerKind
from customers.models import Address, Contact, Customer
from customers.querysets import prefix_of
from customers.services import (
    CustomerChanged,
    CustomerNumberTaken,
    NewContactPoint,
    add_address,
    add_contact,
    update_customer,
)
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

FACTS = {
    "kind": CustomerKind.COMPANY,
    "company_name": "Blue Kiln",
    "industry": "",
    "region": "",
    "source": "",
    "tags": [],
    "preferred_channel": "",
    "preferred_language": "",
    "account_manager": None,
}


def test_create_customer_when_number_is_taken_changes_nothing(tenant, now):
    make_customer(at=now, number="A-1", company_name="First")

    with pytest.raises(CustomerNumberTaken):
        make_customer(at=now, number="A-1", company_name="Second")

    assert [customer.company_name for customer in Customer.objects.all()] == ["First"]


def test_create_customer_when_another_tenant_has_the_number(tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="A-1")

    make_customer(at=now, number="A-1")

    assert Customer.objects.count() == 1


def test_update_customer_when_changed_meanwhile_changes_nothing(tenant, now):
    customer = make_customer(at=now, company_name="Old")
    update_customer(customer=customer, version=1, **FACTS, at=now)

    with pytest.raises(CustomerChanged):
        update_customer(customer=customer, version=1, **{**FACTS, "company_name": "Late"}, at=now)

    customer.refresh_from_db()
    assert (customer.company_name, customer.version) == ("Blue Kiln", 2)


def test_update_customer_keeps_personal_data_that_is_left_empty(tenant, now):
    customer = make_customer(at=now, kind=CustomerKind.INDIVIDUAL, person_name="Zhang Wei", special_needs="Ring twice")

    update_customer(customer=customer, version=1, **FACTS, special_needs="Leave at the gate", at=now)

    stored = Customer.objects.get(pk=customer.pk)
    assert (stored.person_name, stored.special_needs) == ("Zhang Wei", "Leave at the gate")


def test_add_contact_has_one_primary(tenant, now):
    customer = make_customer(at=now)
    point = NewContactPoint(kind=ContactPointKind.PHONE, value="13812345678", is_preferred=True)
    add_contact(customer=customer, name="Li Na", is_primary=True, points=[point], at=now)

    second = add_contact(customer=customer, name="Wang Fang", is_primary=True, at=now + timedelta(hours=1))

    assert list(Contact.objects.filter(is_primary=True)) == [second]
    assert [p.value for c in Contact.objects.all() for p in c.points.all()] == ["+8613812345678"]


def test_add_address_has_one_primary(tenant, now):
    customer = make_customer(at=now)
    add_address(customer=customer, street="1 Harbour Road", is_primary=True, at=now)

    second = add_address(customer=customer, street="2 Hill Road", is_primary=True, at=now)

    assert list(Address.objects.filter(is_primary=True)) == [second]


def test_prefix_of_is_literal(tenant, now):
    for number in ("A_1", "A_2", "AB1", "a_1"):
        make_customer(at=now, number=number)

    found = prefix_of(Customer.objects.all(), "A_")

    assert [customer.number for customer in found] == ["A_1", "A_2"]
