"""Proposals of assignments and moves, of which a job does those that stay ticked; and how many people it takes."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.web import bulk, exports
from core.web.bulk import Selection
from core.web.context import WATCH_JOBS
from core.web.lists.saved import count_words
from core.web.views import StaffView, go_to
from customers.enums import HandoverReason, SelfService
from portfolios.bulk import MOVES
from portfolios.forms import PlanForm, ShareForm
from portfolios.models import NO_TIER, TIERS, PortfolioPolicy
from portfolios.permissions import MANAGE, VIEW
from portfolios.planning import MOST_PROPOSED, Proposed, propose_assignments, propose_moves
from portfolios.selectors import load_portfolios, tier_counts
from portfolios.services import current_policy
from portfolios.staffing import SELF_SERVED, staffing
from portfolios.words import LEFT_BECAUSE, tier_in_words
from tiering.permissions import MANAGE as MANAGE_TIERS
from tiering.querysets import serving
from tiering.selectors import self_service_counts


class ProposalView(StaffView, TemplateView):
    """Moves that are proposed, each with why, to be left out or confirmed."""

    permission_required = MANAGE
    template_name = "portfolios/proposal.html"
    reason: HandoverReason
    title: Any = ""
    text: Any = ""
    nothing: Any = ""

    def propose(self, policy: PortfolioPolicy) -> Proposed:
        """Return what is proposed now."""
        raise NotImplementedError

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policy = current_policy()
        proposed = self.propose(policy)
        over = {each.person.pk: each for each in proposed.portfolios}
        return super().get_context_data(
            title=self.title,
            text=self.text,
            nothing=self.nothing,
            proposed=proposed,
            moves=[
                {
                    "proposal": each,
                    "points": policy.weight_of(each.customer.tier),
                    "giver": over.get(each.giver.pk) if each.giver else None,
                }
                for each in proposed.proposals
            ],
            still_over=[(over[pk], points) for pk, points in proposed.plan.still_over.items()],
            left=[
                (None if each.tier == NO_TIER else each.tier, count_words(each.count), LEFT_BECAUSE[each.reason])
                for each in proposed.waiting
            ],
            most=MOST_PROPOSED,
            **context,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Start the job that does the moves that are ticked."""
        form = PlanForm({"plan": json.dumps(request.POST.getlist("move")), "reason": self.reason.value})
        if not form.is_valid():
            messages.error(request, _("The moves are not understood. Open the proposal again."))
            return go_to(request, request.path)
        rows = list(form.cleaned_data["plan"])
        selection = Selection(view=exports.find(MOVES.list_name)(), query="", rows=rows)
        try:
            job = bulk.start(action=MOVES, selection=selection, form=form, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, request.path)
        request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))


class AssignView(ProposalView):
    reason = HandoverReason.ASSIGNED
    title = gettext_lazy("Assign customers")
    text = gettext_lazy(
        "Customers of the tiers that always have an account manager, and have none. Each goes to whoever serves its"
        " tier and has most room; every night this is done by itself."
    )
    nothing = gettext_lazy("Every customer that should have an account manager has one, or nobody has room.")

    def propose(self, policy: PortfolioPolicy) -> Proposed:
        return propose_assignments(policy=policy, at=timezone.now())


class RebalanceView(ProposalView):
    reason = HandoverReason.REBALANCED
    title = gettext_lazy("Rebalance portfolios")
    text = gettext_lazy(
        "The fewest moves that bring everybody within their capacity. VIPs move where nothing else helps, and who has"
        " been with somebody longest stays."
    )
    nothing = gettext_lazy("Nobody is above their capacity, or nobody has room for what is too much.")

    def propose(self, policy: PortfolioPolicy) -> Proposed:
        return propose_moves(policy=policy, at=timezone.now())


class StaffingView(StaffView, TemplateView):
    """How many people each tier needs, now and when some of the low customers serve themselves."""

    permission_required = VIEW
    template_name = "portfolios/staffing.html"

    @cached_property
    def form(self) -> ShareForm:
        first = {"share": ShareForm.base_fields["share"].initial}
        return ShareForm(self.request.GET if "share" in self.request.GET else first)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policy = current_policy()
        context |= {"form": self.form, "policy": policy}
        if not self.form.is_valid():
            return super().get_context_data(**context)
        share = self.form.cleaned_data["share"]
        noted = self_service_counts()
        served = {tier: noted.get((None if tier == NO_TIER else tier, SelfService.ACCEPTED), 0) for tier in TIERS}
        needs = staffing(tier_counts(), policy.weights, served=served, capacity=policy.capacity, share_percent=share)
        there = load_portfolios(policy=policy)
        teams = serving()
        return super().get_context_data(
            needs=[(tier_in_words(need.tier), need, teams.get(need.tier, [])) for need in needs],
            may_choose_teams=may(self.request.user, MANAGE_TIERS),
            before=round(sum(need.before for need in needs), 2),
            now=round(sum(need.now for need in needs), 2),
            after=round(sum(need.after for need in needs), 2),
            moved=sum(need.moved for need in needs),
            served=sum(served.values()),
            there=sum(each.person.is_active for each in there),
            self_served=tier_in_words(SELF_SERVED),
            figures={
                "title": _("People by tier, before and after"),
                "kind": "bar",
                "labels": [tier_in_words(need.tier) for need in needs],
                "series": [
                    {"name": _("Before"), "values": [need.before for need in needs]},
                    {"name": _("Now"), "values": [need.now for need in needs]},
                    {"name": _("After"), "values": [need.after for need in needs]},
                ],
            },
            **context,
        )
