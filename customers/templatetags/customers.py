"""Template tags for pages that speak of customers."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from customers.enums import Tier

register = template.Library()

_LOOKS = {Tier.VIP: ("purple", "crown"), Tier.MID: ("blue", ""), Tier.LOW: ("secondary", "")}


@register.simple_tag
def tier_badge(tier: str | None) -> SafeString | str:
    """Show a tier; a dash where there is none."""
    return badge(Tier(tier).label, *_LOOKS[Tier(tier)]) if tier else "–"
