"""A wish is opened with its deadline, goes from hand to hand, waits, and ends once."""

from datetime import date, datetime, time, timedelta

import pytest

from core.accounts.enums import Role
from core.accounts.services import close_department, create_department
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.models import Customer, Interaction
from service_requests.enums import RequestState
from service_requests.models import ServicePolicy, ServiceRequest
from service_requests.services import (
    AssigneeCannotWork,
    BadHours,
    ClosesBeforeItOpens,
    DepartmentClosed,
    NobodyWorks,
    NothingAsked,
    NothingSaid,
    PolicyChanged,
    RequestClosed,
    RequestNotWaiting,
    RequestWaits,
    ShipmentOfAnother,
    TextTooLong,
    close_request,
    create_policy,
    current_policy,
    hand_over_request,
    move_request,
    resume_request,
    take_request,
    wait_with_request,
)
from shipments.models import Shipment
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for


def shanghai(text):
    """A time of the tenant's, who works from 9 to 18; `now` is half past twelve on a Monday there."""
    return datetime.fromisoformat(f"{text}+08:00")


def stored(request):
    return ServiceRequest.objects.get(pk=request.pk)


def actions():
    events = AuditEvent.objects.filter(action__startswith="service_request").order_by("pk")
    return list(events.values_list("action", flat=True))


@pytest.fixture
def request_(tenant, now):
    return open_for(at=now)


def test_opening_counts_the_deadline_in_working_hours_by_kind_and_tier(tenant, now):
    vip, plain = make_customer(at=now), make_customer(at=now)
    Customer.objects.filter(pk=vip.pk).update(tier="vip")

    of_vip = open_for(vip, at=now, kind="chase")
    of_plain = open_for(plain, at=now, kind="chase")

    assert (of_vip.allowed_hours, of_vip.due_at) == (2, shanghai("2026-03-02 14:30"))
    # Five and a half hours are left of the day.
    assert (of_plain.allowed_hours, of_plain.due_at) == (8, shanghai("2026-03-03 11:30"))


def test_opening_numbers_tells_and_records(tenant, agent, now):
    department = create_department(name="Desk", by=None, at=now)
    customer = make_customer(at=now)
    shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)

    first = open_for(customer, at=now, kind="redirect", shipment=shipment, department=department, by=agent)
    second = open_for(customer, at=now)

    assert (first.number, second.number) == ("SR000001", "SR000002")
    assert (first.state, first.opened_by, first.text) == (RequestState.OPEN, agent, "Where is it?")
    event = OutboxEvent.objects.get(name="service_request.opened", subject_id=first.pk)
    assert event.payload == {
        "number": "SR000001",
        "customer_id": str(customer.pk),
        "department_id": str(department.pk),
        "team_id": None,
        "assignee_id": None,
        "kind": "redirect",
    }
    entry = Interaction.objects.get(customer=customer, source=f"service_request.opened:{first.pk}")
    assert (entry.code, entry.parameters) == ("service_request.opened", {"number": "SR000001", "kind": "redirect"})
    trail = AuditEvent.objects.get(action="service_request.opened", subject_id=first.pk)
    assert (trail.actor_id, trail.details) == (agent.pk, {"type": "redirect"})


def test_opening_refuses_what_cannot_be(tenant, analyst, now):
    customer, other = make_customer(at=now), make_customer(at=now)
    closed = create_department(name="Closed", by=None, at=now)
    close_department(department=closed, to=None, by=analyst, at=now)
    closed.refresh_from_db()
    foreign = Shipment.objects.create(customer=other, waybill_number="W-1", accepted_at=now)

    for error, facts in (
        (NothingAsked, {"text": " \n"}),
        (TextTooLong, {"text": "x" * 5001}),
        (ShipmentOfAnother, {"shipment": foreign}),
        (DepartmentClosed, {"department": closed}),
        (AssigneeCannotWork, {"assignee": analyst}),
    ):
        with pytest.raises(error):
            open_for(customer, at=now, **facts)

    assert ServiceRequest.objects.count() == 0
    assert Interaction.objects.count() == 0


def test_taking_puts_one_in_charge(request_, agent, supervisor, now):
    take_request(request=request_, by=agent, at=now)
    take_request(request=request_, by=supervisor, at=now)

    assert (stored(request_).assignee, stored(request_).state) == (supervisor, RequestState.IN_PROGRESS)
    assert actions() == ["service_request.opened", "service_request.taken", "service_request.taken"]


