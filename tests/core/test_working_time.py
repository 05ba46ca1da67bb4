"""Working time is laid over days and measured again without losing a minute."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tenancy.working_time import Calendar, NoWorkingDay

WEEK = (1, 2, 3, 4, 5)
OFFICE = {"days": WEEK, "opens_at": time(9), "closes_at": time(18), "time_zone": "Asia/Shanghai"}


def calendar(**facts):
    return Calendar(**{**OFFICE, **facts})


def local(text):
    """A time of Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        # 2 March 2026 is a Monday.
        ("2026-03-02 10:00", 120, "2026-03-02 12:00"),
        ("2026-03-02 17:00", 120, "2026-03-03 10:00"),
        ("2026-03-02 06:00", 60, "2026-03-02 10:00"),
        ("2026-03-02 18:00", 60, "2026-03-03 10:00"),
        ("2026-03-02 23:59", 60, "2026-03-03 10:00"),
        ("2026-03-06 17:30", 60, "2026-03-09 09:30"),
        ("2026-03-07 12:00", 1, "2026-03-09 09:01"),
        ("2026-03-02 09:00", 540, "2026-03-02 18:00"),
        ("2026-03-02 09:00", 541, "2026-03-03 09:01"),
        ("2026-03-02 09:00", 5 * 540, "2026-03-06 18:00"),
    ],
)
def test_working_time_is_added(start, minutes, end):
    assert calendar().add(local(start), timedelta(minutes=minutes)) == local(end)


def test_holidays_are_not_worked_and_extra_days_are():
    spring = calendar(holidays=[date(2026, 3, 3), date(2026, 3, 4)], extra_days=[date(2026, 3, 7)])

    assert spring.add(local("2026-03-02 17:00"), timedelta(hours=2)) == local("2026-03-05 10:00")
    assert spring.add(local("2026-03-06 17:00"), timedelta(hours=2)) == local("2026-03-07 10:00")
    assert spring.between(local("2026-03-02 00:00"), local("2026-03-09 00:00")) == timedelta(hours=4 * 9)


def test_a_holiday_is_one_on_an_extra_day_too():
    both = calendar(holidays=[date(2026, 3, 7)], extra_days=[date(2026, 3, 7)])

    assert not both.is_worked(date(2026, 3, 7))


def test_round_the_clock_loses_nothing_at_midnight():
    always = calendar(days=range(1, 8), opens_at=time(0), closes_at=time(0))

    assert always.add(local("2026-03-02 23:30"), timedelta(hours=49)) == local("2026-03-05 00:30")
    assert always.between(local("2026-03-02 23:30"), local("2026-03-05 00:30")) == timedelta(hours=49)


def test_days_are_those_of_the_tenant():
    """On the night in which clocks go forward the day has an hour less."""
    london = calendar(days=range(1, 8), opens_at=time(0), closes_at=time(0), time_zone="Europe/London")

    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert london.between(start, datetime(2026, 3, 29, 23, 0, tzinfo=UTC)) == timedelta(hours=23)
    assert london.add(start, timedelta(hours=23)) == datetime(2026, 3, 29, 23, 0, tzinfo=UTC)


def test_nothing_lies_between_an_end_and_what_came_before():
    assert calendar().between(local("2026-03-03 10:00"), local("2026-03-02 10:00")) == timedelta()


def test_who_never_works_is_told():
    with pytest.raises(NoWorkingDay):
        calendar(days=[]).add(local("2026-03-02 10:00"), timedelta(minutes=1))


@given(
    minute=st.integers(0, 365 * 24 * 60),
    first=st.integers(0, 5000),
    second=st.integers(0, 5000),
)
def test_what_is_added_is_measured_again_and_in_two_parts_too(minute, first, second):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    office = calendar(holidays=[date(2026, 10, day) for day in range(1, 8)], extra_days=[date(2026, 10, 10)])

    middle = office.add(start, timedelta(minutes=first))
    end = office.add(middle, timedelta(minutes=second))

    assert office.between(start, middle) == timedelta(minutes=first)
    assert office.between(start, end) == timedelta(minutes=first + second)
    assert office.between(start, office.add(start, timedelta(minutes=first + second))) == office.between(start, end)


@pytest.mark.parametrize(
    ("end", "minutes", "start"),
    [
        ("2026-03-02 12:00", 120, "2026-03-02 10:00"),
        ("2026-03-03 10:00", 120, "2026-03-02 17:00"),
        ("2026-03-02 22:00", 60, "2026-03-02 17:00"),
        ("2026-03-03 06:00", 60, "2026-03-02 17:00"),
        ("2026-03-03 09:00", 60, "2026-03-02 17:00"),
        ("2026-03-09 09:30", 60, "2026-03-06 17:30"),
        ("2026-03-08 12:00", 1, "2026-03-06 17:59"),
        ("2026-03-06 18:00", 5 * 540, "2026-03-02 09:00"),
    ],
)
def test_working_time_is_taken_back(end, minutes, start):
    assert calendar().back(local(end), timedelta(minutes=minutes)) == local(start)


@given(minute=st.integers(0, 365 * 24 * 60), minutes=st.integers(1, 5000))
def test_taking_back_undoes_adding(minute, minutes):
    start, worked = local("2026-01-01 00:00") + timedelta(minutes=minute), timedelta(minutes=minutes)
    end = calendar().add(start, worked)

    assert calendar().between(calendar().back(end, worked), end) == worked
    assert calendar().back(end, worked) >= start


def test_nobody_ever_worked_back_then():
    with pytest.raises(NoWorkingDay):
        calendar(days=()).back(local("2026-03-02 12:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 17:59", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 12:00", False),
    ],
)
def test_people_are_at_work_from_the_first_minute_until_before_the_last(at, is_open):
    assert calendar().is_open(local(at)) is is_open
    assert calendar(opens_at=time(0), closes_at=time(0), days=range(1, 8)).is_open(local(at))
