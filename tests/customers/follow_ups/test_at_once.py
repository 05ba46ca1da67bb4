"""Two things that happen at once, with real commits, are one follow-up."""

import pytest

from core.tenancy.scope import tenant_scope
from customers.models import FollowUp
from customers.services.follow_ups import open_follow_up
from customers.services.locking import lock_customer
from shipments.follow_ups import CODE, add_exceptions
from tests.factories.accounts import make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def told(waybill):
    shipment = {"id": waybill, "waybill_number": waybill, "exceptions": ["late"], "promised_at": None}
    return {"shipments": [shipment], "left_out": 0}


def happen(*, tenant, customer, waybill, at):
    with tenant_scope(tenant):
        open_follow_up(
            customer=customer,
            kind="call",
            due_at=at,
            code=CODE,
            parameters=told(waybill),
            cause=f"{CODE}:{customer.pk}",
            add=add_exceptions,
            by=None,
            at=at,
        )


def test_two_exceptions_at_once_are_one_follow_up_that_tells_of_both(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        customer = make_customer(at=now, number="C1")
    with tenant_scope(tenant):
        lock_customer(customer.pk)
        first = others(happen, tenant=tenant, customer=customer, waybill="W1", at=now)
        wait_until_waiting(1, for_lock="transactionid")
        second = others(happen, tenant=tenant, customer=customer, waybill="W2", at=now)
        wait_until_waiting(1, for_lock="tuple")
    first.result()
    second.result()

    with tenant_scope(tenant):
        follow_up = FollowUp.objects.get()
        assert sorted(each["waybill_number"] for each in follow_up.parameters["shipments"]) == ["W1", "W2"]
