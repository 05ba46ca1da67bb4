"""Handing over what somebody is in charge of, when they leave or are away for long.

Each record goes by the service of its room, with its checks, its audit and its events: a few at once and whole, many
by a background job.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.holdings import Holding, holdings
from core.accounts.models import User
from core.accounts.permissions import may
from core.accounts.services import deactivate_user
from core.audit.services import record
from core.events.models import OutboxEvent
from core.events.services import publish
from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError
from core.web.enums import RowOutcome
from core.web.models import Notice
from core.web.notices import Words, notify

KIND = "handover"
TOOK_OVER = "took_over"
MANAGE = "people.manage"
MOST_AT_ONCE = 100
CHUNK = 50


class NobodyChosen(DomainError):
    code = "nobody_chosen"
    message = gettext_lazy("Choose for at least one kind who takes it over.")


class HeirMayNot(DomainError):
    code = "heir_may_not"
    message = gettext_lazy("Somebody who was to take over may not, or no longer works here. Choose again.")


@transaction.atomic
def hand_over(*, user: User, heirs: Mapping[str, User], by: User, at: datetime) -> BackgroundJob | None:
    """Give what somebody is in charge of to colleagues, one for each kind by its name.

    All of it or nothing, or, where it is more than MOST_AT_ONCE, by the job that is returned. Raises NobodyChosen,
    HeirMayNot, what a record refuses its heir by, or AlreadyRunning.
    """
    if not heirs:
        raise NobodyChosen
    _check(user, heirs)
    total = sum(holdings()[name].rows(user, at=at).count() for name in heirs)
    if total > MOST_AT_ONCE:
        return start_job(
            kind=KIND,
            title=_("What %(name)s was in charge of") % {"name": user.name},
            parameters={"user": str(user.pk), "heirs": {name: str(heir.pk) for name, heir in sorted(heirs.items())}},
            total=total,
            by=by,
            at=at,
        )
    for name, heir in sorted(heirs.items()):
        holding = holdings()[name]
        rows = list(holding.rows(user, at=at).order_by("pk"))
        count = sum(holding.hand_over(row=row, of=user, to=heir, by=by, at=at) for row in rows)
        _tell(user=user, holding=name, heir=heir.pk, count=count, by=by, at=at)
    return None


@transaction.atomic
def leave(*, user: User, heirs: Mapping[str, User], by: User, at: datetime) -> BackgroundJob | None:
    """Hand over what is to be, and switch the account off; a job that has much to hand over goes on after that.

    Raises what hand_over and deactivate_user do.
    """
    # Records are held before people, as by everybody who gives a record to somebody.
    job = hand_over(user=user, heirs=heirs, by=by, at=at) if heirs else None
    deactivate_user(user=user, by=by, at=at)
    return job


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Hand over the next records of a kind, in the order of their ids, and count those that refused their heir.

    What was not there when the job was started, such as the job itself, stays. Raises HeirMayNot.
    """
    user, heirs = _people_of(job)
    _check(user, heirs)
    names = sorted(heirs)
    name, after = job.position or (names[0], None)
    rows = holdings()[name].rows(user, at=at).filter(pk__lt=job.pk).order_by("pk")
    rows = list((rows.filter(pk__gt=uuid.UUID(after)) if after else rows)[:CHUNK])
    counts = {name: 0, RowOutcome.REFUSED.value: 0}
    for row in rows:
        try:
            counts[name] += holdings()[name].hand_over(row=row, of=user, to=heirs[name], by=job.owner, at=at)
        except DomainError:
            counts[RowOutcome.REFUSED.value] += 1
    rest = names[names.index(name) + 1 :]
    following = [name, str(rows[-1].pk)] if len(rows) == CHUNK else [rest[0], None] if rest else None
    return Step(position=following, done=len(rows), counts=counts)


def page_of(job: BackgroundJob) -> str:
    return reverse("console:update_user", args=[job.parameters["user"]])


def tell_end(*, job: BackgroundJob, at: datetime) -> None:
    """Tell what a job has handed over, when it is done, and also when it ended before."""
    if job.kind != KIND:
        return
    user, heirs = _people_of(job)
    for name, heir in sorted(heirs.items()):
        _tell(user=user, holding=name, heir=heir.pk, count=job.counts.get(name, 0), by=job.owner, at=at)


def tell_heir(*, event: OutboxEvent, at: datetime) -> None:
    """Put under the bell of whoever took something over what it is; not of who gave it to themselves."""
    heir = User.objects.filter(pk=event.payload["heir"], is_active=True).first()
    if heir is not None and event.payload["heir"] != event.payload["by"]:
        facts = {name: event.payload[name] for name in ("holding", "count")}
        notify(
            user=heir,
            kind=TOOK_OVER,
            source_id=event.pk,
            subject_id=event.subject_id,
            facts=facts,
            at=event.occurred_at,
        )


def describe_takeovers(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say what was taken over from whom; one query."""
    people = User.objects.in_bulk({notice.subject_id for notice in notices})
    return {
        notice.pk: _words(holdings()[notice.facts["holding"]], notice, people[notice.subject_id])
        for notice in notices
        if notice.subject_id in people and notice.facts["holding"] in holdings()
    }


def _words(holding: Holding, notice: Notice, giver: User) -> Words:
    text = _("You took over %(what)s") % {"what": holding.said(notice.facts["count"])}
    url = holding.page(notice.user) if holding.page else reverse("console:notices")
    return Words(text, url, _("from %(name)s") % {"name": giver.name})


def _check(user: User, heirs: Mapping[str, User]) -> None:
    for name, heir in heirs.items():
        permission = holdings()[name].permission
        if heir.pk == user.pk or not heir.is_active or (permission and not may(heir, permission)):
            raise HeirMayNot


def _people_of(job: BackgroundJob) -> tuple[User, dict[str, User]]:
    """Return who hands over, and to whom; nobody is ever deleted."""
    wanted = {name: uuid.UUID(heir) for name, heir in job.parameters["heirs"].items()}
    user = uuid.UUID(job.parameters["user"])
    people = User.objects.in_bulk({user, *wanted.values()})
    return people[user], {name: people[heir] for name, heir in wanted.items()}


def _tell(*, user: User, holding: str, heir: uuid.UUID, count: int, by: User, at: datetime) -> None:
    if not count:
        return
    record(
        "user.handed_over",
        subject=user,
        by=by,
        at=at,
        details={"holding": holding, "count": count, "heir": str(heir)},
    )
    publish(
        "holdings.handed_over",
        subject_id=user.pk,
        payload={"holding": holding, "count": count, "heir": str(heir), "by": str(by.pk)},
        at=at,
    )
