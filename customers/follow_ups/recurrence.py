"""When the next of a series is due: pure rules, by the tenant's wall clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.tenancy.clock import months_after
from customers.enums import Recurrence

DAYS = {Recurrence.DAILY: 1, Recurrence.WEEKLY: 7}
MONTHS = {Recurrence.MONTHLY: 1, Recurrence.YEARLY: 12}


def next_due(*, first: datetime, recurrence: str, after: datetime, time_zone: str) -> datetime:
    """Return the first time of a series that lies after `after`, at the same time of day as the first.

    A month that is too short has its last day instead; the next long one has the day of the first again.
    """
    zone = ZoneInfo(time_zone)
    began, passed = first.astimezone(zone), after.astimezone(zone)
    count = max(1, _steps_between(began.date(), passed.date(), recurrence))
    while (found := _at(began, count, recurrence)) <= after:
        count += 1
    return found


def _steps_between(began: date, passed: date, recurrence: str) -> int:
    """Return how many steps surely do not lead beyond a day."""
    if recurrence in DAYS:
        return (passed - began).days // DAYS[Recurrence(recurrence)]
    months = (passed.year - began.year) * 12 + passed.month - began.month
    return months // MONTHS[Recurrence(recurrence)]


def _at(began: datetime, count: int, recurrence: str) -> datetime:
    if recurrence in DAYS:
        day = began.date() + timedelta(days=count * DAYS[Recurrence(recurrence)])
    else:
        day = months_after(began.date(), count * MONTHS[Recurrence(recurrence)])
    # Through an instant, so that an hour which the clock skips that day becomes the one after it.
    local = datetime.combine(day, began.time(), tzinfo=began.tzinfo)
    return datetime.fromtimestamp(local.timestamp(), tz=began.tzinfo)
