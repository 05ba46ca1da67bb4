"""The page of events: what is due, what is dead, and that it is sent again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import EventDelivery, OutboxEvent
from core.tenancy.ids import uuid7
from tests.factories.accounts import make_user

PAGE_QUERIES = 15
RECEIVER = "tiering.tell_account_manager"


@pytest.fixture
def owed(tenant, now):
    """Make what a receiver is owed, in some state."""

    def owed(state, error="", due_at=now, receiver=RECEIVER):
        event = OutboxEvent.objects.create(
            name="customer.tier_changed", version=1, subject_id=uuid7(), payload={}, occurred_at=now
        )
        return EventDelivery.objects.create(
            event=event, receiver=receiver, state=state, error=error, attempts=3, due_at=due_at
        )

    return owed


def test_page_shows_what_is_not_settled(owed, supervisor, now, client_for):
    owed("done", error="Never shown")
    owed("due", error="OperationalError", due_at=now + timedelta(days=365 * 10))
    dead = owed("dead", error="ZeroDivisionError")

    page = client_for(supervisor).get(reverse("console:events"))

    body = page.content.decode()
    assert ("Never shown" in body, "OperationalError" in body, "ZeroDivisionError" in body) == (False, True, True)
    assert reverse("console:send_event_again", args=[dead.pk]) in body
    standing = page.context["standing"]
    assert (standing.due, standing.later, standing.dead, standing.waiting) == (0, 1, 1, 0)


def test_one_dead_letter_is_sent_again(owed, supervisor, client_for):
    dead, other = owed("dead"), owed("dead")
    client = client_for(supervisor)

    told = client.post(reverse("console:send_event_again", args=[dead.pk]), follow=True).content.decode()
    again = client.post(reverse("console:send_event_again", args=[dead.pk]), follow=True).content.decode()

    dead.refresh_from_db()
    other.refresh_from_db()
    assert ("The event is due again" in told, "This event is no dead letter" in again) == (True, True)
    assert (dead.state, dead.attempts, other.state) == ("due", 0, "dead")
    trace = AuditEvent.objects.get(action="event.sent_again")
    assert (trace.subject_id, trace.actor_id, trace.details) == (dead.pk, supervisor.pk, {"receiver": RECEIVER})


def test_all_that_match_are_sent_again(owed, supervisor, client_for):
    kept = owed("dead", error="ValueError")
    for _each in range(60):
        owed("dead", error="ZeroDivisionError")
    client = client_for(supervisor)

    told = client.post(reverse("console:send_events_again"), {"query": "error=Zero"}, follow=True).content.decode()

    assert "60 dead letters are due again." in told
    assert [delivery.pk for delivery in EventDelivery.objects.filter(state="dead")] == [kept.pk]
    assert AuditEvent.objects.get(action="event.sent_again").details == {"rows": 60}


def test_filter_that_is_not_understood_sends_nothing(owed, supervisor, client_for):
    owed("dead")

    told = client_for(supervisor).post(reverse("console:send_events_again"), {"query": "x=1"}, follow=True)

    assert "Nothing was sent" in told.content.decode()
    assert EventDelivery.objects.get().state == "dead"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SUPERVISOR}))
def test_other_roles_may_neither_see_nor_send(owed, now, client_for, role):
    dead = owed("dead")
    client = client_for(make_user(role=role, at=now))

    answers = [
        client.get(reverse("console:events")),
        client.post(reverse("console:send_event_again", args=[dead.pk])),
        client.post(reverse("console:send_events_again")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert EventDelivery.objects.get().state == "dead"


@pytest.mark.parametrize("rows", [3, 300])
def test_page_asks_the_same_number_of_queries(rows, owed, supervisor, client_for, django_assert_num_queries):
    for _each in range(rows):
        owed("dead", error="ValueError")
    client = client_for(supervisor)
    client.get(reverse("console:events"))

    with django_assert_num_queries(PAGE_QUERIES):
        page = client.get(reverse("console:events"))

    assert page.status_code == 200
