"""The versions of the policy: written, and what each says and would do."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ListView, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView
from customers.enums import Tier
from tiering.entitlements import entitled
from tiering.enums import PolicyState
from tiering.forms import PolicyForm
from tiering.models import TierPolicy
from tiering.permissions import MANAGE, VIEW
from tiering.querysets import others_who_may_approve
from tiering.rules import LABELS, differences, facts
from tiering.selectors import trial_of
from tiering.services import PolicyChanged, current_policy, is_too_old, write_policy
from tiering.services.trials import MOST_KEPT
from tiering.trials import is_under_way

# What a policy changed, by label: before and after.
Differences = list[tuple[str, str, str]] | None
MOST_DIGITS = 7


def page_of(policy: TierPolicy) -> str:
    return reverse("tiering:policy", args=[policy.pk])


def entitlements_of(policy: TierPolicy) -> list[tuple[str, list[str]]]:
    """Return what each tier gets, in words."""
    return [(tier, entitled(policy, tier).words) for tier in Tier.values]


def _differences_in_words(found: Differences) -> str:
    if found is None:
        return _("The first version")
    return "; ".join(f"{label}: {before} → {after}" for label, before, after in found) or _("Nothing")


class PolicyListView(ListView):
    """Every version with what it changes of the one it replaces; of those approved the highest is in force."""

    permission_required = VIEW
    template_name = "tiering/tierpolicy_list.html"
    filters = (ChoiceFilter(name="state", label=gettext_lazy("State"), choices=PolicyState.choices),)
    sorts = (Sort("version", gettext_lazy("Version"), descending_first=True),)
    default_sort = "-version"
    export_name = "tier-policies"
    export_title = gettext_lazy("Tier policy")
    export_columns = (
        Column(gettext_lazy("Version"), lambda version: version[0].version),
        Column(gettext_lazy("What differed"), lambda version: _differences_in_words(version[1])),
        Column(gettext_lazy("State"), lambda version: version[0].get_state_display()),
        Column(
            pgettext_lazy("tier policy", "Written by"),
            lambda version: version[0].created_by and version[0].created_by.name,
        ),
        Column(pgettext_lazy("tier policy", "Written"), lambda version: version[0].created_at),
        Column(gettext_lazy("Approved by"), lambda version: version[0].approved_by and version[0].approved_by.name),
        Column(gettext_lazy("In force since"), lambda version: version[0].approved_at),
    )

    def get_queryset(self) -> QuerySet[TierPolicy]:
        return TierPolicy.objects.select_related("created_by", "approved_by")

    def get_export_rows(self, rows: Sequence[TierPolicy], *, user: Any) -> list[tuple[TierPolicy, Differences]]:
        """Return each policy with how it differs from the one it replaces; None for the first."""
        before = {each.version: each for each in TierPolicy.objects.filter(version__in={row.replaces for row in rows})}
        currency = current_tenant().currency
        return [
            (policy, differences(before[policy.replaces], policy, currency) if policy.replaces else None)
            for policy in rows
        ]

    def get_context_data(self, *, rows: list[TierPolicy], **context: Any) -> dict[str, Any]:
        in_force = current_policy()
        return super().get_context_data(
            rows=rows,
            versions=self.get_export_rows(rows, user=self.request.user),
            in_force=in_force,
            facts=facts(in_force, current_tenant().currency),
            entitlements=entitlements_of(in_force),
            may_manage=may(self.request.user, MANAGE),
            history=history_of(*rows, user=self.request.user),
            **context,
        )


class PolicyDetailView(StaffView, TemplateView):
    """One version: what it says, where it stands, and what it would do, as its trial found."""

    permission_required = VIEW
    template_name = "tiering/tierpolicy_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policies = TierPolicy.objects.select_related("created_by", "approved_by", "closed_by")
        policy = get_object_or_404(policies, pk=self.kwargs["pk"])
        user, currency = self.request.user, current_tenant().currency
        in_force = current_policy()
        before = in_force if policy.is_open else TierPolicy.objects.filter(version=policy.replaces).first()
        may_manage = may(user, MANAGE)
        tried = trial_of(policy) if may_manage else None
        return super().get_context_data(
            policy=policy,
            is_in_force=policy.pk == in_force.pk,
            facts=facts(policy, currency),
            entitlements=entitlements_of(policy),
            changes=differences(before, policy, currency) if before else None,
            lacks_approver=policy.is_open and not others_who_may_approve(policy).exists(),
            may_try=may_manage and policy.is_open,
            is_being_tried=may_manage and policy.is_open and is_under_way(policy),
            tried=tried,
            is_trial_too_old=policy.is_open and tried is not None and is_too_old(tried.trial, at=timezone.now()),
            history=history_of(policy, user=user),
            **context,
        )


class MoversView(StaffView, TemplateView):
    """Whom a version would move, as its trial found, page by page."""

    permission_required = MANAGE
    template_name = "tiering/movers.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        policy = get_object_or_404(TierPolicy.objects, pk=self.kwargs["pk"])
        tried = trial_of(policy, page=self._page())
        if tried is None:
            raise Http404
        return super().get_context_data(policy=policy, tried=tried, kept=MOST_KEPT, **context)

    def _page(self) -> int:
        asked = self.request.GET.get("page", "1")
        return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < MOST_DIGITS else 1


class CreatePolicyView(StaffFormView):
    """Keep rules as a draft, which is tried at once. With an id the form goes on from that version.

    A draft of one's own is changed in its place.
    """

    permission_required = MANAGE
    template_name = "tiering/tierpolicy_form.html"
    form_class = PolicyForm
    success_message = gettext_lazy("The draft is kept. Send it for approval when you have seen what it would do.")
    error_fields = {
        "bad_window": "window_days",
        "shares_too_large": "mid_percent",
        "bad_amounts": "mid_monthly",
        "bad_weights": "weight_amount",
        "bad_demotion_runs": "demotion_runs",
        "bad_entitlements": "vip_rebate",
    }

    @cached_property
    def start(self) -> TierPolicy:
        """The version whose rules the form begins with."""
        if "pk" not in self.kwargs:
            return current_policy()
        return get_object_or_404(TierPolicy.objects, pk=self.kwargs["pk"])

    @property
    def draft(self) -> TierPolicy | None:
        is_own_draft = self.start.state == PolicyState.DRAFT and self.start.created_by_id == self.request.user.pk
        return self.start if is_own_draft else None

    def get_initial(self) -> dict[str, Any]:
        in_force = current_policy()
        return {**{name: getattr(self.start, name) for name in LABELS}, "replaces": in_force.version}

    def form_refused(self, form: PolicyForm, error: DomainError) -> HttpResponse:
        if isinstance(error, PolicyChanged):
            form.show_in_force(current_policy())
        return super().form_refused(form, error)

    def save(self, form: PolicyForm) -> str:
        return page_of(write_policy(draft=self.draft, **form.rules, by=self.request.user, at=timezone.now()))
