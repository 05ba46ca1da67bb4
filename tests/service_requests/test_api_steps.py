"""The steps of service requests over the API."""

from datetime import timedelta

import pytest
import time_machine

from core.accounts.enums import Role
from core.accounts.services import close_department, create_department
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.models import Interaction
from customers.services import add_contact
from service_requests.models import ServiceRequest
from tests.factories.accounts import inside, make_user
from tests.factories.partners import Partner, check_described
from tests.factories.service_requests import open_for

PATH = "/service-requests"
NOBODY = "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"
VERBS = ("assign", "wait", "resume", "close")


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def wish(tenant, now):
    return open_for(at=now)


def step(partner, wish, verb, body=None, **headers):
    return partner.send("post", f"{PATH}/{wish.pk}/{verb}", {} if body is None else body, **headers)


def kept(wish):
    names = ("state", "assignee_id", "department_id", "waits_for", "due_at", "closed_at", "outcome", "version")
    return ServiceRequest.objects.values(*names).get(pk=wish.pk)


def body_of(verb, user=None):
    return {
        "assign": {"department_id": None, "assignee_id": str(user.pk) if user else None},
        "wait": {"waits_for": "outlet"},
        "close": {"state": "done", "outcome": "Found at the depot."},
    }.get(verb)


def test_partner_brings_a_request_to_its_end(partner, wish, agent, now):
    add_contact(customer=wish.customer, name="Lin Mei", at=now)
    outcome = "Lin Mei has it; 13812345678 was told."

    with time_machine.travel(now + timedelta(minutes=30), tick=False):
        assigned = step(partner, wish, "assign", body_of("assign", agent))
        waits = step(partner, wish, "wait", {"waits_for": "customer"})
    with time_machine.travel(now + timedelta(minutes=90), tick=False):
        resumed = step(partner, wish, "resume")
        closed = step(partner, wish, "close", {"state": "done", "outcome": outcome})

    answers = {"assign": assigned, "wait": waits, "resume": resumed, "close": closed}
    assert {answer.status_code for answer in answers.values()} == {200}, [each.content for each in answers.values()]
    for verb, answer in answers.items():
        check_described(f"{PATH}/{{id}}/{verb}", answer.json(), method="post")
    shown = [answer.json() for answer in answers.values()]
    assert [row["state"] for row in shown] == ["open", "waiting", "in_progress", "done"]
    assert [row["waits_for"] for row in shown] == [None, "customer", None, None]
    assert {row["assignee_id"] for row in shown} == {str(agent.pk)}
    assert closed.json()["outcome"] == "L****i has it; 1******5678 was told."
    assert partner.get(f"{PATH}/{wish.pk}").json() == closed.json()
    # An hour of working time was waited, and is added.
    assert kept(wish)["due_at"] == wish.due_at + timedelta(hours=1)
    told = OutboxEvent.objects.filter(name__startswith="service_request.").order_by("pk")
    assert [event.name for event in told] == [
        "service_request.opened",
        "service_request.assigned",
        "service_request.done",
    ]
    assert told[2].payload["state"] == "done"
    trail = AuditEvent.objects.filter(action__startswith="service_request.").order_by("pk")
    assert [event.action for event in trail][1:] == [
        "service_request.moved",
        "service_request.waits",
        "service_request.resumed",
        "service_request.closed",
    ]
    assert {event.actor_id for event in trail[1:]} == {partner.key.pk}
    assert Interaction.objects.filter(customer=wish.customer, code="service_request.done").count() == 1


def test_request_is_declined_and_nobody_is_put_in_charge_by_that(partner, wish):
    answer = step(partner, wish, "close", {"state": "declined", "outcome": "Not ours."})

    assert (answer.status_code, answer.json()["state"], answer.json()["assignee_id"]) == (200, "declined", None)


def test_department_is_put_in_charge(partner, wish, now):
    desk = create_department(name="Desk", by=None, at=now)

    answer = step(partner, wish, "assign", {"department_id": str(desk.pk), "assignee_id": None})

    assert (answer.status_code, answer.json()["department_id"]) == (200, str(desk.pk))


