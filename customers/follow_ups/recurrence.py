"""When the next of a series is due: pure rules, by the tenant's wall clock."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.tenancy.clock import months_after
from customers.enums import Recurrence

DAYS = {Recurrence.DAILY: 1, Recurrence.WEEKLY: 7}
MONTHS = {Recurrence.MONTHLY: 1, Recurrence.YEARLY: 12}
# So many days, weeks, months or years may lie between two of a series.
MOST_BETWEEN = 366
# Nobody has more days off on end.
MOST_DAYS_OFF = 60


def next_due(
    *,
    first: datetime,
    recurrence: str,
    every: int = 1,
    after: datetime,
    time_zone: str,
    is_worked: Callable[[date], bool] = lambda _day: True,
) -> datetime:
    """Return the first time of a series that lies after `after`, at the same time of day as the first.

    A month that is too short has its last day instead; the next long one has the day of the first again. What is
    counted in days and falls on a day off comes on the next that is worked, and what follows is counted as before.
    """
    zone = ZoneInfo(time_zone)
    began, passed = first.astimezone(zone), after.astimezone(zone)
    count = max(1, _steps_between(began.date(), passed.date(), recurrence) // every)
    while (found := _at(began, count * every, recurrence, is_worked)) <= after:
        count += 1
    return found


def _steps_between(began: date, passed: date, recurrence: str) -> int:
    """Return how many days, weeks, months or years surely do not lead beyond a day."""
    if recurrence in DAYS:
        return (passed - began).days // DAYS[Recurrence(recurrence)]
    months = (passed.year - began.year) * 12 + passed.month - began.month
    return months // MONTHS[Recurrence(recurrence)]


def _at(began: datetime, steps: int, recurrence: str, is_worked: Callable[[date], bool]) -> datetime:
    if recurrence in DAYS:
        day = began.date() + timedelta(days=steps * DAYS[Recurrence(recurrence)])
    else:
        day = months_after(began.date(), steps * MONTHS[Recurrence(recurrence)])
    if recurrence == Recurrence.DAILY:
        days = (day + timedelta(days=count) for count in range(MOST_DAYS_OFF))
        day = next(filter(is_worked, days), day)
    # Through an instant, so that an hour which the clock skips that day becomes the one after it.
    local = datetime.combine(day, began.time(), tzinfo=began.tzinfo)
    return datetime.fromtimestamp(local.timestamp(), tz=began.tzinfo)
