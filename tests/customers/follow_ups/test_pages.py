"""The list, the page and the forms of follow-ups, and the panel of a customer's page."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.crypto.masking import mask_text
from customers.models import Customer, FollowUp
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_user
from tests.factories.customers import panels_of

LIST_QUERIES = 14
RECORD_QUERIES = 8
PANEL_QUERIES = 8


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


def page(name, follow_up):
    return reverse(f"customers:{name}", args=[follow_up.pk])


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, busy, django_assert_num_queries):
    client = busy(rows)
    client.get(reverse("customers:follow_ups"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("customers:follow_ups"))

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_panel_asks_the_same_number_of_queries(rows, busy, customer, django_assert_num_queries):
    client = busy(rows)
    url = reverse("customers:panel", args=[customer.pk, "follow_ups"])
    client.get(url, headers={"HX-Request": "true"})

    with django_assert_num_queries(PANEL_QUERIES):
        body = client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert body.count("data-row") == min(rows, 10)
    assert ("All open ones" in body) is (rows == 300)


def test_list_filters_and_sorts(customer, vip, team, client_for, now):
    agent = customer.account_manager
    make_follow_up(at=now, subject="One", customer=customer, assignee=agent, due_in=timedelta(days=3))
    make_follow_up(at=now, subject="Two", customer=vip, team=team, kind="visit", priority=1, due_in=timedelta(days=2))
    make_follow_up(at=now, subject="Three", is_promised=True, due_in=timedelta(hours=1))
    FollowUp.objects.filter(is_promised=True).update(state="done", closed_at=now)
    client = client_for(agent)

    def shown(**params):
        return [row.subject for row in client.get(reverse("customers:follow_ups"), params).context["rows"]]

    assert shown(sort="due") == ["Three", "Two", "One"]
    assert shown(state="open", sort="due") == ["Two", "One"]
    assert shown(state="done") == ["Three"]
    assert shown(assignee=str(agent.pk)) == ["One"]
    assert shown(team=str(team.pk)) == ["Two"]
    assert shown(kind="visit") == shown(priority="1") == shown(tier="vip") == ["Two"]
    assert shown(customer="C-1") == ["One"]
    assert shown(promised="yes") == ["Three"]
    assert shown(due_from="2026-03-04", sort="due") == ["Two", "One"]
    assert shown(origin="rule") == []


def test_what_is_personal_in_a_subject_is_hidden_everywhere(customer, client_for, agent, now):
    said = "Tell Lin Mei, 13812345678"
    follow_up = make_follow_up(at=now, customer=customer, subject=said, assignee=agent)
    client = client_for(agent)
    pages = [
        reverse("customers:follow_ups"),
        reverse("customers:my_day"),
        page("follow_up", follow_up),
        page("update_follow_up", follow_up),
        page("done_follow_up", follow_up),
        reverse("customers:panel", args=[customer.pk, "follow_ups"]),
    ]

    for url in pages:
        body = client.get(url).content.decode()
        assert mask_text(said, ["Lin Mei"]) in body, url
        assert "Lin Mei" not in body, url
        assert "13812345678" not in body, url


def test_masked_subject_is_revealed_for_a_reason(customer, client_for, agent, now):
    follow_up = make_follow_up(at=now, customer=customer, subject="Tell Lin Mei")
    reveal = reverse("console:reveal", args=["follow-up", follow_up.pk])

    assert reveal in client_for(agent).get(page("follow_up", follow_up)).content.decode()
    assert "Tell Lin Mei" in client_for(agent).post(reveal, {"reason": "callback"}).content.decode()


@pytest.mark.parametrize("rows", [3, 300])
def test_record_page_asks_the_same_number_of_queries(rows, busy, django_assert_num_queries):
    client = busy(rows)
    follow_up = FollowUp.objects.first()
    client.get(page("follow_up", follow_up))

    with django_assert_num_queries(RECORD_QUERIES):
        client.get(page("follow_up", follow_up))


def test_form_opens_one_for_the_customer_of_a_number(customer, client_for, agent, now):
    data = {
        "customer_number": "c-1",
        "subject": "Call back",
        "kind": "call",
        "due_at": "2026-03-03T09:00",
        "priority": "2",
        "is_promised": "on",
        "assignment": "portfolio",
        "recurrence": "monthly",
        "repeats_every": "3",
        "repeats_until": "2026-12-31",
        "origin": "rule",
        "cause": "x",
    }

    response = client_for(agent).post(reverse("customers:create_follow_up"), data)

    stored = FollowUp.objects.get()
    assert response.url == page("follow_up", stored)
    assert (stored.customer, stored.assignee, stored.priority, stored.is_promised) == (
        customer,
        customer.account_manager,
        2,
        True,
    )
    assert stored.due_at == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert (stored.recurrence, stored.repeats_every, stored.origin, stored.cause) == ("monthly", 3, "hand", "")
    assert "Every 3 months" in client_for(agent).get(page("follow_up", stored)).content.decode()


def test_form_of_a_customer_leads_back_to_its_page(customer, client_for, agent, now):
    url = reverse("customers:create_follow_up_for", args=[customer.pk])
    client = client_for(agent)
    data = {"subject": "Ask", "kind": "call", "due_at": "2026-03-03T09:00", "priority": "3", "assignment": "hand"}

    assert "customer_number" not in client.get(url).context["form"].fields
    assert client.post(url, data).url == reverse("customers:detail", args=[customer.pk])
    assert FollowUp.objects.get().customer == customer
    assert "Ask" in panels_of(client, customer)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"due_at": "2026-03-01T09:00"}, "due_at"),
        ({"due_at": "9999-03-01T09:00"}, "due_at"),
        ({"customer_number": "NONE"}, "customer_number"),
        ({"assignment": "portfolio"}, "assignment"),
        ({"assignment": "load"}, "team"),
        ({"recurrence": "daily", "repeats_until": "2026-03-01"}, "repeats_until"),
        ({"recurrence": "daily", "repeats_every": "0"}, "repeats_every"),
        ({"recurrence": "daily", "repeats_every": "367"}, "repeats_every"),
    ],
)
def test_form_says_beside_the_field_what_is_wrong(data, field, client_for, agent, tenant):
    right = {"subject": "Ask", "kind": "call", "due_at": "2026-03-03T09:00", "priority": "3", "assignment": "hand"}

    response = client_for(agent).post(reverse("customers:create_follow_up"), {**right, **data})

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert FollowUp.objects.count() == 0


def test_edit_keeps_a_masked_subject_and_changes_the_rest(customer, client_for, agent, now):
    follow_up = make_follow_up(at=now, customer=customer, subject="Tell Lin Mei", assignee=agent)
    client = client_for(agent)
    form = client.get(page("update_follow_up", follow_up)).context["form"]
    data = {name: form[name].value() for name in ("version", "began", "kind", "priority")}

    response = client.post(page("update_follow_up", follow_up), {**data, "due_at": "2026-03-05T10:00", "subject": ""})

    stored = FollowUp.objects.get()
    assert response.url == page("follow_up", follow_up)
    assert stored.subject == "Tell Lin Mei"
    assert stored.due_at == datetime(2026, 3, 5, 2, tzinfo=UTC)


def test_edit_of_an_overdue_one_leaves_its_time(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent, due_at=datetime(2026, 3, 1, 1, 0, 59, 7, tzinfo=UTC))
    client = client_for(agent)
    form = client.get(page("update_follow_up", follow_up)).context["form"]
    data = {name: form[name].value() for name in ("version", "began", "kind", "subject")}

    response = client.post(page("update_follow_up", follow_up), {**data, "due_at": "2026-03-01T09:00", "priority": "1"})

    stored = FollowUp.objects.get()
    assert (response.status_code, stored.priority, stored.due_at) == (302, 1, datetime(2026, 3, 1, 1, tzinfo=UTC))


def test_edit_beside_somebody_else_asks_what_to_take(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    client = client_for(agent)
    form = client.get(page("update_follow_up", follow_up)).context["form"]
    data = {name: form[name].value() for name in ("version", "began", "kind", "subject", "repeats_every")}
    FollowUp.objects.update(priority=1, version=2)

    due_at = "2026-03-02T15:30"
    response = client.post(page("update_follow_up", follow_up), {**data, "due_at": due_at, "priority": "4"})

    assert response.status_code == 422
    assert [each.name for each in response.context["form"].conflict.differences] == ["priority"]
    assert FollowUp.objects.get().priority == 1


def test_who_may_take_steps(client_for, customer, crew, now):
    marketer = make_user(role=Role.MARKETING, at=now)
    officer = make_user(role=Role.PRIVACY_OFFICER, at=now)
    own = make_follow_up(at=now, customer=customer, assignee=crew.agent, by=crew.account_manager)
    free = make_follow_up(at=now, customer=customer)

    def allowed(user):
        client = client_for(user)
        return [client.get(page("done_follow_up", each)).status_code for each in (own, free)]

    assert allowed(crew.agent) == allowed(crew.account_manager) == allowed(crew.supervisor) == [200, 200]
    assert allowed(marketer) == [403, 200]
    assert allowed(officer) == [403, 403]
    assert client_for(officer).get(page("follow_up", own)).status_code == 200
    assert client_for(marketer).post(page("done_follow_up", own), {"outcome": ""}).status_code == 403
    assert FollowUp.objects.filter(state="done").count() == 0


def test_record_page_offers_what_fits_its_state(client_for, agent, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    client = client_for(agent)

    assert page("done_follow_up", follow_up) in client.get(page("follow_up", follow_up)).content.decode()
    FollowUp.objects.update(state="done", closed_at=now)
    closed = client.get(page("follow_up", follow_up)).content.decode()
    assert page("done_follow_up", follow_up) not in closed
    assert page("reopen_follow_up", follow_up) in closed


def test_customers_of_another_kind_of_follow_up_are_not_in_the_panel(customer, vip, client_for, agent, now):
    make_follow_up(at=now, customer=vip, subject="Of the other")
    make_follow_up(at=now, customer=customer, subject="Of this one")

    shown = panels_of(client_for(agent), Customer.objects.get(pk=customer.pk))

    assert "Of this one" in shown
    assert "Of the other" not in shown
