"""Who is in charge of a request is told of it."""

from datetime import UTC, datetime

import pytest

from core.accounts.enums import Role
from core.accounts.services import create_department, deactivate_user
from core.events.models import OutboxEvent
from core.web.models import Notice
from core.web.notices import lines_of
from service_requests.enums import RequestState
from service_requests.receivers import tell_those_in_charge
from service_requests.services import close_request, move_request, take_request
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for

LATER = datetime(2026, 3, 2, 5, tzinfo=UTC)


def deliver():
    for event in OutboxEvent.objects.filter(name__in=["service_request.opened", "service_request.assigned"]):
        tell_those_in_charge(event=event, at=LATER)


def told():
    notices = Notice.objects.order_by("created_at", "pk").select_related("user")
    return [(line.notice.user, line.words.text, line.words.detail) for line in lines_of(list(notices))]


@pytest.fixture
def desk(tenant, now):
    """A department with an agent, an analyst who may not work on requests, and an agent who has left."""
    desk = create_department(name="Desk", by=None, at=now)
    people = [make_user(role=role, at=now) for role in (Role.AGENT, Role.ANALYST, Role.AGENT)]
    for person in people:
        person.department = desk
        person.save(update_fields=["department"])
    deactivate_user(user=people[2], by=people[0], at=now)
    desk.agent = people[0]
    return desk


def test_department_is_told_of_what_nobody_is_in_charge_of(desk, agent, now):
    open_for(make_customer(at=now, company_name="Blue Kiln"), at=now, department=desk, by=agent)

    deliver()
    deliver()

    assert told() == [(desk.agent, "SR000001 came to your department: Chase a parcel", "Blue Kiln")]


def test_colleague_in_charge_is_told_and_the_department_is_not(desk, agent, supervisor, now):
    open_for(make_customer(at=now, company_name="Blue Kiln"), at=now, department=desk, assignee=supervisor, by=agent)

    deliver()

    assert told() == [(supervisor, "You are in charge of SR000001: Chase a parcel", "Blue Kiln")]


def test_who_opened_it_is_not_told(desk, now):
    open_for(at=now, department=desk, by=desk.agent)

    deliver()

    assert told() == []


def test_who_is_put_in_charge_is_told(agent, supervisor, now):
    request = open_for(at=now)
    move_request(request=request, department=None, assignee=supervisor, by=agent, at=now)

    deliver()

    assert [user for user, _text, _detail in told()] == [supervisor]


def test_taking_it_oneself_is_no_news_and_a_closed_one_is_none(agent, supervisor, now):
    taken, closed = open_for(at=now), open_for(at=now, assignee=supervisor)
    take_request(request=taken, by=agent, at=now)
    move_request(request=taken, department=None, assignee=agent, by=agent, at=now)
    close_request(request=closed, state=RequestState.DONE, outcome="ok", by=agent, at=now)

    deliver()

    assert [user for user, _text, _detail in told() if user != agent] == []
    assert OutboxEvent.objects.filter(name="service_request.assigned").count() == 0
