"""The steps that somebody takes with a follow-up: done, snoozed, rescheduled, handed over, cancelled, opened again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Team, User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.tenancy.working_time import working_calendar
from core.web.notices import notify
from customers.enums import Direction, FollowUpKind, FollowUpOrigin, FollowUpState, InteractionKind, Priority
from customers.follow_ups.recurrence import next_due
from customers.follow_ups.words import done_of
from customers.models import FollowUp
from customers.services.follow_ups import (
    LONGEST_OUTCOME,
    MOVED,
    SERIES,
    check_worker,
    end_series,
    hold_follow_up,
    keep,
    move,
    tell_opened,
    told,
)
from customers.services.interactions import record_interaction

GIVEN = "follow_up_given"
CLOSED = ("state", "outcome", "closed_at", "closed_by", "snoozed_until")
# What was done stands in the timeline as what it was.
SAID_BY = {
    FollowUpKind.CALL: InteractionKind.CALL,
    FollowUpKind.EMAIL: InteractionKind.EMAIL,
    FollowUpKind.MESSAGE: InteractionKind.CHAT,
    FollowUpKind.VISIT: InteractionKind.VISIT,
}


class OutcomeTooLong(DomainError):
    code = "outcome_too_long"
    message = _("An outcome holds 2,000 characters at most.")


class SnoozeInPast(DomainError):
    code = "snooze_in_past"
    message = _("This time has passed.")


@transaction.atomic
def complete_follow_up(*, follow_up: FollowUp, outcome: str = "", by: User | ApiKey, at: datetime) -> FollowUp:
    """Note that a follow-up is done, in the customer's timeline, too, and open the next one of its series.

    Whoever does one that nobody has is who it was for. Raises FollowUpClosed or OutcomeTooLong.
    """
    follow_up = hold_follow_up(follow_up)
    if follow_up.assignee_id is None and isinstance(by, User):
        follow_up.assignee = by
    series = {name: getattr(follow_up, name) for name in SERIES}
    _close(follow_up, FollowUpState.DONE, outcome, by, at)
    keep(follow_up, *CLOSED, *SERIES, "assignee")
    record("follow_up.done", subject=follow_up, by=by, at=at)
    publish("follow_up.done", subject_id=follow_up.pk, payload=told(follow_up), at=at)
    if follow_up.customer_id is not None:
        _tell_timeline(follow_up, by, at)
    if series["recurrence"]:
        _open_next(follow_up, series, at)
    return follow_up


@transaction.atomic
def cancel_follow_up(*, follow_up: FollowUp, outcome: str = "", by: User, at: datetime) -> FollowUp:
    """Give a follow-up up, and its series with it; `outcome` says why. Raises FollowUpClosed or OutcomeTooLong."""
    follow_up = hold_follow_up(follow_up)
    _close(follow_up, FollowUpState.CANCELLED, outcome, by, at)
    keep(follow_up, *CLOSED, *SERIES)
    record("follow_up.cancelled", subject=follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def reopen_follow_up(*, follow_up: FollowUp, by: User, at: datetime) -> FollowUp:
    """Open a closed follow-up again; its series, if it had one, has gone on without it. Raises FollowUpOpen."""
    follow_up = hold_follow_up(follow_up, state=FollowUpState.DONE)
    follow_up.state = FollowUpState.OPEN
    follow_up.closed_at = follow_up.closed_by = None
    keep(follow_up, "state", "closed_at", "closed_by")
    record("follow_up.reopened", subject=follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def snooze_follow_up(*, follow_up: FollowUp, until: datetime, by: User, at: datetime) -> FollowUp:
    """Take a follow-up out of the day until a time; it is due when it was. Raises FollowUpClosed or SnoozeInPast."""
    follow_up = hold_follow_up(follow_up)
    if until <= at:
        raise SnoozeInPast
    follow_up.snoozed_until = until
    keep(follow_up, "snoozed_until")
    record("follow_up.snoozed", subject=follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def reschedule_follow_up(*, follow_up: FollowUp, due_at: datetime, by: User, at: datetime) -> FollowUp:
    """Give one follow-up another time; those that follow in its series keep theirs.

    Raises FollowUpClosed or DueInPast.
    """
    follow_up = hold_follow_up(follow_up)
    move(follow_up, due_at, at)
    keep(follow_up, *MOVED)
    record("follow_up.rescheduled", subject=follow_up, by=by, at=at)
    return follow_up


@transaction.atomic
def hand_over_follow_up(
    *, follow_up: FollowUp, assignee: User | None, team: Team | None, by: User, at: datetime
) -> FollowUp:
    """Give a follow-up to a colleague, who is told, or to a team. Raises FollowUpClosed or AssigneeMayNot."""
    follow_up = hold_follow_up(follow_up)
    if assignee is not None:
        check_worker(assignee)
    is_new = assignee is not None and assignee.pk not in (follow_up.assignee_id, by.pk)
    follow_up.assignee, follow_up.team = assignee, team
    keep(follow_up, "assignee", "team")
    trace = record("follow_up.handed_over", subject=follow_up, by=by, at=at)
    if is_new:
        notify(user=assignee, kind=GIVEN, source_id=trace.pk, subject_id=follow_up.pk, facts={}, at=at)
    return follow_up


@transaction.atomic
def pass_on_follow_up(*, row: FollowUp, of: User, to: User, by: User, at: datetime) -> bool:
    """Give a follow-up that `of` still has to a colleague; return whether it still was theirs and open."""
    if not FollowUp.objects.filter(pk=row.pk, assignee=of, state=FollowUpState.OPEN).exists():
        return False
    follow_up = hold_follow_up(row)
    if follow_up.assignee_id != of.pk:
        return False
    check_worker(to)
    follow_up.assignee = to
    keep(follow_up, "assignee")
    record("follow_up.handed_over", subject=follow_up, by=by, at=at)
    return True


def _close(follow_up: FollowUp, state: str, outcome: str, by: User | ApiKey, at: datetime) -> None:
    outcome = outcome.strip()
    if len(outcome) > LONGEST_OUTCOME:
        raise OutcomeTooLong
    follow_up.state = state
    follow_up.outcome = outcome or None
    follow_up.closed_at = at
    follow_up.closed_by = by if isinstance(by, User) else None
    follow_up.snoozed_until = None
    # The series goes on with the next one, or ends: so a closed one can be opened again by itself.
    end_series(follow_up)


def _tell_timeline(follow_up: FollowUp, by: User | ApiKey, at: datetime) -> None:
    kind = SAID_BY.get(FollowUpKind(follow_up.kind), InteractionKind.NOTE)
    said = [done_of(follow_up), follow_up.outcome or ""]
    record_interaction(
        customer=follow_up.customer,
        kind=kind,
        text="\n".join(filter(None, said)),
        direction="" if kind == InteractionKind.NOTE else Direction.OUTBOUND,
        source=f"follow_up:{follow_up.pk}:{follow_up.version}",
        by=by,
        at=at,
    )


def _open_next(follow_up: FollowUp, series: dict, at: datetime) -> None:
    zone = current_tenant().time_zone
    due_at = next_due(
        first=series["repeats_from"],
        recurrence=series["recurrence"],
        every=series["repeats_every"],
        after=max(follow_up.due_at, at),
        time_zone=zone,
        is_worked=working_calendar().is_worked,
    )
    last = series["repeats_until"]
    if last is not None and local_date(due_at, zone) > last:
        return
    was_raised = follow_up.escalated_at is not None
    following = FollowUp.objects.create(
        customer=follow_up.customer,
        subject=follow_up.subject,
        code=follow_up.code,
        parameters=follow_up.parameters,
        origin=FollowUpOrigin.SERIES,
        kind=follow_up.kind,
        assignee=follow_up.assignee,
        team=follow_up.team,
        due_at=due_at,
        priority=min(follow_up.priority + was_raised, Priority.LOW),
        is_promised=follow_up.is_promised,
        created_at=at,
        **series,
    )
    tell_opened(following, by=None, at=at)
