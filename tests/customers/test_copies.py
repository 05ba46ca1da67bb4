"""The copy of all that is kept of one customer: what it holds, who may have it, and what an erasure does to it."""

import json

import pytest

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.jobs.models import BackgroundJob, JobPart
from core.jobs.running import NotAllowed, NotRepeatable, has_file, perform_job, result_of, run_again
from customers import copies
from customers.copies import count_copies
from customers.enums import ContactPointKind
from customers.relations import copied
from customers.services import (
    NewContactPoint,
    add_address,
    add_contact,
    copy_customer,
    erase_customer,
    record_interaction,
)
from shipments.models import ScanEvent
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.tiering import make_shipped
from tiering.enums import MoveReason
from tiering.models import TierChange, TierOverride

PHONE = "+8613800138000"


@pytest.fixture
def officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


@pytest.fixture
def customer(tenant, now):
    customer = make_shipped("C-1", (now, "12.50"), (now, "7.25"), (now, "1.00"), at=now)
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=customer, name="李小龙", points=points, at=now)
    add_address(customer=customer, street="科技路1号", by=None, at=now)
    record_interaction(customer=customer, kind="note", text="Asked for 李小龙", at=now)
    ScanEvent.objects.create(shipment=customer.shipments.first(), kind="picked_up", happened_at=now)
    TierOverride.objects.create(customer=customer, tier="vip", reason="A promise", created_at=now)
    TierChange.objects.create(
        customer=customer,
        to_tier="vip",
        reason=MoveReason.values[0],
        as_of=now.date(),
        window_days=90,
        policy_version=1,
        contribution="20.75",
        shipment_count=3,
        changed_at=now,
    )
    return customer


def started(customer, officer, now, **facts):
    return copy_customer(customer=customer, **{"reason": "request", **facts}, by=officer, at=now)


def perform(job, now):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    return job


def content_of(job):
    return json.loads(b"".join(result_of(job)))


@pytest.mark.parametrize("chunk", [1, 1000])
def test_copy_holds_all_that_is_kept_in_clear(customer, officer, now, monkeypatch, chunk):
    monkeypatch.setattr(copies, "CHUNK", chunk)
    other = make_customer(number="C-2", at=now, person_name="Somebody else", referrer="C-1")

    job = perform(started(customer, officer, now, note="by letter"), now)

    kept = content_of(job)
    assert (job.state, job.error) == ("done", "")
    assert list(kept) == ["format", "customer_number", "made_at", *copied()]
    assert {key: len(kept[key]) for key in copied() if key != "history"} == {
        "record": 1,
        "contacts": 1,
        "points": 1,
        "entries": 1,
        "addresses": 1,
        "needs": 0,
        "merges": 0,
        "manager_terms": 0,
        "duplicates": 0,
        "faults": 0,
        "brought": 1,
        "follow_ups": 0,
        "consent_entries": 0,
        "consents": 0,
        "documents": 0,
        "shipments": 3,
        "scans": 1,
        "behaviour": 0,
        "behaviour_figures": 0,
        "service_requests": 0,
        "service_plans": 0,
        "plan_items": 0,
        "plan_months": 0,
        "opportunities": 0,
        "opportunity_moves": 0,
        "proposals": 0,
        "proposal_lines": 0,
        "benefit_months": 0,
        "market_notes": 0,
        "segment_changes": 0,
        "trial_moves": 0,
        "tier_changes": 1,
        "tier_overrides": 1,
        "return_warnings": 0,
        "stage_changes": 0,
        "leads": 0,
    }
    assert len(kept["history"]) == AuditEvent.objects.filter(subject_id=customer.pk).count()
    assert kept["record"][0]["id"] == str(customer.pk)
    assert kept["brought"] == [{"id": str(other.pk), "number": "C-2"}]
    assert kept["contacts"][0]["name"] == "李小龙"
    assert kept["points"][0] == {
        "id": kept["points"][0]["id"],
        "contact": kept["contacts"][0]["id"],
        "kind": "phone",
        "value": PHONE,
        "is_preferred": kept["points"][0]["is_preferred"],
        "source": "hand",
        "added_at": "2026-03-02T04:30:00Z",
        "verified_at": None,
        "verified_how": "",
        "opted_out_at": None,
        "opted_out_how": "",
    }
    assert kept["addresses"][0]["street"] == "科技路1号"
    assert kept["entries"][0]["text"] == "Asked for 李小龙"
    assert sorted(row["contribution"] for row in kept["shipments"]) == ["1.00", "12.50", "7.25"]
    assert kept["tier_overrides"][0]["reason"] == "A promise"
    assert [row["reason"] for row in kept["history"] if row["action"] == "customer.copied"] == ["by letter"]
    assert job.done == job.total == sum(len(kept[key]) for key in copied())


