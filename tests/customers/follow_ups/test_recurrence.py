"""When the next of a series is due, by the wall clock of the courier's place."""

from datetime import UTC, date, datetime

import pytest

from customers.follow_ups.recurrence import next_due


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("recurrence", "first", "after", "expected"),
    [
        ("daily", "2026-03-02T01:00", "2026-03-02T01:00", "2026-03-03T01:00"),
        ("daily", "2026-03-02T01:00", "2026-03-05T00:59", "2026-03-05T01:00"),
        ("daily", "2026-03-02T01:00", "2026-03-05T01:00", "2026-03-06T01:00"),
        ("weekly", "2026-03-02T01:00", "2026-03-02T01:00", "2026-03-09T01:00"),
        ("weekly", "2026-03-02T01:00", "2026-03-20T12:00", "2026-03-23T01:00"),
        ("monthly", "2026-01-31T01:00", "2026-01-31T01:00", "2026-02-28T01:00"),
        ("monthly", "2026-01-31T01:00", "2026-02-28T01:00", "2026-03-31T01:00"),
        ("monthly", "2026-11-15T01:00", "2026-12-15T01:00", "2027-01-15T01:00"),
        ("yearly", "2024-02-29T01:00", "2024-02-29T01:00", "2025-02-28T01:00"),
        ("yearly", "2024-02-29T01:00", "2027-03-01T00:00", "2028-02-29T01:00"),
    ],
)
def test_next_lies_after_what_has_passed(recurrence, first, after, expected):
    found = next_due(first=moment(first), recurrence=recurrence, after=moment(after), time_zone="Asia/Shanghai")

    assert found == moment(expected)


def test_late_evening_counts_by_the_day_of_the_place():
    """23:30 in Shanghai on the 31st is the 31st, though in UTC it is 15:30 of the same day."""
    first = moment("2026-01-31T15:30")

    found = next_due(first=first, recurrence="monthly", after=first, time_zone="Asia/Shanghai")

    assert found == moment("2026-02-28T15:30")


def test_summer_time_keeps_the_time_of_day():
    first = moment("2026-03-28T08:00")

    found = next_due(first=first, recurrence="daily", after=first, time_zone="Europe/Berlin")

    assert found == moment("2026-03-29T07:00")


def test_hour_that_the_clock_skips_becomes_the_one_after_it():
    first = moment("2026-03-28T01:30")

    found = next_due(first=first, recurrence="daily", after=first, time_zone="Europe/Berlin")

    assert found == moment("2026-03-29T01:30")


@pytest.mark.parametrize(
    ("recurrence", "every", "first", "after", "expected"),
    [
        ("weekly", 2, "2026-03-02T01:00", "2026-03-02T01:00", "2026-03-16T01:00"),
        ("weekly", 2, "2026-03-02T01:00", "2026-03-16T01:00", "2026-03-30T01:00"),
        ("weekly", 2, "2026-03-02T01:00", "2026-03-23T12:00", "2026-03-30T01:00"),
        ("monthly", 3, "2025-11-30T01:00", "2025-11-30T01:00", "2026-02-28T01:00"),
        ("monthly", 3, "2025-11-30T01:00", "2026-02-28T01:00", "2026-05-30T01:00"),
        ("daily", 30, "2026-03-02T01:00", "2026-03-02T01:00", "2026-04-01T01:00"),
        ("daily", 90, "2026-03-02T01:00", "2026-06-01T00:00", "2026-08-29T01:00"),
        ("yearly", 2, "2024-02-29T01:00", "2024-02-29T01:00", "2026-02-28T01:00"),
    ],
)
def test_next_comes_after_every_so_many(recurrence, every, first, after, expected):
    facts = {"first": moment(first), "after": moment(after), "time_zone": "Asia/Shanghai"}

    assert next_due(recurrence=recurrence, every=every, **facts) == moment(expected)


@pytest.mark.parametrize(
    ("recurrence", "every", "after", "expected"),
    [
        # 7 March 2026 is a Saturday; the Monday after it is a holiday.
        ("daily", 1, "2026-03-06T01:00", "2026-03-10T01:00"),
        ("daily", 1, "2026-03-10T01:00", "2026-03-11T01:00"),
        ("daily", 5, "2026-03-02T01:00", "2026-03-10T01:00"),
        ("daily", 5, "2026-03-10T01:00", "2026-03-12T01:00"),
        ("weekly", 1, "2026-03-02T01:00", "2026-03-09T01:00"),
    ],
)
def test_what_is_counted_in_days_comes_on_a_working_day(recurrence, every, after, expected):
    def is_worked(day):
        return day.isoweekday() < 6 and day != date(2026, 3, 9)

    facts = {"first": moment("2026-03-02T01:00"), "after": moment(after), "time_zone": "Asia/Shanghai"}

    assert next_due(recurrence=recurrence, every=every, is_worked=is_worked, **facts) == moment(expected)


def test_nobody_who_never_works_waits_for_ever():
    first = moment("2026-03-02T01:00")
    facts = {"first": first, "after": first, "time_zone": "Asia/Shanghai"}

    found = next_due(recurrence="daily", is_worked=lambda _day: False, **facts)

    assert found == moment("2026-03-03T01:00")
