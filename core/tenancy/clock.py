"""The one place that turns instants into a tenant's local dates and back."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_date(at: datetime, time_zone: str) -> date:
    """Return the calendar date on which the aware `at` falls in `time_zone`."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def day_start(day: date, time_zone: str) -> datetime:
    """Return the first instant of `day` in `time_zone`, in UTC.

    Where a clock change skips midnight, that is the instant of the change.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
