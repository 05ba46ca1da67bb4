"""The kinds of background jobs; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from core.jobs.models import BackgroundJob


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one chunk did.

    `position` is where the next begins, None at the end; `done` how many pieces this one did, of `total` where it
    found that out; `counts` are added to the job's; `content` is the next piece of the result file.
    """

    position: Any
    done: int
    total: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of work: `step(job=…, at=…)` does the next chunk in the caller's transaction.

    `permission` must be the owner's at every chunk, and names who may start it. `counts` says what the names of a
    step's counts mean, and `page` returns the address of what the job works on, where it has a page of its own.
    `file_name(job, at)` names the file that a job makes, anew for each job; None where it makes none. `may_repeat` says
    whether a job that ended may be run again from its own page: not what asks for a reason each time. `actor` finds
    whom a job without an owner is done for; it is asked before each chunk, outside of the tenant. Such a job speaks
    the language of its parameters.
    """

    name: str
    label: str | Promise
    permission: Callable[[BackgroundJob], str]
    step: Callable[..., Step]
    counts: Mapping[str, str | Promise] = field(default_factory=dict)
    page: Callable[[BackgroundJob], str] | None = None
    file_name: Callable[[BackgroundJob, datetime], str] | None = None
    may_repeat: Callable[[BackgroundJob], bool] = lambda _job: True
    actor: Callable[[BackgroundJob], Any] | None = None


_kinds: dict[str, JobKind] = {}
_told: list[Callable[..., None]] = []


def register(name: str, **facts: Any) -> None:
    """Add a kind (see JobKind); raises ValueError for a name that is taken."""
    if name in _kinds:
        raise ValueError(f"There is a kind of job {name!r} already.")
    _kinds[name] = JobKind(name=name, **facts)


def labels() -> dict[str, str | Promise]:
    """Return what each kind is called, by its name."""
    return {name: kind.label for name, kind in _kinds.items()}


def kind_of(job: BackgroundJob) -> JobKind:
    """Return a job's kind. Raises KeyError."""
    return _kinds[job.kind]


def tell_ends(call: Callable[..., None]) -> None:
    """Have `call(job=…, at=…)` know of the end of every job, in the transaction of that end."""
    _told.append(call)


def tell_end(*, job: BackgroundJob, at: datetime) -> None:
    """Call all that want to know that a job has ended."""
    for call in _told:
        call(job=job, at=at)


def find_kind(name: str) -> JobKind | None:
    """Return the kind of the name; None where there is none any more."""
    return _kinds.get(name)
