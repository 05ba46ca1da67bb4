"""Rules of portfolios, and what is proposed and warned of, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from customers.enums import Stage, Tier
from portfolios.models import NO_TIER, PortfolioPolicy

TIER_CHOICES: list[tuple[str, str | Promise]] = [*Tier.choices, (NO_TIER, gettext_lazy("Not in a tier"))]
RULES: dict[str, str | Promise] = {
    "weight_vip": gettext_lazy("Points of a VIP customer"),
    "weight_mid": gettext_lazy("Points of a mid customer"),
    "weight_low": gettext_lazy("Points of a low customer"),
    "capacity": gettext_lazy("Capacity of a portfolio in points"),
    "assigned_tiers": gettext_lazy("Tiers that always have an account manager"),
    "pool_tiers": gettext_lazy("Tiers in the pool"),
    "pool_stages": gettext_lazy("Stages in the pool"),
    "claims_a_day": gettext_lazy("Claims a day"),
    "rest_days": gettext_lazy("Days before somebody may claim again whom they had"),
    "silent_days": gettext_lazy("Back to the pool after days of silence"),
    "warn_days": gettext_lazy("Days of warning before that"),
}
HELP: dict[str, str | Promise] = {
    "weight_vip": gettext_lazy("How much work one of them is, held against the others."),
    "weight_mid": gettext_lazy("How much work one of them is, held against the others."),
    "weight_low": gettext_lazy("Also of those that are not in a tier."),
    "capacity": gettext_lazy("Of everybody for whom nothing else was said."),
    "assigned_tiers": gettext_lazy("Every night those without one go to whoever serves the tier and has most room."),
    "pool_tiers": gettext_lazy("Whom nobody looks after, and who is in one of these, can be claimed."),
    "pool_stages": gettext_lazy("The stage must be one of these, too."),
    "claims_a_day": gettext_lazy("How many customers each colleague may claim from the pool in a day."),
    "rest_days": gettext_lazy("So that nobody releases and claims the same customer in turn."),
    "silent_days": gettext_lazy(
        "0: never. Notes do not count as speaking with a customer; tiers with an account manager of their own stay."
    ),
    "warn_days": gettext_lazy("The account manager gets a follow-up this many days before."),
}
LEFT_BECAUSE: dict[str, str | Promise] = {
    "nobody_serves": gettext_lazy("Nobody who is there serves this tier."),
    "no_room": gettext_lazy("Nobody who serves this tier has room."),
}


def tier_in_words(tier: str) -> str:
    return str(dict(TIER_CHOICES)[tier])


def rule_in_words(name: str, policy: PortfolioPolicy) -> str:
    """Return one rule's value for people."""
    value = getattr(policy, name)
    if name.endswith("_tiers"):
        return _(", ").join(tier_in_words(tier) for tier in value) or _("None")
    if name == "pool_stages":
        return _(", ").join(str(Stage(stage).label) for stage in value) or _("None")
    if name == "silent_days" and not value:
        return str(pgettext_lazy("return to the pool", "Never"))
    if name.endswith("_days"):
        return ngettext("%(count)s day", "%(count)s days", value) % {"count": value}
    return f"{value:,}"


def say_return(facts: Mapping[str, Any]) -> str:
    """Say what is to be done before a customer returns to the pool."""
    return _("Speak with the customer: it returns to the pool on %(day)s if nobody does.") % {"day": facts["due_on"]}
