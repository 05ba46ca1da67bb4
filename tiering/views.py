from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, DateRangeFilter, ListView, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to
from customers.enums import Tier
from customers.models import Customer
from tiering.enums import MoveReason
from tiering.forms import OverrideForm, PolicyForm
from tiering.models import TierChange, TierOverride, TierPolicy
from tiering.permissions import MANAGE, VIEW
from tiering.querysets import moves_for_list
from tiering.rules import LABELS, differences, facts
from tiering.selectors import (
    evaluation_of,
    figures_of,
    last_analysis,
    last_nightly_run,
    outcome_of,
    tier_counts,
    tier_label,
)
from tiering.services import (
    PolicyChanged,
    create_policy,
    current_policy,
    draft_policy,
    end_override,
    evaluate_tiers,
    last_whole_day,
    set_override,
)
from tiering.trail import MOVED
from tiering.value import DAYS
from tiering.value_shown import ShownValue

NEWEST_MOVES = 10
LAST_EVALUATION = "tiering.last_evaluation"
# What a policy changed, by label: before and after.
Differences = list[tuple[str, str, str]] | None


class OverviewView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "tiering/overview.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policy = current_policy()
        counts = tier_counts()
        return super().get_context_data(
            tiers=[(tier, tier_label(tier), counts[tier]) for tier in Tier.values],
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
        evaluation = evaluate_tiers(as_of=last_whole_day(at=at), at=at)
        request.session[LAST_EVALUATION] = figures_of(evaluation, at=at)
        return go_to(request, reverse("tiering:evaluate"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        figures = request.session.get(LAST_EVALUATION)
        if figures is None:
            return go_to(request, reverse("tiering:overview"))
        evaluation = evaluation_of(figures)
        counts = [(tier_label(tier), count) for tier, count in evaluation.counts.items()]
        return self.render_to_response(self.get_context_data(outcome=outcome_of(evaluation), counts=counts))


class MovesView(ListView):
    permission_required = VIEW
    template_name = "tiering/tierchange_list.html"
    filters = (
        ChoiceFilter(name="from", label=gettext_lazy("From tier"), choices=Tier.choices, field="from_tier"),
        ChoiceFilter(name="to", label=gettext_lazy("To tier"), choices=Tier.choices, field="to_tier"),
        ChoiceFilter(name="reason", label=gettext_lazy("Reason"), choices=MoveReason.choices),
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
        Column(gettext_lazy("Shipments"), lambda move: move.shipment_count),
        Column(gettext_lazy("Policy"), lambda move: move.policy_version),
    )

    def get_queryset(self) -> QuerySet[TierChange]:
        return moves_for_list(TierChange.objects)


def _differences_in_words(found: Differences) -> str:
    if found is None:
        return _("The first version")
    return "; ".join(f"{label}: {before} → {after}" for label, before, after in found) or _("Nothing")


class PolicyListView(ListView):
    """Every version with what it changed; the highest is in force."""

    permission_required = VIEW
    template_name = "tiering/tierpolicy_list.html"
    sorts = (Sort("version", gettext_lazy("Version"), descending_first=True),)
    default_sort = "-version"
    export_name = "tier-policies"
    export_title = gettext_lazy("Tier policy")
    export_columns = (
        Column(gettext_lazy("Version"), lambda version: version[0].version),
        Column(gettext_lazy("What differed"), lambda version: _differences_in_words(version[1])),
        Column(gettext_lazy("By"), lambda version: version[0].created_by and version[0].created_by.name),
        Column(gettext_lazy("In force since"), lambda version: version[0].created_at),
    )

    def get_queryset(self) -> QuerySet[TierPolicy]:
        return TierPolicy.objects.select_related("created_by")

    def get_export_rows(self, rows: Sequence[TierPolicy], *, user: Any) -> list[tuple[TierPolicy, Differences]]:
        """Return each policy with how it differs from the one before; None for the first."""
        wanted = [policy.version - 1 for policy in rows]
        before = {policy.version: policy for policy in TierPolicy.objects.filter(version__in=wanted)}
        currency = current_tenant().currency
        return [
            (policy, differences(before[policy.version - 1], policy, currency))
            if policy.version - 1 in before
            else (policy, None)
            for policy in rows
        ]

    def get_context_data(self, *, rows: list[TierPolicy], **context: Any) -> dict[str, Any]:
        in_force = current_policy()
        return super().get_context_data(
            rows=rows,
            versions=self.get_export_rows(rows, user=self.request.user),
            in_force=in_force,
            facts=facts(in_force, current_tenant().currency),
            may_manage=may(self.request.user, MANAGE),
            history=history_of(*rows, user=self.request.user),
            **context,
        )


class CreatePolicyView(StaffFormView):
    """Try rules on the present data as often as wanted, then put those in force whose outcome was shown.

    The rules that are tried stand in the address, so that the outcome can be loaded again.
    """

    permission_required = MANAGE
    template_name = "tiering/tierpolicy_form.html"
    form_class = PolicyForm
    error_fields = {
        "bad_window": "window_days",
        "shares_too_large": "mid_percent",
        "bad_amounts": "mid_monthly",
        "bad_weights": "weight_amount",
        "bad_demotion_runs": "demotion_runs",
    }

    def get_initial(self) -> dict[str, Any]:
        policy = current_policy()
        return {**{name: getattr(policy, name) for name in LABELS}, "replaces": policy.version}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "mode" not in request.GET:
            return super().get(request, *args, **kwargs)
        form = self.form_class(request.GET)
        return self._try(form) if form.is_valid() else self.form_invalid(form)

    def form_valid(self, form: PolicyForm) -> HttpResponse:
        is_applied = self.request.POST.get("step") == "apply"
        if is_applied and form.is_tried:
            return super().form_valid(form)
        query = urlencode({**form.rules, **({"changed": 1} if is_applied else {})})
        return go_to(self.request, f"{reverse('tiering:create_policy')}?{query}#outcome")

    def _try(self, form: PolicyForm) -> HttpResponse:
        at = timezone.now()
        try:
            draft = draft_policy(**form.rules)
        except DomainError as error:
            self._show_conflict(form, error)
            form.add_error(self.error_fields.get(error.code), str(error.message))
            return self.form_invalid(form)
        evaluation = evaluate_tiers(as_of=last_whole_day(at=at), draft=draft, dry_run=True, at=at)
        form.remember_trial()
        now = tier_counts()
        return self.render_to_response(
            self.get_context_data(
                form=form,
                draft=draft,
                outcome=outcome_of(evaluation),
                counts=[
                    (tier_label(tier), now[tier], then, then - now[tier]) for tier, then in evaluation.counts.items()
                ],
                was_changed="changed" in self.request.GET,
            )
        )

    def save(self, form: PolicyForm) -> str:
        try:
            policy = create_policy(**form.rules, by=self.request.user, at=timezone.now())
        except PolicyChanged as error:
            self._show_conflict(form, error)
            raise
        messages.success(
            self.request,
            _("Version %(version)s is in force from the next evaluation on.") % {"version": policy.version},
        )
        return reverse("tiering:overview")

    @staticmethod
    def _show_conflict(form: PolicyForm, error: DomainError) -> None:
        if isinstance(error, PolicyChanged):
            form.show_in_force(current_policy())


class SetOverrideView(StaffFormView):
    permission_required = MANAGE
    template_name = "tiering/tieroverride_form.html"
    form_class = OverrideForm
    error_fields = {"reason_missing": "reason", "override_expired": "expires_on"}
    success_message = gettext_lazy("The tier is set by hand.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"tier": self.customer.tier or Tier.VIP}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.customer, user=self.request.user, only=("tier.set", "tier.released", MOVED))
        return super().get_context_data(customer=self.customer, history=history, **context)

    def save(self, form: OverrideForm) -> str:
        set_override(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])


class EndOverrideView(StaffView):
    permission_required = MANAGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        override = get_object_or_404(TierOverride.objects, pk=kwargs["override"], customer_id=kwargs["pk"])
        try:
            end_override(override=override, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The next evaluation decides about the tier again."))
        return go_to(request, reverse("customers:detail", args=[override.customer_id]))
