"""What a file changes of known shipments is in the trail, with who sent it; new ones and the same again are not."""

import csv

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.audit.sealing import seal_events, verify_trail
from shipments.models import Shipment
from shipments.upserting import record_shipments
from tests.factories.customers import make_customer

HEADER = "waybill_number,customer_number,accepted_at,freight,cod_amount,services,status"


@pytest.fixture
def bring_in(tenant, now):
    def bring_in(*rows, by=None, header=HEADER):
        return record_shipments(rows=csv.DictReader((header, *rows)), by=by, at=now)

    return bring_in


def told():
    return AuditEvent.objects.filter(action="shipment.updated")


def test_new_shipments_and_the_same_again_tell_nothing(bring_in):
    bring_in("W1,C1,2026-02-01 08:00,12.50,,,accepted")
    bring_in("W1,C1,2026-02-01 08:00,12.50,,,accepted")

    assert told().count() == 0
    assert Shipment.objects.count() == 1


def test_changes_are_told_with_who_sent_the_file(bring_in, supervisor, now):
    bring_in("W1,C1,2026-02-01 08:00,12.50,,,accepted", "W2,C1,2026-02-01 08:00,1,,,accepted")

    bring_in(
        "W1,C1,2026-02-01 09:30,15,99.90,insured_value,delivered", "W2,C1,2026-02-01 08:00,1,,,accepted", by=supervisor
    )

    event = told().get()
    shipment = Shipment.objects.get(waybill_number="W1")
    assert (event.subject_kind, event.subject_id) == ("shipments.shipment", shipment.pk)
    assert (event.actor_kind, event.actor_id, event.happened_at) == ("user", supervisor.pk, now)
    assert event.changes == {
        "accepted_at": ["2026-02-01T00:00:00+00:00", "2026-02-01T01:30:00+00:00"],
        "freight": ["12.50", "15.00"],
        "cod_amount": [None, "99.90"],
        "services": [[], ["insured_value"]],
        "status": ["accepted", "delivered"],
    }


def test_shipment_that_changed_hands_names_both_customers(bring_in, client_for, supervisor, now):
    for number in ("C1", "C2"):
        make_customer(at=now, number=number, company_name=f"Company {number}")
    bring_in("W1,C1,2026-02-01 08:00,12.50,,,accepted")
    bring_in("W1,C2,2026-02-01 08:00,12.50,,insured_value,accepted", by=supervisor)

    client = client_for(supervisor)
    page = client.get(reverse("shipments:detail", args=[Shipment.objects.get().pk])).content.decode()

    assert "Company C1 C1 → Company C2 C2" in page
    assert "– → Insured value" in page
    assert supervisor.name in page


def test_columns_that_the_file_has_not_are_not_told(bring_in):
    bring_in("W1,C1,2026-02-01 08:00,12.50,5,insured_value,delivered")

    bring_in("W1,C1,2026-02-01 08:00,13", header="waybill_number,customer_number,accepted_at,freight")

    assert told().get().changes == {"freight": ["12.50", "13.00"]}


def test_what_a_file_told_is_sealed_like_everything(bring_in, now):
    bring_in("W1,C1,2026-02-01 08:00,12.50,,,accepted")
    bring_in("W1,C1,2026-02-01 08:00,13,,,accepted")

    seal_events(at=now)

    assert verify_trail(at=now).findings == []
