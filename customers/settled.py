"""What own fields, groups, purposes, rules of follow-ups and a person's calendar come to, as settings show it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from core.web.navigation import Part
from customers.follow_ups.rules import RuleSetting, current_policy, registered, setting_of, told_as
from customers.forms.follow_up_rules import field_names, tiers_in_words
from customers.models import CalendarFeed, CustomerGroup, CustomField, Purpose
from customers.services.calendars import ends_at

CUSTOM_FIELD_PARTS = (
    Part(
        key="fields",
        label=gettext_lazy("Fields in use"),
        changes=gettext_lazy("Which facts of your own stand on each customer's page, in forms, files and the API."),
        url_name="customers:custom_fields",
    ),
)
GROUP_PARTS = (
    Part(
        key="groups",
        label=gettext_lazy("Groups"),
        changes=gettext_lazy("What concerns are called on the pages of the customers that belong to them."),
        url_name="customers:groups",
    ),
)
PURPOSE_PARTS = (
    Part(
        key="purposes",
        label=gettext_lazy("Purposes in use"),
        changes=gettext_lazy(
            "What customers are asked for their consent to, and what nobody contacts them for without."
        ),
        url_name="customers:purposes",
    ),
)
CALENDAR_PARTS = (
    Part(
        key="link",
        label=gettext_lazy("Link to the calendar"),
        changes=gettext_lazy("Whether another program may read your open follow-ups."),
        url_name="customers:calendar",
    ),
)


def custom_field_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    labels = CustomField.objects.filter(is_active=True).order_by("order", "id").values_list("label", flat=True)
    return {"fields": _(", ").join(labels) or _("None")}


def group_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    count = CustomerGroup.objects.count()
    return {"groups": ngettext("%(count)s group", "%(count)s groups", count) % {"count": count}}


def purpose_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    purposes = Purpose.objects.filter(is_active=True).order_by("order", "id")
    return {"purposes": _(", ").join(purpose.name for purpose in purposes) or _("None")}


def calendar_values(request: HttpRequest) -> Mapping[str, str | Promise]:
    feed = CalendarFeed.objects.filter(user=request.user).first()
    if feed is None:
        return {"link": _("Not made")}
    return {"link": _("Made") if timezone.now() < ends_at(feed) else pgettext("link", "Over")}


def follow_up_rule_parts(_user: Any) -> Sequence[Part]:
    """Return a part for each rule; rooms to the right have registered theirs by the time that somebody looks."""
    changes = gettext_lazy("Whether this asks for a follow-up, for customers of which tiers, by when, how pressing.")
    return [
        Part(
            key=told_as(code),
            label=rule.label,
            changes=changes,
            url_name="customers:follow_up_rules",
            fields=field_names(code),
            told=told_as(code),
        )
        for code, rule in registered().items()
    ]


def follow_up_rule_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {told_as(code): _rule_in_words(setting_of(rule, policy)) for code, rule in registered().items()}


def _rule_in_words(setting: RuleSetting) -> str:
    if not setting.is_on:
        return _("Off")
    said = [tiers_in_words(setting.tiers)]
    if setting.hours is not None:
        said.append(
            ngettext("%(count)s working hour", "%(count)s working hours", setting.hours) % {"count": setting.hours}
        )
    return " · ".join(said)
