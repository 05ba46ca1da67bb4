"""The calendar of somebody's follow-ups: its link, and what other programs read by it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.web.public import PER_LINK
from customers.follow_ups.calendar import escaped, folded
from customers.models import CalendarFeed, FollowUp
from customers.services.calendars import GOOD_FOR, SALT, make_feed, token_of
from tests.customers.follow_ups.made import make_follow_up, make_many
from tests.factories.accounts import inside, make_user, outside

QUERIES = 11


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def feed(agent, now):
    return make_feed(user=agent, at=now)


@pytest.fixture
def read(tenant):
    """Return what a program that signs in nowhere gets at an address."""

    def read(token):
        with outside(tenant):
            return Client().get(reverse("customers:calendar_feed", args=[token]))

    return read


def unfolded(answer):
    return answer.content.decode().replace("\r\n ", "").split("\r\n")


def test_feed_holds_what_is_open_masked(customer, agent, feed, read, now):
    due_at = datetime(2026, 3, 3, 1, tzinfo=UTC)
    facts = {"customer": customer, "assignee": agent, "priority": 2, "is_promised": True}
    follow_up = make_follow_up(at=now, subject="Tell Lin Mei; a, b\nand 13812345678", due_at=due_at, **facts)
    make_follow_up(at=now, subject="A colleague's", assignee=customer.account_manager)
    FollowUp.objects.filter(pk=make_follow_up(at=now, assignee=agent).pk).update(state="done", closed_at=now)

    answer = read(token_of(feed))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "no-store" in answer.headers["Cache-Control"]
    lines = unfolded(answer)
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Courier CRM//Follow-ups//EN"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    event = lines[lines.index("BEGIN:VEVENT") : lines.index("END:VEVENT")]
    assert lines.count("BEGIN:VEVENT") == 1
    assert event[1:6] == [
        f"UID:{follow_up.pk}@courier-crm",
        "DTSTAMP:20260302T043000Z",
        "SEQUENCE:1",
        "DTSTART:20260303T010000Z",
        "DTEND:20260303T013000Z",
    ]
    assert event[6] == "SUMMARY:Call: Tell L****i\\; a\\, b\\nand 138****5678 · Harbour Foods".replace(
        "138****5678", event[6].partition("and ")[2].partition(" ")[0]
    )
    assert "PRIORITY:3" in event
    about = event[6].replace("SUMMARY:Call: ", "DESCRIPTION:")
    assert event[-5:] == ["BEGIN:VALARM", "ACTION:DISPLAY", about, "TRIGGER:-PT30M", "END:VALARM"]
    assert "Promised to the customer" in event[7]
    body = answer.content.decode()
    assert "Lin Mei" not in body
    assert "13812345678" not in body


def test_lines_are_folded_at_75_octets_and_no_letter_is_cut():
    for line in ("SUMMARY:" + "跟进" * 60, "SUMMARY:" + "x" * 300, "SUMMARY:" + "😀a" * 50, "SHORT:1"):
        parts = list(folded(line))

        assert max(len(part.encode()) for part in parts) <= 75
        assert parts[0] + "".join(part.removeprefix(" ") for part in parts[1:]) == line
        assert all(part.startswith(" ") for part in parts[1:])


def test_text_is_escaped():
    assert escaped("a\\b;c,d\r\ne\nf\x00\x07") == "a\\\\b\\;c\\,d\\ne\\nf"


@pytest.mark.parametrize("rows", [3, 300])
def test_feed_asks_the_same_number_of_queries(rows, customer, feed, read, django_assert_num_queries):
    make_many(rows, at=datetime(2026, 3, 2, 4, 30, tzinfo=UTC), customer=customer, assignee=feed.user)
    read(token_of(feed))

    with django_assert_num_queries(QUERIES):
        answer = read(token_of(feed))

    assert unfolded(answer).count("BEGIN:VEVENT") == rows


def test_link_that_is_renewed_or_revoked_is_over(agent, feed, read, client_for, now):
    first = token_of(feed)
    client = client_for(agent)

    client.post(reverse("customers:make_calendar"))
    second = token_of(CalendarFeed.objects.get())
    assert [read(first).status_code, read(second).status_code] == [404, 200]
    assert second in client.get(reverse("customers:calendar")).content.decode()
    client.post(reverse("customers:revoke_calendar"))
    assert (read(second).status_code, CalendarFeed.objects.count()) == (404, 0)
    actions = AuditEvent.objects.filter(subject_id=agent.pk, action__startswith="calendar.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["calendar.made", "calendar.made", "calendar.revoked"]


@pytest.mark.parametrize("facts", [{"is_active": False}, {"role": Role.PRIVACY_OFFICER}])
def test_link_of_who_may_not_any_more_is_over(facts, agent, feed, read):
    type(agent).objects.filter(pk=agent.pk).update(**facts)

    assert read(token_of(feed)).status_code == 404


def test_made_up_links_open_nothing(agent, feed, read, tenant, other_tenant):
    good = [tenant.pk.hex, agent.pk.hex, feed.word]
    forged = [
        signing.dumps(good, salt="another"),
        token_of(feed)[:-1],
        signing.dumps([other_tenant.pk.hex, *good[1:]], salt=SALT),
        signing.dumps([*good[:2], "word"], salt=SALT),
        "nothing",
    ]

    assert [read(token).status_code for token in forged] == [404] * 5
    assert read(token_of(feed)).status_code == 200


def test_link_of_another_courier_shows_nothing_to_who_is_signed_in(feed, tenant, other_tenant, client_for, now):
    with inside(other_tenant, leaving=tenant):
        client = client_for(make_user(role=Role.AGENT, at=now))

    with outside(tenant):
        assert client.get(reverse("customers:calendar_feed", args=[token_of(feed)])).status_code == 404


def test_snoozed_and_far_ones_are_in_the_calendar(agent, feed, read, now):
    make_follow_up(at=now, assignee=agent, due_in=timedelta(days=90))
    FollowUp.objects.update(snoozed_until=now + timedelta(days=1))

    assert unfolded(read(token_of(feed))).count("BEGIN:VEVENT") == 1


def test_what_nobody_was_promised_rings_nobody(agent, feed, read, now):
    make_follow_up(at=now, assignee=agent)

    assert "BEGIN:VALARM" not in unfolded(read(token_of(feed)))


def test_link_is_over_after_a_year_unless_renewed(agent, feed, read, client_for, now):
    page, token = reverse("customers:calendar"), token_of(feed)
    with time_machine.travel(now + GOOD_FOR - timedelta(minutes=1), tick=False):
        assert read(token).status_code == 200
    with time_machine.travel(now + GOOD_FOR, tick=False):
        assert read(token).status_code == 404
        client = client_for(agent)
        assert "The link is over." in client.get(page).content.decode()
        assert "Over" in client.get(reverse("console:home")).content.decode()

        client.post(reverse("customers:renew_calendar"))

        assert "The link is over." not in client.get(page).content.decode()
        assert read(token).status_code == 200
        assert AuditEvent.objects.filter(action="calendar.renewed", subject_id=agent.pk).count() == 1
    with time_machine.travel(now + 2 * GOOD_FOR, tick=False):
        assert read(token).status_code == 404


def test_renewing_no_link_makes_none(agent, client_for):
    client_for(agent).post(reverse("customers:renew_calendar"))

    assert not CalendarFeed.objects.exists()
    assert not AuditEvent.objects.filter(action="calendar.renewed").exists()


def test_link_is_read_so_often_an_hour(feed, read, now):
    token = token_of(feed)
    for _ in range(PER_LINK):
        assert read(token).status_code == 200

    refused = read(token)

    assert (refused.status_code, refused.headers["Retry-After"], refused.content) == (429, "3600", b"")
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert read(token).status_code == 200
