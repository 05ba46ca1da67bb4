"""The copy of everything that is kept of a customer: who may make it, what it holds, and what the trail keeps."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import result_of
from customers import copies
from customers.enums import ContactPointKind, CustomerKind
from customers.relations import relations
from customers.services import NewContactPoint, add_address, add_contact, record_interaction
from shipments.models import ScanEvent, Shipment
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.imports import work_off

PHONE = "+8613800138000"


@pytest.fixture
def officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


@pytest.fixture
def person(tenant, now):
    person = make_customer(
        at=now, number="P-1", kind=CustomerKind.INDIVIDUAL, company_name="", person_name="王小明", birthday="1990-01-02"
    )
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=person, name="李小龙", points=points, at=now)
    add_address(customer=person, street="科技路1号", at=now)
    record_interaction(customer=person, kind="note", text="Rang twice", at=now)
    for number in range(3):
        shipment = Shipment.objects.create(
            waybill_number=f"W{number}", customer=person, accepted_at=now + timedelta(days=number)
        )
        ScanEvent.objects.create(shipment=shipment, kind="picked_up", happened_at=now)
    return person


def copied(job, now):
    work_off(job, at=now)
    assert job.state == "done", job.error
    return json.loads(b"".join(result_of(job)))


@pytest.mark.parametrize("chunk", [1, 2, 3, 500])
def test_copy_holds_everything_in_clear_however_it_is_cut(chunk, person, officer, now, monkeypatch):
    monkeypatch.setattr(copies, "CHUNK", chunk)
    make_customer(at=now, number="P-2")

    told = copied(copies.start_copy(customer=person, reason="request", by=officer, at=now), now)

    assert set(told) == {"customer", *(relation.key for relation in relations())}
    assert (told["customer"]["number"], told["customer"]["person_name"], told["customer"]["birthday"]) == (
        "P-1",
        "王小明",
        "1990-01-02",
    )
    assert [contact["name"] for contact in told["contacts"]] == ["李小龙"]
    assert [point["value"] for point in told["points"]] == [PHONE]
    assert [address["street"] for address in told["addresses"]] == ["科技路1号"]
    assert [entry["text"] for entry in told["entries"]] == ["Rang twice"]
    assert [shipment["waybill_number"] for shipment in told["shipments"]] == ["W0", "W1", "W2"]
    assert len(told["scans"]) == 3
    assert "customer.created" in {line["action"] for line in told["audit"]}
    assert told["tier_changes"] == told["tier_overrides"] == []


def test_page_says_what_is_copied_and_the_trail_why(client_for, person, officer):
    client = client_for(officer)
    url = reverse("customers:copy", args=[person.pk])
    figures = {str(label): count for label, count in client.get(url).context["figures"]}
    assert (figures["Contacts"], figures["Shipments"]) == (1, 3)

    answer = client.post(url, {"reason": "request", "note": "letter of 2 March"})

    job = BackgroundJob.objects.get()
    assert answer.url == reverse("console:job", args=[job.pk])
    event = AuditEvent.objects.get(action="customer.copied")
    assert (event.subject_id, event.actor_id, event.reason) == (person.pk, officer.pk, "letter of 2 March")
    assert event.details == {"why_copied": "request"}


def test_copy_without_a_reason_is_refused(client_for, person, officer):
    answer = client_for(officer).post(reverse("customers:copy", args=[person.pk]), {})

    assert answer.status_code == 422
    assert (BackgroundJob.objects.count(), AuditEvent.objects.filter(action="customer.copied").count()) == (0, 0)


def test_who_may_not_copy_gets_nothing(client_for, agent, person):
    answer = client_for(agent).post(reverse("customers:copy", args=[person.pk]), {"reason": "request"})

    assert answer.status_code == 403
    assert BackgroundJob.objects.count() == 0
    assert "/copy/" not in client_for(agent).get(reverse("customers:detail", args=[person.pk])).content.decode()
