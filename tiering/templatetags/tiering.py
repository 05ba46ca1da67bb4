"""Template tags for pages that speak of the tier policy."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from tiering.enums import PolicyState
from tiering.models import TierPolicy

register = template.Library()

_LOOKS = {
    PolicyState.APPROVED: ("green", "check"),
    PolicyState.SUBMITTED: ("orange", "hourglass"),
    PolicyState.DECLINED: ("red", "x"),
}


@register.simple_tag
def policy_badge(policy: TierPolicy) -> SafeString:
    """Show where a version of the policy stands."""
    state = PolicyState(policy.state)
    return badge(state.label, *_LOOKS.get(state, ("secondary",)))
