"""Template tags for pages that speak of customers."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from customers.enums import Stage, Tier

register = template.Library()

_LOOKS = {Tier.VIP: ("purple", "crown"), Tier.MID: ("blue", ""), Tier.LOW: ("secondary", "")}
_STAGE_LOOKS = {
    Stage.LEAD: ("azure", "seedling"),
    Stage.NEW: ("blue", "sparkles"),
    Stage.GROWING: ("green", "trending-up"),
    Stage.MATURE: ("teal", "circle-check"),
    Stage.DECLINING: ("orange", "trending-down"),
    Stage.LOST: ("red", "user-off"),
    Stage.WON_BACK: ("cyan", "rotate-clockwise"),
}


@register.simple_tag
def tier_badge(tier: str | None) -> SafeString | str:
    """Show a tier; a dash where there is none."""
    return badge(Tier(tier).label, *_LOOKS[Tier(tier)]) if tier else "–"


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """Show a stage of the lifecycle."""
    return badge(Stage(stage).label, *_STAGE_LOOKS[Stage(stage)])
