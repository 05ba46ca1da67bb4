"""A sweep beside another one, and beside a sender, with real commits: each is found once, and nobody waits."""

import csv
from datetime import timedelta

import pytest

from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.turns import wait_for_imports
from shipments.models import Shipment
from shipments.upserting import record_shipments
from shipments.watching import watch_all, watch_shipments
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def tenant(now):
    return make_late("swift", now)


def make_late(slug, now):
    tenant = make_tenant(slug=slug, at=now)
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
        assert watch_shipments(at=now) == 1
        assert others(watch, tenant=tenant, at=now).result(timeout=20) == 0

    assert watch(tenant=tenant, at=now) == 0
    assert told(tenant) == (1, ["late"])


def test_import_of_one_tenant_does_not_stall_the_watch_of_another(tenant, now, others):
    other = make_late("other", now)
    with tenant_scope(tenant):
        wait_for_imports()
        assert others(watch_all, at=now, seconds=20).result(timeout=20) == 1

    assert (told(tenant), told(other)) == ((0, []), (1, ["late"]))
    assert watch_all(at=now, seconds=20) == 1
    assert told(tenant) == (1, ["late"])


def test_what_is_delivered_meanwhile_is_not_late(tenant, now, others):
    with tenant_scope(tenant):
        send(tenant=tenant, at=now)
        assert others(watch, tenant=tenant, at=now).result(timeout=20) == 0

    assert watch(tenant=tenant, at=now) == 0
    assert told(tenant) == (0, [])
