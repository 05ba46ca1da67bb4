"""Follow-ups over the API: read masked, asked for and completed by partners."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from core.audit.models import AuditEvent
from customers.models import FollowUp, Interaction
from tests.customers.follow_ups.made import make_follow_up, make_many
from tests.factories.accounts import outside
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = 8
WANTED = {"subject": "Tell Lin Mei", "kind": "call", "due_at": "2026-03-03T09:00:00+08:00"}


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def partner(tenant):
    return Partner()


def test_partner_asks_for_one_and_reads_it_masked(partner, customer, account_manager):
    answer = partner.send("post", "/follow-ups", {**WANTED, "customer_id": str(customer.pk), "is_promised": True})

    stored = FollowUp.objects.get()
    assert answer.status_code == 201
    check_described("/follow-ups", answer.json(), method="post", status=201)
    assert answer.headers["Location"] == f"{API}/follow-ups/{stored.pk}"
    assert (stored.subject, stored.customer, stored.assignee, stored.origin, stored.is_promised) == (
        "Tell Lin Mei",
        customer,
        account_manager,
        "partner",
        True,
    )
    shown = answer.json()
    assert (shown["subject"], shown["customer_number"], shown["due_at"], shown["state"], shown["priority"]) == (
        "Tell L****i",
        "C-1",
        "2026-03-03T01:00:00Z",
        "open",
        3,
    )
    assert partner.get(f"/follow-ups/{stored.pk}").json() == shown
    check_described("/follow-ups/{id}", shown)
    assert AuditEvent.objects.get(action="follow_up.created").actor_id == partner.key.pk


def test_same_request_again_has_one_effect(partner, tenant):
    for _ in range(2):
        answer = partner.send("post", "/follow-ups", WANTED, Idempotency_Key="once")

    assert (answer.status_code, FollowUp.objects.count()) == (201, 1)
    assert FollowUp.objects.get().assignee is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"subject": " "}, "/subject"),
        ({"due_at": "2026-03-01T09:00:00Z"}, "/due_at"),
        ({"due_at": "tomorrow"}, "/due_at"),
        ({"kind": "dance"}, "/kind"),
        ({"priority": 5}, "/priority"),
        ({"customer_id": "00000000-0000-7000-8000-000000000000"}, "/customer_id"),
        ({"assignee_id": "00000000-0000-7000-8000-000000000000"}, "/assignee_id"),
        ({"state": "done"}, "/state"),
    ],
)
def test_what_is_wrong_is_named(body, pointer, partner):
    answer = partner.send("post", "/follow-ups", {**WANTED, **body})

    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (400, [f"#{pointer}"])
    assert FollowUp.objects.count() == 0


def test_partner_completes_one(partner, customer, now):
    follow_up = make_follow_up(at=now, customer=customer, subject="Ask")

    answer = partner.send("post", f"/follow-ups/{follow_up.pk}/complete", {"outcome": "They were content."})
    again = partner.send("post", f"/follow-ups/{follow_up.pk}/complete", {})

    assert (answer.status_code, answer.json()["state"], answer.json()["outcome"]) == (
        200,
        "done",
        "They were content.",
    )
    check_described("/follow-ups/{id}/complete", answer.json(), method="post")
    assert (again.status_code, again.json()["code"]) == (409, "follow_up_closed")
    assert Interaction.objects.get().recorded_by_key == partner.key.pk


def test_scopes_part_reading_from_writing(customer, now):
    follow_up = make_follow_up(at=now, customer=customer)
    reader = Partner(name="Reader", allowed=["follow_ups:read"])
    writer = Partner(name="Writer", allowed=["follow_ups:write"])

    assert reader.get("/follow-ups").status_code == 200
    assert writer.get("/follow-ups").status_code == 403
    assert reader.send("post", "/follow-ups", WANTED).status_code == 403
    assert reader.send("post", f"/follow-ups/{follow_up.pk}/complete", {}).status_code == 403
    assert FollowUp.objects.get().state == "open"


def test_key_with_the_scope_reads_what_is_stored_and_is_recorded(customer, now):
    make_follow_up(at=now, customer=customer, subject="Tell Lin Mei")
    revealing = Partner(name="Revealing", allowed=["follow_ups:read", "personal:read"])

    assert [row["subject"] for row in revealing.get("/follow-ups").json()["data"]] == ["Tell Lin Mei"]
    trail = AuditEvent.objects.get(action="personal.read_by_key")
    assert trail.details == {"resource": "follow-up", "records": 1}


def test_list_is_filtered_and_sorted(partner, customer, agent, now):
    make_follow_up(at=now, subject="A", customer=customer, due_in=timedelta(days=2))
    make_follow_up(at=now, subject="B", assignee=agent, kind="visit", due_in=timedelta(days=1))
    FollowUp.objects.filter(kind="visit").update(state="done", closed_at=now)

    def found(**params):
        answer = partner.get("/follow-ups", params).json()
        check_described("/follow-ups", answer)
        return [row["subject"] for row in answer["data"]]

    assert found() == ["B", "A"]
    assert found(sort="-due_at") == ["A", "B"]
    assert found(**{"filter[state][eq]": "open"}) == ["A"]
    assert found(**{"filter[kind][in]": "visit,email"}) == ["B"]
    assert found(**{"filter[customer_id][eq]": str(customer.pk)}) == ["A"]
    assert found(**{"filter[assignee_id][is_null]": "true"}) == ["A"]
    assert found(**{"filter[due_at][gt]": "2026-03-03T12:00:00Z"}) == ["A"]


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, tenant, customer, now, django_assert_num_queries):
    make_many(rows, at=now, customer=customer)
    partner = Partner()
    partner.get("/follow-ups")

    with outside(tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}/follow-ups", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)
