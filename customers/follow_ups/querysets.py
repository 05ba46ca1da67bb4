"""The shapes in which follow-ups are read."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from core.accounts import permissions
from core.accounts.enums import Role
from core.accounts.models import Team, User
from core.accounts.permissions import may
from customers.day import in_order
from customers.enums import FollowUpState
from customers.models import Contact, Customer, FollowUp
from customers.needs.reading import with_needs
from customers.permissions import FOLLOW_UPS_MANAGE, FOLLOW_UPS_WORK


def is_open(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    return follow_ups.filter(state=FollowUpState.OPEN)


def is_late(at: datetime) -> Q:
    """Return whether what is open should be done by now, as a condition."""
    return Q(due_at__lt=at)


def is_overdue(at: datetime) -> Q:
    """Return whether it is open and should be done by now, as a condition."""
    return Q(state=FollowUpState.OPEN) & is_late(at)


def for_list(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Bring what a list shows of each, the needs of its customer, and the names that are hidden in what
    people wrote: three queries.
    """
    follow_ups = follow_ups.select_related("customer", "assignee", "team")
    return with_needs(with_names(follow_ups.defer("customer__special_needs", "customer__birthday")))


def with_names(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Bring the names of each customer's people, and of those merged into it: two queries."""
    contacts = Contact.objects.only("tenant", "name", "customer")
    absorbed = Customer.with_merged.only("tenant", "person_name", "merged_into")
    return follow_ups.prefetch_related(
        Prefetch("customer__contacts", queryset=contacts), Prefetch("customer__absorbed", queryset=absorbed)
    )


def on_record(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Bring what the page of one shows."""
    return for_list(follow_ups).select_related("created_by", "closed_by")


def in_hands_of(follow_ups: QuerySet[FollowUp], user: User) -> QuerySet[FollowUp]:
    """Leave those that somebody has to do: their own, their team's that nobody has, and nobody's for who leads."""
    own = Q(assignee=user)
    if user.team_id:
        own |= Q(assignee=None, team=user.team_id)
    if may(user, FOLLOW_UPS_MANAGE):
        own |= Q(assignee=None, team=None)
    return follow_ups.filter(own)


def is_snoozed(at: datetime) -> Q:
    """Return whether it is open and nobody wants to hear of it for now, as a condition."""
    return Q(state=FollowUpState.OPEN, snoozed_until__gt=at)


def of_day(user: User, *, before: datetime, at: datetime) -> QuerySet[FollowUp]:
    """Return what somebody has to do before a time and does not snooze, in the order of the day.

    First by the customer's tier, then by the clock (overdue, due soon, due later), then what was promised, then by
    priority and time.
    """
    waiting = Q(snoozed_until=None) | Q(snoozed_until__lte=at)
    found = in_hands_of(is_open(FollowUp.objects.filter(waiting, due_at__lt=before)), user)
    return in_order(for_list(found), "-is_promised", "priority", "due_at", "id", at=at)


def counts_of_day(user: User, *, before: datetime, at: datetime) -> dict[str, int]:
    """Count what somebody has overdue, due before a time, and snoozed of that; one query."""
    is_resting = Q(snoozed_until__gt=at)
    return in_hands_of(is_open(FollowUp.objects.filter(due_at__lt=before)), user).aggregate(
        overdue=Count("pk", filter=is_late(at) & ~is_resting),
        today=Count("pk", filter=~is_late(at) & ~is_resting),
        snoozed=Count("pk", filter=is_resting),
    )


def workers() -> QuerySet[User]:
    """Return the colleagues to whom a follow-up may be given."""
    roles = permissions.declared()[FOLLOW_UPS_WORK].roles
    return User.objects.filter(is_active=True, role__in=roles).order_by("name", "id")


def least_busy(team: Team) -> User | None:
    """Return whoever of a team has the fewest open follow-ups; None where nobody of it may have one."""
    loads = dict(
        is_open(FollowUp.objects.filter(assignee__team=team)).values_list("assignee").annotate(count=Count("pk"))
    )
    members: Iterable[User] = workers().filter(team=team)
    return min(members, key=lambda member: loads.get(member.pk, 0), default=None)


def leaders_of(follow_up: FollowUp) -> list[User]:
    """Return those who lead where a follow-up is to be done: in its team, else in its department, else everywhere.

    Of the follow-up's own team and department, or of its assignee's; whoever is to do it is not told.
    """
    assignee = follow_up.assignee
    team = follow_up.team_id or (assignee and assignee.team_id)
    department = (follow_up.team and follow_up.team.department_id) or (assignee and assignee.department_id)
    return leaders_among(team=team, department=department, but=follow_up.assignee_id)


def leaders_among(*, team: UUID | None, department: UUID | None, but: UUID | None) -> list[User]:
    """Return those who lead a team, else those of the department, else all, but for one person."""
    found = User.objects.filter(is_active=True, role=Role.SUPERVISOR).exclude(pk=but)
    leaders = list(found.order_by("name", "id"))
    return (
        [each for each in leaders if team and each.team_id == team]
        or [each for each in leaders if department and each.department_id == department]
        or leaders
    )