def test_moving_to_a_department_leaves_it_to_whoever_takes_it(request_, agent, now):
    department = create_department(name="Invoices", by=None, at=now)
    take_request(request=request_, by=agent, at=now)

    move_request(request=request_, department=department, assignee=None, by=agent, at=now)

    moved = stored(request_)
    assert (moved.department, moved.assignee, moved.state) == (department, None, RequestState.OPEN)
    event = OutboxEvent.objects.get(name="service_request.assigned")
    assert (event.payload["department_id"], event.payload["assignee_id"]) == (str(department.pk), None)


def test_moving_to_who_cannot_work_changes_nothing(request_, agent, analyst, now):
    with pytest.raises(AssigneeCannotWork):
        move_request(request=request_, department=None, assignee=analyst, by=agent, at=now)

    assert stored(request_).version == 1


@pytest.mark.parametrize(
    ("span", "due", "waited"),
    [
        # Of a night only what is worked counts: half an hour before closing, an hour after opening.
        (("2026-03-02 17:30", "2026-03-03 10:00"), "2026-03-03 13:00", "1:30"),
        (("2026-03-02 19:00", "2026-03-03 08:00"), "2026-03-03 11:30", "0:00"),
        (("2026-03-02 13:00", "2026-03-02 14:00"), "2026-03-03 12:30", "1:00"),
        (("2026-03-06 12:00", "2026-03-09 12:00"), "2026-03-03 11:30", "9:00"),
    ],
)
def test_waiting_puts_the_deadline_off_by_working_time_alone(request_, agent, span, due, waited):
    assert request_.due_at == shanghai("2026-03-03 11:30")

    wait_with_request(request=request_, waits_for="customer", by=agent, at=shanghai(span[0]))
    resume_request(request=request_, by=agent, at=shanghai(span[1]))

    resumed = stored(request_)
    assert (resumed.due_at, resumed.state) == (shanghai(due), RequestState.OPEN)
    hours, minutes = map(int, waited.split(":"))
    assert resumed.waited_seconds == (hours * 60 + minutes) * 60
    assert (resumed.waits_for, resumed.waiting_since) == ("", None)


def test_a_deadline_that_had_passed_is_not_put_off(request_, agent):
    wait_with_request(request=request_, waits_for="outlet", by=agent, at=shanghai("2026-03-04 12:00"))
    assert not stored(request_).is_overdue(shanghai("2026-03-04 13:00"))
    resume_request(request=request_, by=agent, at=shanghai("2026-03-05 12:00"))

    assert stored(request_).due_at == shanghai("2026-03-03 11:30")
    assert stored(request_).is_overdue(shanghai("2026-03-05 12:00"))


def test_who_waits_goes_on_once(request_, agent, now):
    with pytest.raises(RequestNotWaiting):
        resume_request(request=request_, by=agent, at=now)
    take_request(request=request_, by=agent, at=now)
    wait_with_request(request=request_, waits_for="customer", by=agent, at=now)
    with pytest.raises(RequestWaits):
        wait_with_request(request=request_, waits_for="customer", by=agent, at=now)
    resume_request(request=request_, by=agent, at=now + timedelta(hours=1))

    assert stored(request_).state == RequestState.IN_PROGRESS


@pytest.mark.parametrize("state", [RequestState.DONE, RequestState.DECLINED])
def test_closing_says_what_came_of_it_and_tells(request_, agent, now, state):
    at = now + timedelta(hours=1)

    close_request(request=request_, state=state, outcome=" Delivered at nine. ", by=agent, at=at)

    closed = stored(request_)
    assert (closed.state, closed.outcome, closed.closed_at, closed.assignee) == (state, "Delivered at nine.", at, agent)
    assert not closed.is_overdue(at + timedelta(days=9))
    event = OutboxEvent.objects.get(name="service_request.done")
    assert (event.payload["state"], event.payload["assignee_id"]) == (state, str(agent.pk))
    entry = Interaction.objects.get(code="service_request.done")
    assert entry.parameters == {"number": closed.number, "kind": "chase", "state": state}
    assert AuditEvent.objects.get(action="service_request.closed").changes["outcome"] is None


