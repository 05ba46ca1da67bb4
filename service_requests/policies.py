"""What a tenant's policy says of deadlines, in figures and in words."""

from datetime import datetime, timedelta

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.tenancy.scope import current_tenant
from core.tenancy.working_time import Calendar
from customers.enums import Tier
from service_requests.enums import RequestKind
from service_requests.models import ServicePolicy

NO_TIER = "none"
TIERS = {Tier.VIP: Tier.VIP.label, Tier.MID: Tier.MID.label, Tier.LOW: Tier.LOW.label, NO_TIER: gettext_lazy("No tier")}
MOST_HOURS = 400
# So much of the working time is used up when whoever is in charge is warned.
WARNED_PERCENT = 80
# Working hours by kind, in the order of TIERS.
FIRST_HOURS = {
    RequestKind.CHASE: (2, 4, 8, 8),
    RequestKind.REDIRECT: (1, 2, 4, 4),
    RequestKind.RETURN: (1, 2, 4, 4),
    RequestKind.INVOICE: (9, 18, 27, 27),
    RequestKind.CERTIFICATE: (9, 18, 27, 27),
    RequestKind.BOOKING: (1, 2, 4, 4),
    RequestKind.EXCHANGE: (4, 9, 18, 18),
}

RULES: dict[str, str | Promise] = {
    "days": gettext_lazy("Days of the week worked"),
    "opens_at": gettext_lazy("Work begins"),
    "closes_at": gettext_lazy("Work ends"),
    "holidays": gettext_lazy("Holidays"),
    "extra_days": gettext_lazy("Extra working days"),
}


def deadline_name(kind: str) -> str:
    """Return what the trail calls the deadlines of a kind of request."""
    return f"hours.{kind}"


DEADLINES = {
    deadline_name(kind): format_lazy(gettext_lazy("Deadline: {kind}"), kind=kind.label) for kind in RequestKind
}


def first_hours() -> dict[str, dict[str, int]]:
    """Return the working hours of a tenant's first policy, by kind and tier."""
    return {kind.value: dict(zip(map(str, TIERS), hours, strict=True)) for kind, hours in FIRST_HOURS.items()}


def calendar_of(policy: ServicePolicy) -> Calendar:
    """Return when the active tenant's people work."""
    return Calendar(
        days=frozenset(policy.days),
        opens_at=policy.opens_at,
        closes_at=policy.closes_at,
        time_zone=current_tenant().time_zone,
        holidays=frozenset(policy.holidays),
        extra_days=frozenset(policy.extra_days),
    )


def calendar_in_force() -> Calendar:
    """Return it by the policy in force, or by that of a new company where there is none; one query."""
    return calendar_of(ServicePolicy.objects.order_by("-version").first() or ServicePolicy())


def allowed_hours(policy: ServicePolicy, *, kind: str, tier: str | None) -> int:
    """Return how many working hours a request of a customer may take."""
    return policy.hours[kind][tier or NO_TIER]


def warn_at(calendar: Calendar, due_at: datetime, hours: int) -> datetime:
    """Return when WARNED_PERCENT are used up of the working hours that a request may take until its deadline."""
    return calendar.back(due_at, timedelta(hours=hours) * (100 - WARNED_PERCENT) / 100)


def days_in_words(policy: ServicePolicy) -> str:
    """Return the days of the week that are worked."""
    return _(", ").join(str(WEEKDAYS[day - 1]) for day in sorted(policy.days))


def hours_in_words(hours: int) -> str:
    return ngettext("%(count)s working hour", "%(count)s working hours", hours) % {"count": hours}


def span_in_words(span: timedelta) -> str:
    """Return a span of working time, such as 1:30."""
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}"
