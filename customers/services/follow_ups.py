"""Opening follow-ups and changing what they say."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Team, User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.scope import current_tenant
from customers.entitlements import team_for
from customers.enums import Assignment, FollowUpOrigin, FollowUpState, Priority
from customers.follow_ups import words
from customers.follow_ups.querysets import is_open, least_busy, workers
from customers.models import Customer, FollowUp
from customers.services.locking import lock_customer

LONGEST_SUBJECT, LONGEST_OUTCOME = 300, 2000
# Joins the parameters of a follow-up with what happened since.
Add = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
# Whoever fills in a form takes a while.
BEHIND = timedelta(minutes=15)


class SubjectMissing(DomainError):
    code = "subject_missing"
    message = _("Write down what is to be done.")


class DueInPast(DomainError):
    code = "due_in_past"
    message = _("This time has passed.")


class BadRecurrence(DomainError):
    code = "bad_recurrence"
    message = _("The series would end before it is due for the first time.")


class AssigneeMayNot(DomainError):
    code = "assignee_may_not"
    message = _("This colleague does no follow-ups, or no longer works here.")


class NobodyInTeam(DomainError):
    code = "nobody_in_team"
    message = _("Choose a team in which somebody does follow-ups.")


class FollowUpClosed(DomainError):
    code = "follow_up_closed"
    message = _("This follow-up is done or cancelled already.")


class FollowUpOpen(DomainError):
    code = "follow_up_open"
    message = _("This follow-up is open, or another one for the same cause is.")


class NotYours(DomainError):
    code = "not_yours"
    message = _("This is a colleague's follow-up.")


class FollowUpChanged(RecordChanged):
    code = "follow_up_changed"
    message = _("Somebody else changed this follow-up in the meantime.")


@transaction.atomic
def open_follow_up(
    *,
    customer: Customer | None,
    kind: str,
    due_at: datetime,
    subject: str = "",
    priority: int = Priority.NORMAL,
    is_promised: bool = False,
    assignment: str = Assignment.HAND,
    assignee: User | None = None,
    team: Team | None = None,
    recurrence: str = "",
    repeats_every: int = 1,
    repeats_until: date | None = None,
    code: str = "",
    parameters: Mapping[str, Any] | None = None,
    cause: str = "",
    add: Add | None = None,
    origin: str = FollowUpOrigin.HAND,
    by: User | ApiKey | None,
    at: datetime,
) -> FollowUp:
    """Ask for something to be done by a minute; with a `cause`, the one that is open for it already is returned, with
    the parameters added to its own by `add(kept, new)`.

    By PORTFOLIO it comes to the customer's account manager, by LOAD to whoever of the team has the fewest open ones,
    and so it does where there is no account manager; where no team is named, it waits in the one that serves the tier.
    Raises SubjectMissing, DueInPast, BadRecurrence, AssigneeMayNot, NobodyInTeam or CustomerMerged.
    """
    subject = subject.strip()
    if not subject and not words.is_registered(code):
        raise SubjectMissing
    if due_at < at - BEHIND:
        raise DueInPast
    if customer is not None:
        customer = lock_customer(customer.pk, lets_others_point_here=True)
    chosen = _assignee(assignment, customer, assignee, team)
    if chosen is None and assignment == Assignment.PORTFOLIO and customer is not None:
        team = team_for(customer.tier, is_open(FollowUp.objects))
    follow_up = FollowUp(
        customer=customer,
        subject=subject or None,
        code=code,
        parameters=dict(parameters or {}),
        cause=cause,
        origin=origin,
        kind=kind,
        assignee=chosen,
        team=team,
        due_at=_to_the_minute(due_at),
        priority=priority,
        is_promised=is_promised,
        created_at=at,
        created_by=by if isinstance(by, User) else None,
    )
    set_series(follow_up, recurrence, repeats_every, repeats_until)
    FollowUp.objects.bulk_create([follow_up], ignore_conflicts=bool(cause))
    if cause:
        kept = is_open(FollowUp.objects).get(cause=cause)
        if kept.pk != follow_up.pk:
            return kept if add is None else _add_to(kept, follow_up, add, by=by, at=at)
    tell_opened(follow_up, by=by, at=at)
    return follow_up


def _add_to(kept: FollowUp, new: FollowUp, add: Add, *, by: User | ApiKey | None, at: datetime) -> FollowUp:
    """Add what is new to the one that is open: it presses as much as the more pressing of the two, and is back in the
    day. Whoever holds the customer is alone with it.
    """
    kept = FollowUp.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    parameters = add(kept.parameters, new.parameters)
    if parameters == kept.parameters:
        return kept
    kept.parameters = parameters
    kept.due_at = min(kept.due_at, new.due_at)
    kept.priority = min(kept.priority, new.priority)
    kept.snoozed_until = None
    pressing = ("due_at", "priority", "snoozed_until")
    if kept.differs_in(pressing):
        keep(kept, "parameters", *pressing)
    else:
        # Nothing that a form shows has changed, so no form is refused.
        kept.save(update_fields=["parameters"])
    record("follow_up.added_to", of=kept, by=by, at=at)
    return kept


def tell_opened(follow_up: FollowUp, *, by: User | ApiKey | None, at: datetime) -> None:
    """Leave a line in the trail and tell the rest of the house that there is one more."""
    record("follow_up.created", subject=follow_up, by=by, at=at, details={"origin": follow_up.origin})
    publish("follow_up.created", subject_id=follow_up.pk, payload=told(follow_up), at=at)


@transaction.atomic
def update_follow_up(
    *,
    follow_up: FollowUp,
    version: int,
    kind: str,
    due_at: datetime,
    priority: int,
    is_promised: bool,
    recurrence: str,
    repeats_every: int,
    repeats_until: date | None,
    subject: str = "",
    by: User,
    at: datetime,
) -> FollowUp:
    """Change what an open follow-up says; an empty subject keeps what is stored. A series begins anew. Where
    nothing differs, nothing is written.

    Raises FollowUpChanged if there is a newer version, FollowUpClosed, DueInPast or BadRecurrence.
    """
    follow_up = hold_follow_up(follow_up)
    if follow_up.version != version:
        raise FollowUpChanged
    if due_at != follow_up.due_at:
        move(follow_up, due_at, at)
    follow_up.kind = kind
    follow_up.priority = priority
    follow_up.is_promised = is_promised
    if subject.strip():
        follow_up.subject = subject.strip()
    set_series(follow_up, recurrence, repeats_every, repeats_until)
    if follow_up.differs_in(SAID):
        keep(follow_up, *SAID)
        record("follow_up.updated", subject=follow_up, by=by, at=at)
    return follow_up


MOVED = ("due_at", "snoozed_until", "escalated_at")
SERIES = ("recurrence", "repeats_every", "repeats_from", "repeats_until")
SAID = ("kind", "subject", "priority", "is_promised", *MOVED, *SERIES)


def hold_follow_up(follow_up: FollowUp, *, state: str = FollowUpState.OPEN) -> FollowUp:
    """Return an open follow-up as it is stored, held to the end of the transaction, its customer before it.

    Raises FollowUpClosed, or FollowUpOpen where `state` is another one; FollowUpChanged where it moved to another
    customer at this moment.
    """
    customer_id = FollowUp.objects.values_list("customer_id", flat=True).get(pk=follow_up.pk)
    if customer_id is not None:
        # As merges and erasures do.
        lock_customer(customer_id, lets_others_point_here=True)
    stored = FollowUp.objects.select_for_update(of=("self",)).get(pk=follow_up.pk)
    if stored.customer_id != customer_id:
        raise FollowUpChanged
    if state == FollowUpState.OPEN and stored.state != FollowUpState.OPEN:
        raise FollowUpClosed
    if state != FollowUpState.OPEN and stored.state == FollowUpState.OPEN:
        raise FollowUpOpen
    return stored


def keep(follow_up: FollowUp, *changed: str) -> None:
    """Write the named fields, as a newer version. Raises FollowUpOpen where another is open for the same cause."""
    follow_up.version += 1
    try:
        with transaction.atomic():
            follow_up.save(update_fields=[*changed, "version"])
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "follow_up_cause_once":
            raise
        raise FollowUpOpen from error


def move(follow_up: FollowUp, due_at: datetime, at: datetime) -> None:
    """Give a follow-up another time, by which it counts from now on. Raises DueInPast."""
    if due_at < at - BEHIND:
        raise DueInPast
    follow_up.due_at = _to_the_minute(due_at)
    follow_up.snoozed_until = None
    follow_up.escalated_at = None


def _to_the_minute(due_at: datetime) -> datetime:
    # Forms show minutes: what is sent back as it was shown must not count as another time.
    return due_at.replace(second=0, microsecond=0)


def set_series(follow_up: FollowUp, recurrence: str, every: int, repeats_until: date | None) -> None:
    """Let a follow-up be the first of a series, or of none. Raises BadRecurrence."""
    if not recurrence:
        end_series(follow_up)
        return
    if repeats_until is not None and repeats_until < local_date(follow_up.due_at, current_tenant().time_zone):
        raise BadRecurrence
    goes_as_before = (follow_up.recurrence, follow_up.repeats_every) == (recurrence, every)
    is_same = goes_as_before and follow_up.repeats_from is not None
    if not is_same or follow_up.differs_in(["due_at"]):
        follow_up.repeats_from = follow_up.due_at
    follow_up.recurrence = recurrence
    follow_up.repeats_every = every
    follow_up.repeats_until = repeats_until


def end_series(follow_up: FollowUp) -> None:
    """Let no other come after a follow-up."""
    follow_up.recurrence, follow_up.repeats_every = "", 1
    follow_up.repeats_from, follow_up.repeats_until = None, None


def check_worker(user: User) -> None:
    """Raise AssigneeMayNot for a colleague to whom no follow-up may be given."""
    if not workers().filter(pk=user.pk).exists():
        raise AssigneeMayNot


def told(follow_up: FollowUp) -> dict[str, Any]:
    """Return what events tell of a follow-up."""
    return {
        "customer_id": follow_up.customer_id and str(follow_up.customer_id),
        "kind": follow_up.kind,
        "origin": follow_up.origin,
        "code": follow_up.code,
        "due_at": follow_up.due_at.isoformat(),
        "assignee_id": follow_up.assignee_id and str(follow_up.assignee_id),
    }


def _assignee(assignment: str, customer: Customer | None, assignee: User | None, team: Team | None) -> User | None:
    if assignment == Assignment.HAND:
        if assignee is not None:
            check_worker(assignee)
        return assignee
    if assignment == Assignment.PORTFOLIO:
        manager_id = customer.account_manager_id if customer is not None else None
        manager = workers().filter(pk=manager_id).first() if manager_id else None
        if manager is not None or team is None:
            return manager
    if team is not None:
        # One at a time, so that two do not both count one too few.
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    found = least_busy(team) if team is not None else None
    if found is None:
        raise NobodyInTeam
    return found
