"""A calendar of follow-ups for other programs: iCalendar (RFC 5545), one event for each."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.enums import Priority
from customers.follow_ups.words import Shown
from customers.models import FollowUp

CONTENT_TYPE = "text/calendar; charset=utf-8"
MOST_OCTETS = 75
# Follow-ups have a time by which they are done; calendars show something that lasts.
LASTS = timedelta(minutes=30)
BEFORE_PROMISE = timedelta(minutes=30)
# RFC 5545, 3.8.1.9: 1 is the highest, 5 the middle, 9 the lowest.
PRIORITIES = {Priority.URGENT: 1, Priority.HIGH: 3, Priority.NORMAL: 5, Priority.LOW: 9}


def calendar(rows: Iterable[Shown], *, name: str, address: str, at: datetime) -> bytes:
    """Return a calendar of follow-ups, what is personal in them hidden; `address` is where the product is served."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Courier CRM//Follow-ups//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        _text("NAME", name),
        _text("X-WR-CALNAME", name),
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for shown in rows:
        lines += _event(shown, address, at)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in folded(line)).encode()


def folded(line: str) -> Iterator[str]:
    """Yield a content line in parts of at most 75 octets, each but the first after a space (RFC 5545, 3.1).

    No letter is cut, however many octets it takes.
    """
    part, octets = "", 0
    for letter in line:
        width = len(letter.encode())
        if octets + width > MOST_OCTETS:
            yield part
            part, octets = " ", 1
        part += letter
        octets += width
    yield part


def escaped(text: str) -> str:
    """Return a text as a value of type TEXT (RFC 5545, 3.3.11), without control characters, which it cannot hold."""
    for letter, instead in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\r", "\n"), ("\n", "\\n")):
        text = text.replace(letter, instead)
    return "".join(letter for letter in text if letter.isprintable() or letter == "\t")


def _event(shown: Shown, address: str, at: datetime) -> list[str]:
    follow_up = shown.follow_up
    customer = follow_up.customer
    about = f"{shown.subject} · {customer.display_name}" if customer else shown.subject
    url = f"{address}{reverse('customers:follow_up', args=[follow_up.pk])}"
    return [
        "BEGIN:VEVENT",
        f"UID:{follow_up.pk}@courier-crm",
        f"DTSTAMP:{_moment(at)}",
        f"SEQUENCE:{follow_up.version}",
        f"DTSTART:{_moment(follow_up.due_at)}",
        f"DTEND:{_moment(follow_up.due_at + LASTS)}",
        _text("SUMMARY", f"{follow_up.get_kind_display()}: {about}"),
        _text("DESCRIPTION", _facts(follow_up, url)),
        f"URL:{url}",
        f"PRIORITY:{PRIORITIES[Priority(follow_up.priority)]}",
        "STATUS:CONFIRMED",
        # It takes none of the time in which colleagues may invite somebody.
        "TRANSP:TRANSPARENT",
        *(_alarm(about) if follow_up.is_promised else ()),
        "END:VEVENT",
    ]


def _alarm(about: str) -> list[str]:
    """Return a reminder of what was promised to a customer (RFC 5545, 3.6.6)."""
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        _text("DESCRIPTION", about),
        f"TRIGGER:-PT{BEFORE_PROMISE // timedelta(minutes=1)}M",
        "END:VALARM",
    ]


def _facts(follow_up: FollowUp, url: str) -> str:
    facts = [follow_up.get_priority_display()]
    if follow_up.customer is not None:
        tier = follow_up.customer.get_tier_display() if follow_up.customer.tier else ""
        facts = [follow_up.customer.number, tier, *facts]
    if follow_up.is_promised:
        facts.append(_("Promised to the customer"))
    return "\n".join([" · ".join(filter(None, facts)), url])


def _text(name: str, value: str) -> str:
    return f"{name}:{escaped(value)}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
