"""The rules by which customers come into stages and leads to people."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Team, User
from core.audit.services import record
from core.tenancy.errors import DomainError
from lifecycle.enums import LeadAssignment
from lifecycle.models import LifecyclePolicy
from lifecycle.turns import wait_for_settings

MOST_DAYS = 3660
MOST_PERCENT = 1000
NUMBERS = {
    "window_days": (7, 366),
    "new_days": (1, MOST_DAYS),
    "growth_percent": (1, MOST_PERCENT),
    "decline_percent": (1, 99),
    "least_days": (1, 366),
    "lost_days": (2, MOST_DAYS),
    "lost_least_days": (1, MOST_DAYS),
    "lost_rhythms": (1, 100),
    "won_back_days": (1, MOST_DAYS),
}
RULES = (*NUMBERS, "assignment", "team")


class BadRule(DomainError):
    code = "bad_rule"
    message = _("A figure is outside of its limits.")


class NewEndsInWindow(DomainError):
    code = "new_ends_in_window"
    message = _("A customer is new for longer than a window: what it brings is held against what it brought before.")


class LostTooSoon(DomainError):
    code = "lost_too_soon"
    message = _("The days after which a customer with a rhythm may be lost are not more than those for all others.")


class TeamMissing(DomainError):
    code = "team_missing"
    message = _("This team is closed. Choose another one.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other rules in force meanwhile. Look at them first.")


def current_policy() -> LifecyclePolicy:
    """Return the rules in force. Raises LifecyclePolicy.DoesNotExist."""
    policy = LifecyclePolicy.objects.select_related("team").order_by("-version").first()
    if policy is None:
        raise LifecyclePolicy.DoesNotExist
    return policy


def create_first_policy(*, at: datetime) -> LifecyclePolicy:
    """Give the active tenant, a new one, the default rules as version 1."""
    return LifecyclePolicy.objects.create(version=1, created_at=at)


@transaction.atomic
def create_policy(
    *, assignment: str, team: Team | None, replaces: int, by: User, at: datetime, **numbers: int
) -> LifecyclePolicy:
    """Put new rules in force, for evaluations and leads from now on; `numbers` are those of NUMBERS.

    `replaces` is the version that its author has seen in force. Raises BadRule, NewEndsInWindow, LostTooSoon,
    TeamMissing, or PolicyChanged if another version is in force by now.
    """
    _check(numbers)
    if team is not None and team.closed_at is not None:
        raise TeamMissing
    wait_for_settings()
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    rules: dict[str, Any] = {**numbers, "assignment": LeadAssignment(assignment), "team": team}
    policy = LifecyclePolicy(version=in_force.version + 1, **rules, created_by=by, created_at=at)
    policy.save()
    changed = [name for name in RULES if getattr(in_force, name) != getattr(policy, name)]
    details = {"version": policy.version, "changed": changed}
    record("lifecycle_policy.changed", of=policy, by=by, at=at, details=details)
    return policy


def in_force_alone(policies: QuerySet[LifecyclePolicy]) -> QuerySet[LifecyclePolicy]:
    """Leave the version in force."""
    newest = LifecyclePolicy.objects.order_by("-version").values("version")[:1]
    return policies.filter(version=Subquery(newest))


def pass_on_leads(*, rows: QuerySet[LifecyclePolicy], to: Team, by: User, at: datetime) -> None:
    """Put the same rules in force with another team, which gets the leads from now on."""
    for policy in rows:
        numbers = {name: getattr(policy, name) for name in NUMBERS}
        create_policy(assignment=policy.assignment, team=to, replaces=policy.version, by=by, at=at, **numbers)


def _check(numbers: dict[str, int]) -> None:
    if set(numbers) != set(NUMBERS):
        raise BadRule
    if not all(least <= numbers[name] <= most for name, (least, most) in NUMBERS.items()):
        raise BadRule
    if numbers["new_days"] <= numbers["window_days"]:
        raise NewEndsInWindow
    if numbers["lost_least_days"] > numbers["lost_days"]:
        raise LostTooSoon
