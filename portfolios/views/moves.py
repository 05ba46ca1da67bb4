"""Proposals of assignments and moves, of which a job does those that stay ticked; and how many people it takes."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.models import User
from core.accounts.permissions import may
from core.jobs.models import BackgroundJob
from core.tenancy.errors import DomainError
from core.web import bulk
from core.web.context import WATCH_JOBS
from core.web.enums import RowOutcome
from core.web.lists.saved import count_words
from core.web.models import BulkOutcome
from core.web.views import StaffView, go_to
from customers.enums import HandoverReason, SelfService
from portfolios.bulk import MOVES, start_moves
from portfolios.forms import PlanForm, ShareForm
from portfolios.loads import Load, LoadChange, Shift, load_changes
from portfolios.models import NO_TIER, TIERS, PortfolioPolicy
from portfolios.permissions import MANAGE, VIEW
from portfolios.planning import (
    MOST_PROPOSED,
    Proposed,
    propose_assignments,
    propose_moves,
    shifts_of,
)
from portfolios.selectors import load_portfolios, tier_counts
from portfolios.services import current_policy
from portfolios.staffing import SELF_SERVED, Server, staffing
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
            changes=_named(
                load_changes({pk: each.as_load for pk, each in over.items()}, shifts_of(proposed.proposals, policy)),
                {pk: each.person for pk, each in over.items()},
            ),
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
        try:
            job = start_moves(sent=request.POST.getlist("move"), reason=self.reason, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, request.path)
        request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))


def _named(changes: Iterable[LoadChange], people: Mapping[UUID, User]) -> list[tuple[str, LoadChange]]:
    """Return changes of loads with the names of those whom they concern, the fullest at first."""
    named = [(people[each.person].name, each) for each in changes if each.person in people]
    return sorted(named, key=lambda each: (-each[1].before.percent, each[0]))


class MovedView(StaffView, TemplateView):
    """What the moves of one's own job made of the loads of those whom they touched."""

    permission_required = MANAGE
    template_name = "portfolios/moved.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        job = get_object_or_404(BackgroundJob, pk=self.kwargs["pk"], owner=self.request.user, kind=bulk.KIND)
        form = PlanForm(job.parameters["values"])
        if job.parameters["action"] != MOVES.name or not form.is_valid():
            raise Http404
        rows = reverse("console:job_rows", args=[job.pk])
        plan, before = form.cleaned_data["plan"], form.cleaned_data["before"]
        outcomes = dict(BulkOutcome.objects.filter(job=job).values_list("subject_id", "outcome"))
        changes = load_changes(
            {UUID(pk): Load(*load) for pk, load in before["loads"].items()},
            (
                Shift(giver, taker, before["weights"][tier])
                for pk, (giver, taker, tier) in plan.items()
                if outcomes.get(pk) == RowOutcome.CHANGED
            ),
        )
        return super().get_context_data(
            job=job,
            counts=[
                (outcome.label, job.counts.get(outcome.value, 0), f"{rows}?outcome={outcome.value}")
                for outcome in RowOutcome
            ],
            changes=_named(changes, User.objects.in_bulk([each.person for each in changes])),
            is_kept=bool(outcomes),
            **context,
        )


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
        there = [each for each in load_portfolios(policy=policy) if each.may_be_given]
        people = [Server(each.capacity, each.serves) for each in there]
        needs = staffing(
            tier_counts(), policy.weights, served=served, people=people, assumed=policy.capacity, share_percent=share
        )
        teams = serving()
        return super().get_context_data(
            needs=[(tier_in_words(need.tier), need, teams.get(need.tier, [])) for need in needs],
            may_choose_teams=may(self.request.user, MANAGE_TIERS),
            before=round(sum(need.before for need in needs), 2),
            now=round(sum(need.now for need in needs), 2),
            after=round(sum(need.after for need in needs), 2),
            moved=sum(need.moved for need in needs),
            served=sum(served.values()),
            people=[(each, [tier_in_words(tier) for tier in TIERS if tier in each.serves]) for each in there],
            there=sum(bool(each.capacity) for each in there),
            every=len(TIERS),
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
