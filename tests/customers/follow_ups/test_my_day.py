"""My day: what stands in it, in which order, and its steps without leaving it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from customers.models import Customer, FollowUp
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer

QUERIES = 14
DAY = {"HX-Request": "true", "HX-Target": "day"}


@pytest.fixture(autouse=True)
def noon():
    """Half past twelve in Shanghai."""
    with time_machine.travel(datetime(2026, 3, 2, 4, 30, tzinfo=UTC), tick=False):
        yield


def shown(client):
    return [row.subject for row in client.get(reverse("customers:my_day")).context["rows"]]


def test_day_is_ordered_by_tier_clock_and_promise(client_for, agent, customer, vip, now):
    mid = make_customer(at=now)
    Customer.objects.filter(pk=mid.pk).update(tier="mid")
    hour = timedelta(hours=1)
    for subject, whose, due_in, promised, priority in (
        ("nobody's, overdue", None, -9 * hour, True, 1),
        ("mid, overdue", mid, -9 * hour, True, 1),
        ("vip, late", vip, 9 * hour, False, 3),
        ("vip, late, promised", vip, 10 * hour, True, 3),
        ("vip, late, pressing", vip, 10 * hour, False, 2),
        ("vip, soon", vip, hour, False, 3),
        ("vip, overdue", vip, -hour, False, 4),
        ("no tier", customer, hour, False, 3),
    ):
        facts = {"customer": whose, "due_in": due_in, "is_promised": promised, "priority": priority}
        make_follow_up(at=now, subject=subject, assignee=agent, **facts)

    assert shown(client_for(agent)) == [
        "vip, overdue",
        "vip, soon",
        "vip, late, promised",
        "vip, late, pressing",
        "vip, late",
        "mid, overdue",
        "nobody's, overdue",
        "no tier",
    ]


def test_day_holds_what_is_mine_and_due_today(client_for, crew, team, members, now):
    anna, _bert = members
    for subject, facts in {
        "mine": {"assignee": anna},
        "another's": {"assignee": crew.agent},
        "my team's": {"team": team},
        "my team's, another's": {"team": team, "assignee": crew.agent},
        "nobody's": {},
        "tomorrow": {"assignee": anna, "due_at": datetime(2026, 3, 2, 16, tzinfo=UTC)},
        "today's last minute": {"assignee": anna, "due_at": datetime(2026, 3, 2, 15, 59, tzinfo=UTC)},
    }.items():
        make_follow_up(at=now, subject=subject, **facts)

    assert shown(client_for(anna)) == ["mine", "my team's", "today's last minute"]
    assert shown(client_for(crew.supervisor)) == ["nobody's"]
    assert shown(client_for(crew.account_manager)) == []


def test_snoozed_comes_back_when_its_time_is_over(client_for, agent, now):
    make_follow_up(at=now, subject="Later", assignee=agent)
    FollowUp.objects.update(snoozed_until=now + timedelta(minutes=30))
    client = client_for(agent)

    answer = client.get(reverse("customers:my_day"))
    assert (answer.context["rows"], answer.context["figures"]["snoozed"].value) == ([], 1)
    with time_machine.travel(now + timedelta(minutes=30), tick=False):
        assert shown(client) == ["Later"]


@pytest.mark.parametrize("rows", [3, 300])
def test_day_asks_the_same_number_of_queries(rows, busy, django_assert_num_queries):
    client = busy(rows)
    client.get(reverse("customers:my_day"))

    with django_assert_num_queries(QUERIES):
        answer = client.get(reverse("customers:my_day"))

    assert len(answer.context["rows"]) == min(rows, 100)
    assert answer.context["has_more"] is (rows == 300)


def test_every_step_of_a_row_is_done_from_the_day(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    client = client_for(agent)
    body = client.get(reverse("customers:my_day")).content.decode()

    for step in ("done", "snooze", "reschedule", "hand_over", "cancel"):
        assert body.count(f'data-step="{step}"') == 1
        assert reverse(f"customers:{step}_follow_up", args=[follow_up.pk]) in body


@pytest.mark.parametrize(
    "case",
    [
        ("snooze", {"minutes": "60"}, {"snoozed_until": datetime(2026, 3, 2, 5, 30, tzinfo=UTC)}),
        ("reschedule", {"days": "1"}, {"due_at": datetime(2026, 3, 3, 7, 30, tzinfo=UTC)}),
        ("done", {}, {"state": "done"}),
        ("cancel", {}, {"state": "cancelled"}),
    ],
)
def test_step_answers_with_the_day_as_it_stands_then(case, client_for, agent, now):
    step, data, left = case
    follow_up = make_follow_up(at=now, assignee=agent, subject="First")
    make_follow_up(at=now, assignee=agent, subject="Second")
    url = reverse(f"customers:{step}_follow_up", args=[follow_up.pk])

    answer = client_for(agent).post(url, data, headers=DAY)

    assert answer.status_code == 200
    assert [row.subject for row in answer.context["rows"]] == ["Second"]
    assert 'id="day"' in answer.content.decode()
    assert FollowUp.objects.filter(pk=follow_up.pk, **left).count() == 1


def test_step_without_scripts_leads_back_to_the_day(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    day = reverse("customers:my_day")
    url = reverse("customers:done_follow_up", args=[follow_up.pk])

    assert client_for(agent).post(f"{url}?next={day}").url == day
    make = make_follow_up(at=now, assignee=agent)
    away = reverse("customers:done_follow_up", args=[make.pk]) + "?next=https://evil.example/"
    assert client_for(agent).post(away).url == reverse("customers:follow_up", args=[make.pk])


def test_step_that_is_refused_says_why_in_the_day(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    FollowUp.objects.update(state="done", closed_at=now)

    answer = client_for(agent).post(reverse("customers:done_follow_up", args=[follow_up.pk]), headers=DAY)

    assert (answer.status_code, answer.context["rows"]) == (200, [])
    assert "done or cancelled already" in answer.content.decode()


def test_what_was_done_today_can_be_opened_again(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent, subject="By mistake")
    client = client_for(agent)
    client.post(reverse("customers:done_follow_up", args=[follow_up.pk]), headers=DAY)

    answer = client.get(reverse("customers:my_day"))
    assert [row.subject for row in answer.context["done"]] == ["By mistake"]
    client.post(reverse("customers:reopen_follow_up", args=[follow_up.pk]), headers=DAY)
    assert shown(client) == ["By mistake"]


def test_my_day_is_where_work_begins(client_for, agent, tenant):
    assert client_for(agent).get("/").url == reverse("customers:my_day")
