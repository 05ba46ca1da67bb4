"""Service requests among the work of somebody's day, and the figures of the day with the lists behind them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from core.accounts.models import User
from core.accounts.services import create_department, create_team
from customers.models import Customer, FollowUp
from service_requests.models import ServiceRequest
from service_requests.services import close_request, wait_with_request
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for, open_many

QUERIES = 12
DAY = {"HX-Request": "true", "HX-Target": "day"}
# Half past twelve in Shanghai, a Monday.
NOON = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


def make_request(*, due_in=timedelta(hours=-1), customer=None, **facts):
    request = open_for(customer, at=NOON, **facts)
    ServiceRequest.objects.filter(pk=request.pk).update(due_at=NOON + due_in)
    request.refresh_from_db()
    return request


def vip(**facts):
    customer = make_customer(at=NOON, **facts)
    Customer.objects.filter(pk=customer.pk).update(tier="vip")
    customer.refresh_from_db()
    return customer


def day_of(client):
    return client.get(reverse("customers:my_day"))


def shown(client):
    return [row.pk for row in day_of(client).context["rows"]]


def counted(client, url):
    return client.get(url).context["list"].capped_count


def test_requests_and_follow_ups_stand_in_one_order(client_for, agent):
    valued = vip()
    hour = timedelta(hours=1)
    plain = make_request(assignee=agent, due_in=-9 * hour)
    late = make_request(assignee=agent, customer=valued)
    call = make_follow_up(at=NOON, assignee=agent, customer=valued, due_in=-hour)
    promised = make_follow_up(at=NOON, assignee=agent, customer=valued, due_in=hour, is_promised=True)
    soon = make_request(assignee=agent, customer=valued, due_in=hour / 2)
    errand = make_follow_up(at=NOON, assignee=agent, due_in=-hour)

    found = shown(client_for(agent))

    assert set(found[:2]) == {late.pk, call.pk}
    assert found[2:] == [promised.pk, soon.pk, plain.pk, errand.pk]


def test_day_holds_requests_in_the_hands_of_the_person_their_team_and_department(client_for, agent, supervisor):
    desk = create_department(name="Desk", by=None, at=NOON)
    callers = create_team(name="Callers", department=None, by=None, at=NOON)
    User.objects.filter(pk=agent.pk).update(department=desk, team=callers)
    agent.refresh_from_db()
    mine = make_request(assignee=agent)
    desks = make_request(department=desk)
    teams = make_request()
    ServiceRequest.objects.filter(pk=teams.pk).update(team=callers)
    make_request(assignee=supervisor, department=desk)
    nobodys = make_request()
    make_request(assignee=agent, due_in=timedelta(days=1))
    waits = make_request(assignee=agent)
    wait_with_request(request=waits, waits_for="customer", by=agent, at=NOON)
    done = make_request(assignee=agent)
    close_request(request=done, state="done", outcome="ok", by=agent, at=NOON)

    assert set(shown(client_for(agent))) == {mine.pk, desks.pk, teams.pk}
    assert nobodys.pk in shown(client_for(supervisor))
    assert [row.pk for row in day_of(client_for(agent)).context["done"]] == [done.pk]


@pytest.mark.parametrize("zone", ["", "America/New_York"])
def test_every_figure_counts_what_its_lists_hold(client_for, agent, supervisor, zone):
    callers = create_team(name="Callers", department=None, by=None, at=NOON)
    User.objects.filter(pk=agent.pk).update(team=callers, time_zone=zone)
    agent.refresh_from_db()
    for facts in (
        {"assignee": agent, "due_in": -timedelta(hours=1)},
        {"team": callers, "due_in": -timedelta(hours=2)},
        {"team": callers},
        {"assignee": agent, "due_in": timedelta(0)},
        {"assignee": agent, "due_in": timedelta(days=2)},
        {"assignee": supervisor, "team": callers},
    ):
        make_follow_up(at=NOON, **facts)
    snoozed = make_follow_up(at=NOON, assignee=agent)
    FollowUp.objects.filter(pk=snoozed.pk).update(snoozed_until=NOON + timedelta(hours=1))
    done = make_follow_up(at=NOON, assignee=agent)
    FollowUp.objects.filter(pk=done.pk).update(state="done", closed_at=NOON, closed_by=agent)
    make_request(assignee=agent)
    make_request(assignee=agent, due_in=timedelta(hours=3))
    make_request(assignee=agent, due_in=timedelta(days=3))
    closed = make_request(assignee=agent)
    close_request(request=closed, state="done", outcome="ok", by=agent, at=NOON)
    client = client_for(agent)

    context = day_of(client).context

    figures = context["figures"]
    assert {name: figure.value for name, figure in figures.items()} == {
        "overdue": 3,
        "today": 3,
        "snoozed": 1,
        "done": 2,
    }
    assert {name: [part.count for part in figure.told] for name, figure in figures.items()} == {
        "overdue": [2, 1],
        "today": [2, 1],
        "snoozed": [1],
        "done": [1, 1],
    }
    parts = [part for figure in figures.values() for part in figure.told] + context["whole"]
    assert [counted(client, part.url) for part in parts] == [part.count for part in parts]
    assert sum(part.count for part in context["whole"]) == len(context["rows"]) == 6
    body = day_of(client).content.decode()
    assert all(part.url.replace("&", "&amp;") in body for part in parts[:-2])


@pytest.mark.parametrize("rows", [3, 300])
def test_day_asks_the_same_number_of_queries(rows, client_for, agent, django_assert_num_queries):
    open_many(rows, at=NOON)
    ServiceRequest.objects.update(assignee=agent, due_at=NOON)
    client = client_for(agent)
    day_of(client)

    with django_assert_num_queries(QUERIES):
        answer = day_of(client)

    assert len(answer.context["rows"]) == min(rows, 100)
    assert answer.context["has_more"] is (rows == 300)
    assert ("300 service requests" in answer.content.decode()) is (rows == 300)


def test_request_is_taken_from_the_day_and_done_from_there(client_for, agent):
    desk = create_department(name="Desk", by=None, at=NOON)
    User.objects.filter(pk=agent.pk).update(department=desk)
    request = make_request(department=desk)
    day = reverse("customers:my_day")
    client = client_for(agent)
    body = day_of(client).content.decode()
    assert [body.count(f'data-step="{step}"') for step in ("take", "done", "snooze", "hand_over", "cancel")] == [
        *(1, 0, 1, 1, 1)
    ]

    answer = client.post(reverse("service_requests:take", args=[request.pk]), headers=DAY)

    assert answer.status_code == 200
    assert answer.context["rows"][0].record.assignee_id == agent.pk
    body = answer.content.decode()
    assert [body.count(f'data-step="{step}"') for step in ("take", "done")] == [0, 1]
    finish = reverse("service_requests:finish", args=[request.pk])
    assert f'{finish}?next={day}"' in body
    assert client.post(f"{finish}?next={day}", {"outcome": "Found"}).url == day
    away = client.post(f"{reverse('service_requests:take', args=[make_request().pk])}?next=https://evil.example/")
    assert away.url.startswith("/service-requests/")
    assert [row.pk for row in day_of(client).context["done"]] == [request.pk]


def test_who_may_not_work_on_requests_sees_none(client_for, agent, monkeypatch):
    make_request(assignee=agent)
    monkeypatch.setattr("customers.day.may", lambda _user, permission: permission != "service_requests.work")

    assert shown(client_for(agent)) == []
