"""Template tags for pages that speak of leads."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from lifecycle.enums import LeadState
from lifecycle.models import Lead

register = template.Library()

_LOOKS = {
    LeadState.CONTACTED: ("blue",),
    LeadState.QUALIFIED: ("purple", "star"),
    LeadState.CONVERTED: ("green", "check"),
    LeadState.LOST: ("red",),
}


@register.simple_tag
def lead_badge(lead: Lead) -> SafeString:
    """Show how far a lead is."""
    state = LeadState(lead.state)
    return badge(state.label, *_LOOKS.get(state, ("azure",)))
