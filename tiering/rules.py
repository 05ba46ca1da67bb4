"""A policy's rules in words."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from core.web.lists.filters import NO, YES
from core.web.templatetags.web import format_money
from tiering.enums import PolicyMode
from tiering.models import TierPolicy

RULES: dict[str, str | Promise] = {
    "mode": gettext_lazy("How tiers are decided"),
    "window_days": gettext_lazy("Window in days"),
    "vip_percent": gettext_lazy("VIP, percent of customers"),
    "mid_percent": gettext_lazy("Mid, percent of customers"),
    "vip_monthly": gettext_lazy("VIP from, per month"),
    "mid_monthly": gettext_lazy("Mid from, per month"),
    "weight_amount": gettext_lazy("Weight of the amount"),
    "weight_frequency": gettext_lazy("Weight of the frequency"),
    "weight_tenure": gettext_lazy("Weight of the time as a customer"),
    "demotion_runs": gettext_lazy("Evaluations until a demotion"),
}
ENTITLEMENTS: dict[str, str | Promise] = {
    "vip_head_start": gettext_lazy("VIP, head start in the queue"),
    "mid_head_start": gettext_lazy("Mid, head start in the queue"),
    "low_head_start": gettext_lazy("Low, head start in the queue"),
    "head_start_cost": gettext_lazy("Cost of a head start, per customer and month"),
    "vip_manager": gettext_lazy("VIP, an account manager"),
    "mid_manager": gettext_lazy("Mid, an account manager"),
    "low_manager": gettext_lazy("Low, an account manager"),
    "manager_cost": gettext_lazy("Cost of an account manager, per customer and month"),
    "vip_rebate": gettext_lazy("VIP, rebate"),
    "mid_rebate": gettext_lazy("Mid, rebate"),
    "low_rebate": gettext_lazy("Low, rebate"),
    "vip_self_service": gettext_lazy("VIP, invited to serve themselves"),
    "mid_self_service": gettext_lazy("Mid, invited to serve themselves"),
    "low_self_service": gettext_lazy("Low, invited to serve themselves"),
}
# All that a version says.
LABELS = {**RULES, **ENTITLEMENTS}

# What the trail calls it that other teams serve a tier.
TEAMS: dict[str, str | Promise] = {
    "teams_vip": gettext_lazy("Teams that serve VIP customers"),
    "teams_mid": gettext_lazy("Teams that serve mid customers"),
    "teams_low": gettext_lazy("Teams that serve low customers"),
}

UNUSED = {
    PolicyMode.PERCENTILE: {"vip_monthly", "mid_monthly"},
    PolicyMode.THRESHOLD: {"vip_percent", "mid_percent", "weight_amount", "weight_frequency", "weight_tenure"},
    PolicyMode.FLOOR: set(),
}


def _days(value: int, _currency: str) -> str:
    return ngettext("%(count)s day", "%(count)s days", value) % {"count": value}


def _hours(value: int, _currency: str) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", value) % {"count": value}


def _percent(value: int, _currency: str) -> str:
    return f"{value} %"


def _yes_or_no(value: bool, _currency: str) -> str:
    return str(YES if value else NO)


# How a rule's value is said, by the end of its name.
WORDS: dict[str, Callable[[Any, str], str]] = {
    "mode": lambda value, _currency: str(PolicyMode(value).label),
    "_days": _days,
    "_head_start": _hours,
    "_manager": _yes_or_no,
    "_self_service": _yes_or_no,
    "_percent": _percent,
    "_rebate": _percent,
    "_monthly": format_money,
    "_cost": format_money,
}


def in_words(name: str, value: Any, currency: str) -> str:
    """Return one rule's value for people."""
    return next((say(value, currency) for end, say in WORDS.items() if name.endswith(end)), str(value))


def facts(policy: TierPolicy, currency: str) -> list[tuple[str, str]]:
    """Return every rule that counts in the policy's mode as (label, value)."""
    return [
        (str(label), in_words(name, getattr(policy, name), currency))
        for name, label in RULES.items()
        if name not in UNUSED[PolicyMode(policy.mode)]
    ]


def differences(older: TierPolicy, newer: TierPolicy, currency: str) -> list[tuple[str, str, str]]:
    """Return what differs between two versions as (label, before, after)."""
    return [
        (str(label), in_words(name, before, currency), in_words(name, after, currency))
        for name, label in LABELS.items()
        if (before := getattr(older, name)) != (after := getattr(newer, name))
    ]