def test_closing_while_it_waits_ends_the_waiting(request_, agent):
    wait_with_request(request=request_, waits_for="customer", by=agent, at=shanghai("2026-03-02 13:00"))

    close_request(request=request_, state=RequestState.DONE, outcome="ok", by=agent, at=shanghai("2026-03-03 12:00"))

    closed = stored(request_)
    assert closed.due_at == shanghai("2026-03-04 10:30")
    assert not closed.is_overdue(shanghai("2026-03-09 12:00"))
    assert closed.waiting_since is None


def test_closing_needs_words(request_, agent, now):
    for error, outcome in ((NothingSaid, " "), (TextTooLong, "x" * 5001)):
        with pytest.raises(error):
            close_request(request=request_, state=RequestState.DONE, outcome=outcome, by=agent, at=now)

    assert stored(request_).state == RequestState.OPEN


def test_what_is_closed_stays_as_it_is(request_, agent, now):
    close_request(request=request_, state=RequestState.DONE, outcome="ok", by=agent, at=now)
    before = stored(request_)

    for work in (
        lambda: take_request(request=request_, by=agent, at=now),
        lambda: move_request(request=request_, department=None, assignee=None, by=agent, at=now),
        lambda: wait_with_request(request=request_, waits_for="customer", by=agent, at=now),
        lambda: resume_request(request=request_, by=agent, at=now),
        lambda: close_request(request=request_, state=RequestState.DECLINED, outcome="no", by=agent, at=now),
    ):
        with pytest.raises(RequestClosed):
            work()

    assert (stored(request_).version, stored(request_).outcome) == (before.version, "ok")
    assert OutboxEvent.objects.filter(name="service_request.done").count() == 1


def test_handing_over_gives_what_is_still_theirs(request_, agent, supervisor, now):
    colleague = make_user(role=Role.AGENT, at=now)
    take_request(request=request_, by=agent, at=now)

    assert hand_over_request(row=request_, of=agent, to=colleague, by=supervisor, at=now)
    assert not hand_over_request(row=request_, of=agent, to=supervisor, by=supervisor, at=now)

    assert (stored(request_).assignee, stored(request_).state) == (colleague, RequestState.IN_PROGRESS)


class TestPolicy:
    def rules(self, **facts):
        policy = current_policy()
        names = ("days", "opens_at", "closes_at", "holidays", "extra_days", "hours")
        return {**{name: getattr(policy, name) for name in names}, "replaces": policy.version, **facts}

    def test_a_new_version_counts_from_now_on(self, request_, supervisor, now):
        hours = {kind: dict.fromkeys(by_tier, 1) for kind, by_tier in current_policy().hours.items()}

        create_policy(**self.rules(hours=hours, opens_at=time(14), holidays=[date(2026, 3, 3)]), by=supervisor, at=now)

        assert open_for(at=now).due_at == shanghai("2026-03-02 15:00")
        assert open_for(at=shanghai("2026-03-02 18:00")).due_at == shanghai("2026-03-04 15:00")
        assert stored(request_).due_at == shanghai("2026-03-03 11:30")
        trail = AuditEvent.objects.get(action="service_policy.changed")
        changed = ["opens_at", "holidays", *(f"hours.{kind}" for kind in hours)]
        assert (trail.actor_id, trail.details) == (supervisor.pk, {"version": 2, "changed": changed})

    def test_what_cannot_be_is_refused(self, tenant, supervisor, now):
        hours = current_policy().hours
        for error, facts in (
            (NobodyWorks, {"days": []}),
            (NobodyWorks, {"days": [0]}),
            (ClosesBeforeItOpens, {"closes_at": time(9)}),
            (BadHours, {"hours": {**hours, "chase": {**hours["chase"], "vip": 0}}}),
            (BadHours, {"hours": {"chase": hours["chase"]}}),
            (PolicyChanged, {"replaces": 0}),
        ):
            with pytest.raises(error):
                create_policy(**self.rules(**facts), by=supervisor, at=now)

        assert ServicePolicy.objects.count() == 1

    def test_midnight_is_the_end_of_the_day(self, tenant, supervisor, now):
        create_policy(**self.rules(opens_at=time(0), closes_at=time(0), days=range(1, 8)), by=supervisor, at=now)

        assert open_for(at=now).due_at == now + timedelta(hours=8)
