"""A policy's rules in words."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from core.web.templatetags.web import format_money
from tiering.enums import PolicyMode
from tiering.models import TierPolicy

LABELS: dict[str, str | Promise] = {
    "mode": gettext_lazy("How tiers are decided"),
    "window_days": gettext_lazy("Window in days"),
    "vip_percent": gettext_lazy("VIP, percent of customers"),
    "mid_percent": gettext_lazy("Mid, percent of customers"),
    "vip_monthly": gettext_lazy("VIP from, per month"),
    "mid_monthly": gettext_lazy("Mid from, per month"),
    "weight_amount": gettext_lazy("Weight of the amount"),
    "weight_frequency": gettext_lazy("Weight of the frequency"),
    "weight_tenure": gettext_lazy("Weight of the length of custom"),
    "demotion_runs": gettext_lazy("Evaluations until a demotion"),
}

UNUSED = {
    PolicyMode.PERCENTILE: {"vip_monthly", "mid_monthly"},
    PolicyMode.THRESHOLD: {"vip_percent", "mid_percent", "weight_amount", "weight_frequency", "weight_tenure"},
    PolicyMode.FLOOR: set(),
}


def in_words(name: str, value: Any, currency: str) -> str:
    """Return one rule's value for people."""
    if name == "mode":
        return str(TierPolicy(mode=value).get_mode_display())
    if name == "window_days":
        return ngettext("%(count)s day", "%(count)s days", value) % {"count": value}
    if name.endswith("_percent"):
        return f"{value} %"
    if name.endswith("_monthly"):
        return format_money(value, currency)
    return str(value)


def facts(policy: TierPolicy, currency: str) -> list[tuple[str, str]]:
    """Return every rule that counts in the policy's mode as (label, value)."""
    return [
        (str(label), in_words(name, getattr(policy, name), currency))
        for name, label in LABELS.items()
        if name not in UNUSED[PolicyMode(policy.mode)]
    ]


def differences(older: TierPolicy, newer: TierPolicy, currency: str) -> list[tuple[str, str, str]]:
    """Return what differs between two versions as (label, before, after)."""
    return [
        (str(label), in_words(name, before, currency), in_words(name, after, currency))
        for name, label in LABELS.items()
        if (before := getattr(older, name)) != (after := getattr(newer, name))
    ]
