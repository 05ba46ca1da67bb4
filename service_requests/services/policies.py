from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.turns import wait_for_turn
from service_requests.enums import RequestKind
from service_requests.models import ServicePolicy
from service_requests.policies import MOST_HOURS, RULES, TIERS, deadline_name, first_hours

MOST_DATES = 200


class NobodyWorks(DomainError):
    code = "nobody_works"
    message = _("Choose at least one day of the week.")


class ClosesBeforeItOpens(DomainError):
    code = "closes_before_it_opens"
    message = _("The end lies before the start. 00:00 is midnight at the end of the day.")


class TooManyDates(DomainError):
    code = "too_many_dates"
    message = _("Give 200 days at most; those of past years may go.")


class BadHours(DomainError):
    code = "bad_hours"
    message = _("A request takes 1 to 400 working hours.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other working hours or deadlines in force meanwhile. Look at them first.")


def current_policy() -> ServicePolicy:
    """Return the policy in force. Raises ServicePolicy.DoesNotExist."""
    policy = ServicePolicy.objects.order_by("-version").first()
    if policy is None:
        raise ServicePolicy.DoesNotExist
    return policy


def create_first_policy(*, at: datetime) -> ServicePolicy:
    """Give the active tenant, a new one, the default rules as version 1."""
    return ServicePolicy.objects.create(version=1, hours=first_hours(), created_at=at)


@transaction.atomic
def create_policy(
    *,
    days: Collection[int],
    opens_at: time,
    closes_at: time,
    holidays: Collection[date],
    extra_days: Collection[date],
    hours: Mapping[str, Mapping[str, int]],
    replaces: int,
    by: User,
    at: datetime,
) -> ServicePolicy:
    """Put new working hours and deadlines in force, for requests that are opened, or go on, from now on.

    `replaces` is the version that its author has seen in force. Raises NobodyWorks, ClosesBeforeItOpens, TooManyDates,
    BadHours, or PolicyChanged if another version is in force by now.
    """
    rules: dict[str, Any] = {
        "days": sorted(set(days)),
        "opens_at": opens_at,
        "closes_at": closes_at,
        "holidays": sorted(set(holidays)),
        "extra_days": sorted(set(extra_days)),
        "hours": {kind: dict(by_tier) for kind, by_tier in hours.items()},
    }
    _check(rules)
    wait_for_turn("service_policy")
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    policy = ServicePolicy(version=in_force.version + 1, **rules, created_by=by, created_at=at)
    policy.save()
    details = {"version": policy.version, "changed": _differences(in_force, policy)}
    record("service_policy.changed", of=policy, by=by, at=at, details=details)
    return policy


def _differences(older: ServicePolicy, newer: ServicePolicy) -> list[str]:
    """Return the names of the rules that differ; deadlines by the kind of request."""
    named = [name for name in RULES if getattr(older, name) != getattr(newer, name)]
    return named + [deadline_name(kind) for kind in newer.hours if older.hours.get(kind) != newer.hours[kind]]


def _check(rules: Mapping[str, Any]) -> None:
    if not rules["days"] or not set(rules["days"]) <= set(range(1, 8)):
        raise NobodyWorks
    if rules["closes_at"] != time(0) and rules["closes_at"] <= rules["opens_at"]:
        raise ClosesBeforeItOpens
    if len(rules["holidays"]) > MOST_DATES or len(rules["extra_days"]) > MOST_DATES:
        raise TooManyDates
    given = rules["hours"]
    if set(given) != set(RequestKind.values) or any(set(each) != set(map(str, TIERS)) for each in given.values()):
        raise BadHours
    if not all(1 <= hours <= MOST_HOURS for each in given.values() for hours in each.values()):
        raise BadHours
