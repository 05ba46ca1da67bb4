"""Portfolios, and the forms that decide about them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.models import User
from core.accounts.permissions import may
from core.web.lists.page import TOTAL_CAP
from core.web.lists.saved import count_words
from core.web.rules import RulesFormView
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView
from customers.models import Customer
from portfolios.forms import CapacityForm, PolicyForm
from portfolios.models import TIERS, PortfolioPolicy
from portfolios.permissions import MANAGE, VIEW
from portfolios.planning import unassigned
from portfolios.selectors import load_with_work, portfolio_of, today_at
from portfolios.services import PolicyChanged, capacity_of, create_policy, current_policy, set_capacity
from portfolios.services.policies import RULES
from portfolios.views.pool import pool_of
from portfolios.words import tier_in_words


class PortfolioListView(StaffView, TemplateView):
    """Everybody who looks after customers, with how much that is, and what they have to do."""

    permission_required = VIEW
    template_name = "portfolios/portfolio_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        at = timezone.now()
        policy = current_policy()
        portfolios = load_with_work(policy=policy, at=at)
        today = today_at(at)
        return super().get_context_data(
            portfolios=portfolios,
            absent={each.person.pk for each in portfolios if each.absent_until and each.absent_until >= today},
            tiers=[(tier, tier_in_words(tier)) for tier in TIERS],
            over=sum(portfolio.is_over for portfolio in portfolios),
            pooled=_counted(pool_of(policy)),
            waiting=_counted(unassigned(policy)),
            policy=policy,
            may_manage=may(self.request.user, MANAGE),
            **context,
        )


def _counted(customers: QuerySet[Customer]) -> str:
    """Return how many there are, counted up to a thousand."""
    return count_words(customers.order_by()[: TOTAL_CAP + 1].count())


class CapacityView(StaffFormView):
    permission_required = MANAGE
    template_name = "portfolios/capacity_form.html"
    form_class = CapacityForm
    error_fields = {"bad_capacity": "points"}
    success_message = _("Saved.")

    @cached_property
    def person(self) -> User:
        return get_object_or_404(User.objects, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "policy": current_policy()}

    def get_initial(self) -> dict[str, Any]:
        return CapacityForm.initial_of(capacity_of(self.person))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            portfolio=portfolio_of(self.person, policy=current_policy()),
            history=history_of(self.person, user=self.request.user, only=("capacity.set",)),
            **context,
        )

    def save(self, form: CapacityForm) -> str:
        set_capacity(person=self.person, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("portfolios:list")


class PolicyView(RulesFormView):
    """The rules of portfolios and the pool: what is in force, to be changed."""

    permission_required = MANAGE
    template_name = "web/rules_form.html"
    form_class = PolicyForm
    model = PortfolioPolicy
    overtaken = PolicyChanged
    title = _("Rules of portfolios and the pool")
    leads_back = "portfolios:list"
    error_fields = {"warned_too_late": "silent_days"}
    success_message = _("In force from now on.")

    def rules_in_force(self) -> PortfolioPolicy:
        return current_policy()

    def get_initial(self) -> Mapping[str, Any]:
        policy = current_policy()
        return {**{name: getattr(policy, name) for name in RULES}, "replaces": policy.version}

    def save(self, form: PolicyForm) -> str:
        create_policy(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("portfolios:policy")
