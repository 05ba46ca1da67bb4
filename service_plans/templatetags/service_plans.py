"""Template tags for pages that speak of service plans."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from service_plans.enums import PlanState
from service_plans.models import ServicePlan

register = template.Library()

_LOOKS = {PlanState.APPROVED: ("green", "check"), PlanState.PROPOSED: ("orange", "hourglass")}


@register.simple_tag
def plan_badge(plan: ServicePlan) -> SafeString:
    """Show where an edition of a plan stands."""
    state = PlanState(plan.state)
    return badge(state.label, *_LOOKS.get(state, ("secondary",)))
