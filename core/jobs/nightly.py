"""Work that each tenant has done once a night; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.functional import Promise

Work = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class NightlyJob:
    name: str
    label: str | Promise
    run: Work
    at: time


_jobs: dict[str, NightlyJob] = {}


def register(name: str, *, label: str | Promise, run: Work, at: time) -> None:
    """Have `run(business_date=…, at=…)` called inside each tenant's scope once per local date, from `at` on.

    Its effect and the note that it is done are one transaction; what it returns is kept with the run. A night on
    which no worker ran is not made up for, so a job does with each date all that earlier dates left undone: an
    evaluation of tiers, for one, places everybody by the whole window whenever it was last done; only a demotion
    then waits for one night more.
    """
    _jobs[name] = NightlyJob(name, label, run, at)


def nightly_jobs() -> list[NightlyJob]:
    """Return all registered jobs."""
    return list(_jobs.values())


def label_of(name: str) -> str:
    """Return a job's words, or its name where it is not registered any more."""
    return str(_jobs[name].label) if name in _jobs else name


def choices() -> list[tuple[str, str | Promise]]:
    """Return all registered jobs by name, for a select box."""
    return [(job.name, job.label) for job in _jobs.values()]


def run_job(name: str, *, business_date: date, at: datetime) -> dict[str, Any]:
    """Do the named job for one date, in the caller's scope. Raises KeyError."""
    return _jobs[name].run(business_date=business_date, at=at)