@pytest.mark.parametrize("verb", VERBS)
def test_step_is_taken_on_what_was_read_alone(partner, wish, agent, verb):
    if verb == "resume":
        step(partner, wish, "wait", body_of("wait"))
    read = partner.get(f"{PATH}/{wish.pk}").headers["ETag"]
    before = kept(wish)

    stale = step(partner, wish, verb, body_of(verb, agent), If_Match='"99-a"')
    assert (stale.status_code, kept(wish)) == (412, before)

    taken = step(partner, wish, verb, body_of(verb, agent), If_Match=read)
    assert (taken.status_code, kept(wish)["version"]) == (200, before["version"] + 1), taken.content


def test_step_is_taken_once_for_a_key(partner, wish):
    answers = [step(partner, wish, "close", body_of("close"), Idempotency_Key="close-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert kept(wish)["version"] == 2


@pytest.mark.parametrize(
    ("verb", "body", "pointers"),
    [
        ("assign", {}, ["#/department_id", "#/assignee_id"]),
        ("assign", {"department_id": NOBODY, "assignee_id": None}, ["#/department_id"]),
        ("assign", {"department_id": None, "assignee_id": NOBODY}, ["#/assignee_id"]),
        ("wait", {}, ["#/waits_for"]),
        ("wait", {"waits_for": "rain"}, ["#/waits_for"]),
        ("close", {"state": "waiting", "outcome": "A"}, ["#/state"]),
        ("close", {"state": "done"}, ["#/outcome"]),
        ("close", {"state": "done", "outcome": " "}, ["#/outcome"]),
        ("close", {"state": "done", "outcome": "A", "version": 9}, ["#/version"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(*, partner, wish, verb, body, pointers):
    before = kept(wish)

    answer = step(partner, wish, verb, body)

    assert answer.status_code == 400, answer.content
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == sorted(pointers)
    assert kept(wish) == before


def test_who_does_not_work_on_requests_and_what_is_closed_are_refused(partner, wish, supervisor, now):
    analyst = make_user(role=Role.ANALYST, at=now)
    desk = create_department(name="Desk", by=None, at=now)
    close_department(department=desk, to=None, by=supervisor, at=now)

    answers = [
        step(partner, wish, "assign", body_of("assign", analyst)),
        step(partner, wish, "assign", {"department_id": str(desk.pk), "assignee_id": None}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert kept(wish)["version"] == 1


def test_steps_that_do_not_follow_are_conflicts(partner, wish, agent):
    def codes(*verbs):
        answers = [step(partner, wish, verb, body_of(verb, agent)) for verb in verbs]
        return [(answer.status_code, answer.json()["code"]) for answer in answers]

    assert codes("resume") == [(409, "request_not_waiting")]
    step(partner, wish, "wait", body_of("wait"))
    assert codes("wait") == [(409, "request_waits")]
    step(partner, wish, "close", body_of("close"))
    before = kept(wish)
    assert codes(*VERBS) == [(409, "request_closed")] * 4
    assert kept(wish) == before


def test_steps_need_the_scope_and_are_each_tenants(*, partner, wish, tenant, other_tenant, now):
    reader = Partner(name="Reader", allowed=["service_requests:read"])
    with inside(other_tenant, leaving=tenant):
        theirs = open_for(at=now)
        their_desk = create_department(name="Desk", by=None, at=now)
        their_user = make_user(role=Role.AGENT, at=now)

    assert {step(reader, wish, verb, body_of(verb)).status_code for verb in VERBS} == {403}
    assert {step(partner, theirs, verb, body_of(verb)).status_code for verb in VERBS} == {404}
    assert step(partner, wish, "assign", body_of("assign", their_user)).status_code == 400
    body = {"department_id": str(their_desk.pk), "assignee_id": None}
    assert step(partner, wish, "assign", body).status_code == 400
    assert kept(wish)["version"] == 1
