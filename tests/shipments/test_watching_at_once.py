"""Two sweeps at once, and a sweep beside a sender, with real commits: each shipment is found once."""

import csv
from datetime import timedelta

import pytest

from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.turns import wait_for_imports
from shipments.models import Shipment
from shipments.upserting import record_shipments
from shipments.watching import watch_shipments
from tests.factories.accounts import make_tenant
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def tenant(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        Shipment.objects.create(
            customer=make_customer(at=now, number="C1"),
            waybill_number="W1",
            status="in_transit",
            accepted_at=now - 20 * HOUR,
            promised_at=now - 3 * HOUR,
        )
    return tenant


def watch(*, tenant, at):
    with tenant_scope(tenant):
        return watch_shipments(at=at)


def send(*, tenant, at):
    row = f"W1,C1,{(at - 20 * HOUR).isoformat()},1,delivered"
    with tenant_scope(tenant):
        record_shipments(
            rows=csv.DictReader(("waybill_number,customer_number,accepted_at,freight,status", row)), by=None, at=at
        )


def told(tenant):
    with tenant_scope(tenant):
        return OutboxEvent.objects.filter(name="shipment.exception").count(), Shipment.objects.get().exceptions


def test_two_sweeps_at_once_find_it_once(tenant, now, others):
    with tenant_scope(tenant):
        wait_for_imports()
        sweeps = [others(watch, tenant=tenant, at=now) for _ in range(2)]
        wait_until_waiting(2, for_lock="advisory")

    assert sorted(sweep.result() for sweep in sweeps) == [0, 1]
    assert told(tenant) == (1, ["late"])


def test_what_is_delivered_meanwhile_is_not_late(tenant, now, others):
    with tenant_scope(tenant):
        wait_for_imports()
        sweep = others(watch, tenant=tenant, at=now)
        wait_until_waiting(1, for_lock="advisory")
        send(tenant=tenant, at=now)

    assert sweep.result() == 0
    assert told(tenant) == (0, [])
