"""Customers that are opened without a number get the next of ours."""

import pytest
from django.urls import reverse

from core.tenancy.scope import tenant_scope
from customers.forms.rows import CustomerRowForm
from customers.models import Customer, CustomerSeries
from customers.services import create_customer
from tests.factories.accounts import inside, make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.bulk import faults, send
from tests.factories.customers import make_customer
from tests.factories.partners import Partner


def open_one(*, at, **facts):
    return create_customer(kind="company", company_name="Blue Kiln", **facts, at=at)


def numbers():
    return sorted(Customer.objects.values_list("number", flat=True))


def test_numbers_follow_each_other_and_those_taken_are_skipped(tenant, now):
    Customer.objects.bulk_create(Customer(number=f"C{serial:06}", created_at=now) for serial in range(2, 1500))
    make_customer(at=now, number="C001501")

    assert [open_one(at=now).number for _ in range(3)] == ["C000001", "C001500", "C001502"]


def test_number_given_by_hand_is_kept_and_takes_none_of_ours(tenant, now):
    open_one(at=now, number="N-1")

    assert (numbers(), CustomerSeries.objects.count()) == (["N-1"], 0)


def test_each_courier_has_a_series(tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        open_one(at=now)
        open_one(at=now)

    assert open_one(at=now).number == "C000001"


def test_page_opens_a_customer_without_a_number(client_for, agent):
    client = client_for(agent)

    for name in ("Blue Kiln", "Red Harbour"):
        facts = {"kind": "company", "company_name": name}
        assert client.post(reverse("customers:create"), facts).status_code == 302

    assert numbers() == ["C000001", "C000002"]


def test_program_may_leave_the_number_out_of_one_but_not_of_many(tenant):
    partner = Partner()

    made = partner.send("post", "/customers", {"kind": "company", "company_name": "Acme"})
    empty = partner.send("post", "/customers", {"number": "", "kind": "company", "company_name": "Acme"})
    many = send(partner, [{"kind": "company", "company_name": "Acme"}], "/customers/bulk?wait=true")

    assert (made.status_code, made.json()["number"]) == (201, "C000001")
    assert empty.status_code == 400
    assert faults(many.json()["results"][0]) == [("#/number", "required")]
    assert numbers() == ["C000001"]


def test_row_of_a_file_needs_its_number(tenant):
    row = CustomerRowForm({"company_name": "Acme"})

    assert list(row.errors) == ["number"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_numbers(now, others):
    tenant = make_tenant(slug="swift", at=now)

    def happen():
        with tenant_scope(tenant):
            open_one(at=now)

    with tenant_scope(tenant):
        open_one(at=now)
        other = others(happen)
        wait_until_waiting(1, for_lock="transactionid")
    other.result()

    with tenant_scope(tenant):
        assert numbers() == ["C000001", "C000002"]


@pytest.mark.django_db(transaction=True)
def test_number_that_somebody_takes_by_hand_at_the_same_time_is_skipped(now, others):
    tenant = make_tenant(slug="swift", at=now)

    def happen():
        with tenant_scope(tenant):
            open_one(at=now)

    with tenant_scope(tenant):
        open_one(at=now, number="C000001")
        other = others(happen)
        wait_until_waiting(1, for_lock="transactionid")
    other.result()

    with tenant_scope(tenant):
        assert numbers() == ["C000001", "C000002"]
