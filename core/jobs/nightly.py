"""Work that each tenant has done once a night; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

Work = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class NightlyJob:
    name: str
    run: Work
    at: time


_jobs: dict[str, NightlyJob] = {}


def register(name: str, *, run: Work, at: time) -> None:
    """Have `run(business_date=…, at=…)` called inside each tenant's scope once per local date, from `at` on.

    Its effect and the note that it is done are one transaction; what it returns is kept with the run. A night on
    which no worker ran is not made up for, so a job does with each date all that earlier dates left undone: an
    evaluation of tiers, for one, places everybody by the whole window whenever it was last done; only a demotion
    then waits for one night more.
    """
    _jobs[name] = NightlyJob(name, run, at)


def nightly_jobs() -> list[NightlyJob]:
    """Return all registered jobs."""
    return list(_jobs.values())


def run_job(name: str, *, business_date: date, at: datetime) -> dict[str, Any]:
    """Do the named job for one date, in the caller's scope. Raises KeyError."""
    return _jobs[name].run(business_date=business_date, at=at)
