"""What a condition asks is asked again once the record is held: of two at a time the second is refused."""

import pytest
from django.test import Client

from core.tenancy.scope import tenant_scope
from customers.models import Address, Contact, Customer, Interaction
from customers.services import (
    add_address,
    add_contact,
    change_address,
    change_contact,
    change_customer,
    correct_interaction,
    open_customer,
    record_interaction,
)
from shipments.models import Shipment
from shipments.upserting import upsert_shipment
from tests.factories.accounts import make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner


@pytest.fixture
def swift(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def partner(swift):
    with tenant_scope(swift):
        return Partner()


@pytest.fixture
def ask(others, partner):
    """Return a function that sends a request beside the test's own transaction."""

    def send(method, path, body=None, **condition):
        headers = {**partner.headers, **{name.replace("_", "-"): value for name, value in condition.items()}}
        call = getattr(Client(), method)
        return others(call, path=f"{API}{path}", data=body, content_type="application/json", headers=headers)

    return send


def put_shipment(partner, now, **facts):
    return upsert_shipment(waybill_number="W-1", facts=facts, by=partner.key, at=now)


def refused(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.django_db(transaction=True)
def test_customer_that_is_to_be_new_is_made_once(swift, partner, ask, now):
    with tenant_scope(swift):
        open_customer(number="N-1", facts={"company_name": "First"}, by=partner.key, at=now)
        second = ask("put", "/customers/by-number/N-1", {"company_name": "Second"}, If_None_Match="*")
        wait_until_waiting(1, for_lock="transactionid")

    assert refused(second.result()) == (412, "record_changed")
    with tenant_scope(swift):
        assert list(Customer.objects.values_list("company_name", "version")) == [("First", 1)]


@pytest.mark.django_db(transaction=True)
def test_shipment_that_is_to_be_new_is_made_once(swift, partner, ask, now):
    facts = {"accepted_at": "2026-03-01T08:00:00Z", "freight": {"amount": "12.50", "currency": swift.currency}}
    with tenant_scope(swift):
        customer = make_customer(at=now, number="N-1")
        Shipment.objects.create(waybill_number="W-0", customer=customer, accepted_at=now)
    with tenant_scope(swift):
        put_shipment(partner, now, customer_number="N-1", accepted_at=now, freight=1250)
        second = ask("put", "/shipments/by-number/W-1", {"customer_number": "N-2", **facts}, If_None_Match="*")
        wait_until_waiting(1, for_lock="advisory")

    assert refused(second.result()) == (412, "record_changed")
    with tenant_scope(swift):
        assert Shipment.objects.get(waybill_number="W-1").customer_id == customer.pk


@pytest.mark.django_db(transaction=True)
def test_customer_is_changed_by_number_only_as_it_was_read(swift, partner, ask, now):
    with tenant_scope(swift):
        customer = make_customer(at=now, number="N-1", company_name="Before")
    with tenant_scope(swift):
        change_customer(customer=customer, changes={"company_name": "First"}, by=partner.key, at=now)
        second = ask("put", "/customers/by-number/N-1", {"company_name": "Second"}, If_Match='"1"')
        wait_until_waiting(1, for_lock="transactionid")

    assert refused(second.result()) == (412, "record_changed")
    with tenant_scope(swift):
        assert list(Customer.objects.values_list("company_name", "version")) == [("First", 2)]


@pytest.mark.django_db(transaction=True)
def test_any_version_is_changed_whoever_was_first(swift, partner, ask, now):
    with tenant_scope(swift):
        customer = make_customer(at=now, number="N-1", company_name="Before")
    with tenant_scope(swift):
        change_customer(customer=customer, changes={"company_name": "First"}, by=partner.key, at=now)
        second = ask("put", "/customers/by-number/N-1", {"company_name": "Second"}, If_Match="*")
        wait_until_waiting(1, for_lock="transactionid")

    assert second.result().status_code == 200
    with tenant_scope(swift):
        assert list(Customer.objects.values_list("company_name", "version")) == [("Second", 3)]


def contact(customer, by, at):
    row = add_contact(customer=customer, name="Li Na", at=at)
    return row, lambda: change_contact(contact=row, changes={"position": "Buyer"}, version=1, by=by, at=at)


def address(customer, by, at):
    row = add_address(customer=customer, street="1 Hill Road", at=at)
    return row, lambda: change_address(address=row, changes={"city": "York"}, version=1, by=by, at=at)


def interaction(customer, by, at):
    row = record_interaction(customer=customer, kind="note", text="Asked", by=by, at=at)
    return row, lambda: correct_interaction(interaction=row, changes={"text": "Told"}, version=1, by=by, at=at)


PARTS = {"contacts": (Contact, contact), "addresses": (Address, address), "interactions": (Interaction, interaction)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", PARTS)
def test_part_of_a_customer_is_removed_only_as_it_was_read(swift, partner, ask, now, part):
    model, make = PARTS[part]
    with tenant_scope(swift):
        row, change = make(make_customer(at=now), partner.key, now)
    with tenant_scope(swift):
        change()
        second = ask("delete", f"/customers/{row.customer_id}/{part}/{row.pk}", If_Match='"1"')
        wait_until_waiting(1, for_lock="transactionid")

    assert refused(second.result()) == (412, "record_changed")
    with tenant_scope(swift):
        assert list(model.objects.values_list("version", flat=True)) == [2]