def test_copy_of_a_customer_with_nothing_is_whole(tenant, officer, now):
    job = perform(started(make_customer(at=now), officer, now), now)

    kept = content_of(job)
    assert (kept["contacts"], kept["shipments"]) == ([], [])


def test_copy_is_told_to_the_trail_and_runs_once(customer, officer, now):
    job = perform(started(customer, officer, now), now)

    event = AuditEvent.objects.get(action="customer.copied")
    assert (event.actor_id, event.subject_id, event.details) == (officer.pk, customer.pk, {"why_copied": "request"})
    with pytest.raises(NotRepeatable):
        run_again(job=job, by=officer, at=now)
    assert BackgroundJob.objects.count() == 1


def test_copy_is_not_for_everybody(customer, supervisor, now):
    with pytest.raises(NotAllowed):
        started(customer, supervisor, now)

    assert BackgroundJob.objects.count() == 0
    assert AuditEvent.objects.filter(action="customer.copied").count() == 0


def test_erasure_takes_the_copies_too(customer, officer, now):
    forgotten, job = perform(started(customer, officer, now), now), perform(started(customer, officer, now), now)
    forgotten.parts.all().delete()
    stopped = started(customer, officer, now)
    BackgroundJob.objects.filter(pk=stopped.pk).update(state="failed")
    JobPart.objects.create(job=stopped, number=0, content=b"half a copy")
    waiting = started(customer, officer, now)
    assert JobPart.objects.count() > 0

    figures = erase_customer(customer=customer, reason="request", by=officer, at=now)

    assert figures["copies"] == 3
    assert JobPart.objects.count() == 0
    assert perform(waiting, now).state == "cancelled"
    assert (job.state, has_file(job), count_copies(customer)) == ("done", False, 0)


def test_page_asks_why_and_leads_to_the_job(client_for, officer, customer, now):
    client = client_for(officer)
    url = f"/customers/{customer.pk}/copy/"
    assert url in client.get(f"/customers/{customer.pk}/").content.decode()

    page = client.get(url)
    bad = client.post(url, {"reason": "other"})
    answer = client.post(url, {"reason": "request"})

    job = BackgroundJob.objects.get()
    assert PHONE not in page.content.decode()
    assert dict(page.context["figures"])["Shipments"] == 3
    assert (bad.status_code, answer.status_code) == (422, 302)
    job_page = client.get(answer.url)
    assert answer.url.endswith(f"/{job.pk}/")
    assert "Run again" not in client.get(answer.url).content.decode()
    assert job_page.status_code == 200
    perform(job, now)
    file = client.get(f"{answer.url}file/")
    assert json.loads(b"".join(file.streaming_content))["customer_number"] == "C-1"
    assert "no-store" in file["Cache-Control"]


def test_page_is_not_for_everybody(client_for, supervisor, customer):
    client = client_for(supervisor)

    assert client.post(f"/customers/{customer.pk}/copy/", {"reason": "request"}).status_code == 403
    assert BackgroundJob.objects.count() == 0
    assert "/copy/" not in client.get(f"/customers/{customer.pk}/").content.decode()
