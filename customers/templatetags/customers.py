"""Template tags for pages that speak of customers."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.web.templatetags.web import badge
from customers.enums import FollowUpState, Stage, Tier
from customers.models import FollowUp
from customers.needs.kinds import FOR_TALKS
from customers.needs.reading import distinct, needs_of
from customers.places import countries, country_at_home

register = template.Library()

_LOOKS = {Tier.VIP: ("purple", "crown"), Tier.MID: ("blue", ""), Tier.LOW: ("secondary", "")}
_CLOSED = {FollowUpState.DONE: ("green", "check")}
_STAGE_LOOKS = {
    Stage.LEAD: ("secondary", "seedling"),
    Stage.NEW: ("azure", "sparkles"),
    Stage.GROWING: ("green", "trending-up"),
    Stage.MATURE: ("blue", "circle-check"),
    Stage.DECLINING: ("orange", "trending-down"),
    Stage.LOST: ("red", "user-off"),
    Stage.WON_BACK: ("purple", "rotate-clockwise"),
}


@register.simple_tag
def tier_badge(tier: str | None) -> SafeString | str:
    """Show a tier; a dash where there is none."""
    return badge(Tier(tier).label, *_LOOKS[Tier(tier)]) if tier else "–"


@register.simple_tag
def follow_up_badges(follow_up: FollowUp) -> SafeString:
    """Show where a follow-up stands: overdue and snoozed are said of open ones alone."""
    state = FollowUpState(follow_up.state)
    if state is not FollowUpState.OPEN:
        return badge(state.label, *_CLOSED.get(state, ("secondary",)))
    now = timezone.now()
    stands = badge(_("Overdue"), "red", "alert-triangle") if follow_up.due_at <= now else badge(state.label, "blue")
    if not (follow_up.snoozed_until and follow_up.snoozed_until > now):
        return stands
    return format_html("{} {}", stands, badge(_("Snoozed"), "secondary", "zzz"))


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """Show a stage of the lifecycle."""
    return badge(Stage(stage).label, *_STAGE_LOOKS[Stage(stage)])


@register.simple_tag
def need_badges(row: Any, talks: bool = False) -> SafeString:
    """Show what the customer of a row needs, as with_needs brought it; with `talks` what whoever calls has to know."""
    needs = distinct(needs_of(row, FOR_TALKS if talks else ()))
    return format_html_join(" ", "{}", ((badge(need.words, need.colour, need.icon),) for need in needs))


@register.simple_tag
def country_abroad(code: str) -> str:
    """Return what a country is called; nothing for the one that the tenant is in."""
    return "" if code == country_at_home() else countries().get(code, code)
