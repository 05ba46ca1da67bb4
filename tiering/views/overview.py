"""Who stands in which tier and segment, who moved, and an evaluation at once."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, DateRangeFilter, ListView, Sort
from core.web.views import StaffView, go_to
from customers.enums import Segment, Tier
from tiering.entitlements import entitled
from tiering.enums import MoveReason, PolicyState
from tiering.models import TierChange, TierOverride, TierPolicy
from tiering.permissions import MANAGE, VIEW
from tiering.querysets import approved_versions, moves_for_list, waiting
from tiering.rules import facts
from tiering.segments import NO_RULE, RULES
from tiering.selectors import (
    evaluation_of,
    figures_of,
    last_analysis,
    last_nightly_run,
    outcome_of,
    segment_counts,
    self_serving,
    tier_counts,
    tier_label,
)
from tiering.services import current_policy, evaluate_all, last_whole_day, without_manager
from tiering.value import DAYS
from tiering.value_shown import ShownValue

NEWEST_MOVES = 10
MOST_WAITING = 20
LAST_EVALUATION = "tiering.last_evaluation"


def percent(count: int, *, of: int) -> int:
    return round(100 * count / of) if of else 0


class OverviewView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "tiering/overview.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policy, counts, segments = current_policy(), tier_counts(), segment_counts()
        base = counts[Tier.LOW] + counts[None]
        # Whoever came into a higher tier by hand keeps a segment until the night.
        no_segment = max(0, base - sum(segments[segment] for segment in Segment.values))
        return super().get_context_data(
            tiers=[(tier, tier_label(tier), counts[tier]) for tier in Tier.values],
            segments=[
                (rule.segment, rule.segment.label, rule.words, count, percent(count, of=base))
                for rule in RULES
                for count in [segments[rule.segment]]
            ],
            segments_base=base,
            no_segment=(no_segment, percent(no_segment, of=base)),
            no_rule=NO_RULE,
            entitlements=[(tier, entitled(policy, tier).words) for tier in Tier.values],
            self_serving=self_serving(policy, counts),
            lacking=[(tier, count) for tier, count in without_manager(policy).items() if count],
            waiting_policy=TierPolicy.objects.filter(state=PolicyState.SUBMITTED).first(),
            waiting_overrides=waiting(TierOverride.objects)[:MOST_WAITING],
            unranked=counts[None],
            policy=policy,
            facts=facts(policy, current_tenant().currency),
            run=last_nightly_run(),
            moves=moves_for_list(TierChange.objects).order_by("-changed_at", "-id")[:NEWEST_MOVES],
            may_manage=may(self.request.user, MANAGE),
            may_see_jobs=may(self.request.user, "jobs.view"),
            **context,
        )


class ValueView(StaffView, TemplateView):
    """What the night found of the customers' value; one query beside the shell's."""

    permission_required = VIEW
    template_name = "tiering/value.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        figures = last_analysis()
        shown = ShownValue(figures, current_tenant().currency) if figures else None
        return super().get_context_data(value=shown, days=DAYS, **context)


class EvaluateView(StaffView, TemplateView):
    """Evaluate as the night would, and show what came of it; a second time changes nothing.

    The session keeps the figures of the user's last one; its moves are read back from the history.
    """

    permission_required = MANAGE
    template_name = "tiering/evaluation.html"
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        evaluation = evaluate_all(as_of=last_whole_day(at=at), at=at)
        request.session[LAST_EVALUATION] = figures_of(evaluation, at=at)
        return go_to(request, reverse("tiering:evaluate"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        figures = request.session.get(LAST_EVALUATION)
        if figures is None:
            return go_to(request, reverse("tiering:overview"))
        evaluation = evaluation_of(figures)
        counts = [(tier_label(tier), count) for tier, count in evaluation.counts.items()]
        return self.render_to_response(
            self.get_context_data(evaluation=evaluation, outcome=outcome_of(evaluation), counts=counts)
        )


class MovesView(ListView):
    permission_required = VIEW
    template_name = "tiering/tierchange_list.html"
    filters = (
        ChoiceFilter(name="from", label=gettext_lazy("From tier"), choices=Tier.choices, field="from_tier"),
        ChoiceFilter(name="to", label=gettext_lazy("To tier"), choices=Tier.choices, field="to_tier"),
        ChoiceFilter(name="reason", label=gettext_lazy("Reason"), choices=MoveReason.choices),
        ChoiceFilter(name="policy", label=gettext_lazy("Policy"), choices=approved_versions, field="policy_version"),
        DateRangeFilter(name="moved", label=gettext_lazy("Moved on"), field="changed_at"),
    )
    sorts = (Sort("moved", gettext_lazy("Moved on"), column="changed_at", descending_first=True),)
    default_sort = "-moved"
    export_name = "tier-moves"
    export_title = gettext_lazy("Moves between tiers")
    export_columns = (
        Column(gettext_lazy("Moved on"), lambda move: move.changed_at),
        Column(gettext_lazy("Customer number"), lambda move: move.customer.number),
        Column(gettext_lazy("From tier"), lambda move: move.get_from_tier_display()),
        Column(gettext_lazy("To tier"), lambda move: move.get_to_tier_display()),
        Column(gettext_lazy("Reason"), lambda move: move.get_reason_display()),
        Column(gettext_lazy("Rank"), lambda move: move.rank),
        Column(gettext_lazy("Customers ranked"), lambda move: move.ranked),
        Column(gettext_lazy("Contribution"), lambda move: move.contribution),
        Column(gettext_lazy("Shipments in the window"), lambda move: move.shipment_count),
        Column(gettext_lazy("Policy"), lambda move: move.policy_version),
    )

    def get_queryset(self) -> QuerySet[TierChange]:
        return moves_for_list(TierChange.objects)
