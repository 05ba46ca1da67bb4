"""How it stands with the due work of all tenants together: added up by every sweep, which enters each of them anyway.

It is kept in the cache, where a scrape of the metrics finds it without entering any tenant.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Min, Q

from core.jobs.enums import UNFINISHED, JobState
from core.jobs.models import BackgroundJob, JobRun

NIGHTLY, BACKGROUND = "nightly", "background"
NIGHTS = timedelta(days=2)
KEY = "jobs.standing"
KEPT_SECONDS = 24 * 60 * 60


@dataclass
class Standing:
    """Of the sweep at `at`: how much nightly work and how many background jobs are due, and since when the oldest.

    `runs` counts nightly work by job and state: what is due, and what was due within NIGHTS.
    """

    at: datetime
    due: Counter[str] = field(default_factory=Counter)
    since: dict[str, datetime] = field(default_factory=dict)
    runs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_tenant(self) -> None:
        """Add the active tenant's; two queries."""
        recent = Q(state=JobState.DUE) | Q(due_at__gte=self.at - NIGHTS)
        runs = JobRun.objects.filter(recent, state__in=JobState.values).order_by().values_list("job", "state")
        figures = {"due": Count("pk", filter=self._is_due()), "since": Min("due_at", filter=self._is_due())}
        for job, state, count, due, since in runs.annotate(count=Count("pk"), **figures):
            self.runs[job, state] += count
            if state == JobState.DUE:
                self._add(NIGHTLY, due, since)
        jobs = BackgroundJob.objects.filter(self._is_due(), state__in=UNFINISHED)
        found = jobs.aggregate(due=Count("pk"), since=Min("due_at"))
        self._add(BACKGROUND, found["due"], found["since"])

    def keep(self) -> None:
        """Keep it for whoever asks `last_standing`."""
        cache.set(KEY, self, KEPT_SECONDS)

    def _is_due(self) -> Q:
        return Q(due_at__lte=self.at)

    def _add(self, kind: str, due: int, since: datetime | None) -> None:
        self.due[kind] += due
        if since is not None:
            self.since[kind] = min(since, self.since.get(kind, since))


def last_standing() -> Standing | None:
    """Return how it stood at the last sweep; None where there was none for a day."""
    return cache.get(KEY)
