"""Rules, moves and leads in words."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.web.models import Notice
from core.web.notices import Words
from customers.enums import Stage
from lifecycle.enums import LeadAssignment, MoveCause
from lifecycle.models import Lead, LifecyclePolicy
from lifecycle.querysets import leads_for_list

RULES: dict[str, str | Promise] = {
    "window_days": gettext_lazy("Window in days"),
    "new_days": gettext_lazy("Days for which a customer is new"),
    "growth_percent": gettext_lazy("Growing from, percent more than usual"),
    "decline_percent": gettext_lazy("Declining from, percent less than usual"),
    "least_days": gettext_lazy("Days at least in a stage"),
    "lost_days": gettext_lazy("Lost after days of silence"),
    "lost_least_days": gettext_lazy("Lost by its own rhythm not before, days"),
    "lost_rhythms": gettext_lazy("Lost after so many times its own rhythm"),
    "won_back_days": gettext_lazy("Days for which a customer is won back"),
    "assignment": gettext_lazy("Who gets a new lead"),
    "team": gettext_lazy("Of the team"),
}
HELP: dict[str, str | Promise] = {
    "window_days": gettext_lazy("What the last window brought is held against three windows before it."),
    "new_days": gettext_lazy("From the first shipment on; more than a window."),
    "growth_percent": gettext_lazy("A window that brought so much more than usual makes a customer growing."),
    "decline_percent": gettext_lazy("A window that brought so much less than usual makes a customer declining."),
    "least_days": gettext_lazy("So that nobody goes to and fro between growing, mature and declining."),
    "lost_days": gettext_lazy("For everybody; for those with few shipments nothing else counts."),
    "lost_least_days": gettext_lazy("Who ships every day is not lost after a week."),
    "lost_rhythms": gettext_lazy("The rhythm is the mean gap between shipments, from five shipments on."),
    "won_back_days": gettext_lazy("Then what the window brought decides again."),
    "assignment": gettext_lazy("Whoever takes a lead up may still choose somebody."),
    "team": gettext_lazy("Empty: all account managers."),
}


def rule_in_words(name: str, policy: LifecyclePolicy) -> str:
    """Return one rule's value for people."""
    value = getattr(policy, name)
    if name == "assignment":
        return str(LeadAssignment(value).label)
    if name == "team":
        return value.name if value else _("All account managers")
    if name.endswith("_percent"):
        return f"{value} %"
    if name == "lost_rhythms":
        return str(value)
    return ngettext("%(count)s day", "%(count)s days", value) % {"count": value}


def move_in_words(facts: Mapping[str, Any]) -> str:
    """Say a move as a customer's timeline tells it."""
    return _("%(before)s → %(after)s: %(cause)s") % {
        "before": Stage(facts["from"]).label,
        "after": Stage(facts["to"]).label,
        "cause": MoveCause(facts["cause"]).label,
    }


def describe_leads(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say which lead somebody is in charge of; one query."""
    leads = leads_for_list(Lead.objects).in_bulk({notice.subject_id for notice in notices})
    return {
        notice.pk: Words(
            _("You are in charge of the lead %(name)s") % {"name": lead.customer.display_name},
            reverse("lifecycle:lead", args=[lead.pk]),
            str(lead.source or ""),
        )
        for notice in notices
        if (lead := leads.get(notice.subject_id)) is not None
    }
