"""Template tags for pages that speak of opportunities and proposals."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from development.enums import DealStage, ProposalState
from development.models import Opportunity, Proposal

register = template.Library()

_STAGES = {
    DealStage.WON: ("green", "trophy"),
    DealStage.LOST: ("red", "x"),
    DealStage.NEGOTIATING: ("orange",),
    DealStage.PROPOSED: ("blue",),
}
_STATES = {
    ProposalState.ACCEPTED: ("green", "check"),
    ProposalState.APPROVED: ("blue",),
    ProposalState.PROPOSED: ("orange", "hourglass"),
    ProposalState.DECLINED: ("red", "x"),
}


@register.simple_tag
def deal_badge(opportunity: Opportunity) -> SafeString:
    """Show how far an opportunity has come."""
    stage = DealStage(opportunity.deal_stage)
    return badge(stage.label, *_STAGES.get(stage, ("secondary",)))


@register.simple_tag
def proposal_badge(proposal: Proposal) -> SafeString:
    """Show where a version of a proposal stands."""
    state = ProposalState(proposal.state)
    return badge(state.label, *_STATES.get(state, ("secondary",)))
