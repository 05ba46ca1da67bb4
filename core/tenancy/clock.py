"""The one place that turns instants into a tenant's local dates and back."""

from calendar import monthrange
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

Day = TypeVar("Day", bound=date)


def local_date(at: datetime, time_zone: str) -> date:
    """Return the calendar date on which the aware `at` falls in `time_zone`."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def day_start(day: date, time_zone: str) -> datetime:
    """Return the first instant of `day` in `time_zone`, in UTC.

    Where a clock change skips midnight, that is the instant of the change.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def months_after(day: Day, months: int) -> Day:
    """Return the same day, and time of day if there is one, some months later; one that the month lacks is its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
