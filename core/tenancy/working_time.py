"""Working hours of a company: how a span of them is laid over days, weekends and holidays, and measured again."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
# A calendar without a working day in ten years is a mistake.
MOST_DAYS = 3660


class NoWorkingDay(ValueError):
    """The calendar has no working day in the next ten years."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When people work: `days` are those of the week, Monday is 1; local times of `time_zone`.

    A day is worked from `opens_at` until before `closes_at`, where midnight is that at its end. `holidays` are not
    worked, whatever the day of the week, and `extra_days` are.
    """

    days: Collection[int]
    opens_at: time
    closes_at: time
    time_zone: str
    holidays: Collection[date] = ()
    extra_days: Collection[date] = ()

    def add(self, start: datetime, worked: timedelta) -> datetime:
        """Return when `worked` of working time has gone by since `start`, in UTC; the end of a day rather than the
        start of the next. Raises NoWorkingDay.
        """
        left = worked
        for opens, closes in self._spans(start):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins + left
            left -= closes - begins
        raise NoWorkingDay

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` until before `end`; none where the end is not later."""
        worked = timedelta()
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            worked += min(closes, end) - max(opens, start)
        return worked

    def back(self, end: datetime, worked: timedelta) -> datetime:
        """Return the latest moment since which `worked` of working time has gone by at `end`, in UTC; the start of a
        day rather than the end of the one before. Raises NoWorkingDay.
        """
        left = worked
        last = end.astimezone(ZoneInfo(self.time_zone)).date()
        for day in (last - timedelta(days=count) for count in range(MOST_DAYS)):
            if not self.is_worked(day):
                continue
            opens, closes = self._span(day)
            ends = min(closes, end)
            if ends > opens and ends - opens >= left:
                return ends - left
            left -= max(ends - opens, timedelta())
        raise NoWorkingDay

    def is_open(self, at: datetime) -> bool:
        """Say whether people are at work at a moment."""
        day = at.astimezone(ZoneInfo(self.time_zone)).date()
        opens, closes = self._span(day)
        return self.is_worked(day) and opens <= at < closes

    def is_worked(self, day: date) -> bool:
        """Say whether people work on a day."""
        return day not in self.holidays and (day in self.extra_days or day.isoweekday() in self.days)

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is worked from `start` on, day by day, each until before its end, in UTC."""
        first = start.astimezone(ZoneInfo(self.time_zone)).date()
        for day in (first + timedelta(days=count) for count in range(MOST_DAYS)):
            if not self.is_worked(day):
                continue
            opens, closes = self._span(day)
            if closes > start:
                yield opens, closes

    def _span(self, day: date) -> tuple[datetime, datetime]:
        closing_day = day + timedelta(days=1) if self.closes_at == MIDNIGHT else day
        return self._moment(day, self.opens_at), self._moment(closing_day, self.closes_at)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)


_readers: list[Callable[[], Calendar]] = []


def register_calendar(reader: Callable[[], Calendar]) -> None:
    """Say by whom the active tenant's calendar is told; raises ValueError where somebody tells it already."""
    if _readers and _readers != [reader]:
        raise ValueError("The calendar of tenants is told by somebody already.")
    _readers[:] = [reader]


def working_calendar() -> Calendar:
    """Return when the active tenant's people work; one query."""
    return _readers[0]()
