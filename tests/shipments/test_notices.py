"""What goes wrong with a shipment becomes a notice for whoever looks after its customer."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from core.events.dispatching import work_off
from core.events.models import EventDelivery
from core.web.models import Notice
from core.web.notices import lines_of
from shipments.models import Shipment
from shipments.receivers import NEWS
from shipments.scans import record_scans
from shipments.upserting import record_shipments
from tests.factories.customers import make_customer


@pytest.fixture
def bring_in(tenant, now):
    """Import one shipment with an exception, accepted so long ago, and deliver what it tells."""

    def bring_in(ago, exceptions="damaged"):
        accepted = (now - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"waybill_number,customer_number,accepted_at,freight,exceptions\nW1,C1,{accepted},1,{exceptions}\n"
        record_shipments(rows=csv.DictReader(io.StringIO(text)), by=None, at=now)
        work_off(tenant_id=tenant.pk, now=lambda: now)

    return bring_in


def test_account_manager_is_told_of_each_exception_once(bring_in, tenant, account_manager, now):
    make_customer(at=now, number="C1", company_name="Blue Kiln", account_manager=account_manager)
    bring_in(timedelta(days=2))
    scan = {"waybill_number": "W1", "kind": "exception", "happened_at": "2026-03-01 09:00", "exception": "lost"}
    record_scans(rows=[scan], at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)
    EventDelivery.objects.update(state="due")
    work_off(tenant_id=tenant.pk, now=lambda: now)

    told = list(Notice.objects.order_by("pk"))
    assert [(notice.user, notice.facts) for notice in told] == [
        (account_manager, {"exceptions": ["damaged"]}),
        (account_manager, {"exceptions": ["lost"]}),
    ]
    words = lines_of(told)[1].words
    assert words.text == "Blue Kiln has trouble with a shipment: Lost"
    assert (words.detail, words.url) == ("W1", reverse("shipments:detail", args=[Shipment.objects.get().pk]))


@pytest.mark.parametrize("ago", [timedelta(days=1), NEWS + timedelta(hours=1)])
def test_what_is_long_settled_or_looked_after_by_nobody_is_told_to_nobody(bring_in, now, account_manager, ago):
    make_customer(at=now, number="C1", account_manager=account_manager if ago > NEWS else None)

    bring_in(ago)

    assert set(EventDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert Notice.objects.count() == 0


def test_without_exceptions_nothing_is_owed(bring_in, now):
    bring_in(timedelta(days=1), exceptions="")

    assert not EventDelivery.objects.filter(receiver__startswith="shipments.").exists()
