"""The pool of customers that nobody looks after, and the ways into it and out of it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.web.lists import ChoiceFilter, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, go_to
from customers.columns import columns, page_of
from customers.enums import Stage, Tier
from customers.handovers.open_work import count_open_work
from customers.models import Customer
from customers.querysets import for_list
from portfolios.forms import ClaimForm, HandOverForm, ReleaseForm
from portfolios.models import PortfolioPolicy
from portfolios.permissions import CLAIM, MANAGE, VIEW
from portfolios.planning import suggestions
from portfolios.selectors import portfolio_of
from portfolios.services import (
    check_claim,
    check_release,
    claim_customer,
    claims_left,
    current_policy,
    hand_over,
    release_customer,
)

SUGGESTED = 3


def pool_of(policy: PortfolioPolicy) -> QuerySet[Customer]:
    """Return the customers that stand in the pool."""
    return Customer.objects.filter(policy.pooled, account_manager=None)


class PoolView(ListView):
    """Whom nobody looks after: those that bring most first."""

    permission_required = VIEW
    template_name = "portfolios/pool.html"
    filters = (
        ChoiceFilter(name="tier", label=_("Tier"), choices=Tier.choices, none=_("Not in a tier")),
        ChoiceFilter(name="stage", label=_("Stage"), choices=Stage.choices),
        PrefixFilter(name="region", label=_("Region"), max_length=100),
        DateRangeFilter(name="last", label=_("Last shipment"), field="last_shipment_at"),
    )
    sorts = (
        Sort("contribution", _("Contribution"), descending_first=True),
        Sort("created", _("Created"), column="created_at", descending_first=True),
    )
    default_sort = "-contribution"
    export_name = "pool"
    export_title = _("Pool of customers")
    export_columns = columns(
        "number", "name", "tier", "stage", "region", "industry", "contribution", "shipments", "last", "created"
    )
    page_columns = ("name", "number", "tier", "stage", "region", "contribution", "shipments", "last")

    @cached_property
    def policy(self) -> PortfolioPolicy:
        return current_policy()

    def get_queryset(self) -> QuerySet[Customer]:
        return for_list(pool_of(self.policy))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = self.request.user
        may_claim = may(user, CLAIM)
        own = portfolio_of(user, policy=self.policy) if may_claim else None
        left = claims_left(user, policy=self.policy, at=timezone.now()) if may_claim else None
        return super().get_context_data(own=own, left=left, may_manage=may(user, MANAGE), **context)


class CustomerFormView(StaffFormView):
    """A form about who looks after one customer; it leads back to the customer."""

    permission_required = CLAIM
    template_name = "portfolios/handover_form.html"
    title: Any = ""
    submit_label: Any = ""

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects.select_related("account_manager"), pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        customer, at = self.customer, timezone.now()
        manager = customer.account_manager
        return super().get_context_data(
            customer=customer,
            title=self.title,
            submit_label=self.submit_label,
            work=count_open_work(customer_id=customer.pk, of=manager, at=at) if manager else [],
            history=history_of(customer, user=self.request.user, only=("customer.handed_over",)),
            **context,
        )

    def save(self, form: BaseForm) -> str:
        self.act(**form.cleaned_data, customer=self.customer, by=self.request.user, at=timezone.now())
        return page_of(self.customer)

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class ClaimView(CustomerFormView):
    template_name = "portfolios/claim_form.html"
    form_class = ClaimForm
    title = _("Claim a customer")
    success_message = _("You look after this customer from now on.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user, policy, at = self.request.user, current_policy(), timezone.now()
        try:
            check_claim(self.customer, user, policy=policy, at=at)
        except DomainError as error:
            context["refusal"] = error.message
        return super().get_context_data(
            own=portfolio_of(user, policy=policy),
            left=claims_left(user, policy=policy, at=at),
            weight=policy.weight_of(self.customer.tier),
            **context,
        )

    def form_refused(self, form: BaseForm, error: DomainError) -> Any:
        messages.error(self.request, str(error.message))
        return go_to(self.request, reverse("portfolios:pool"))

    def act(self, **facts: Any) -> object:
        return claim_customer(**facts)


class ReleaseView(CustomerFormView):
    form_class = ReleaseForm
    title = _("Release a customer to the pool")
    submit_label = _("Release")
    success_message = _("The customer stands in the pool.")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        try:
            check_release(self.customer, self.request.user)
        except DomainError as error:
            context["refusal"] = error.message
        return super().get_context_data(is_release=True, may_hand_over=may(self.request.user, MANAGE), **context)

    def act(self, **facts: Any) -> object:
        return release_customer(**facts)


class HandOverView(CustomerFormView):
    permission_required = MANAGE
    form_class = HandOverForm
    title = _("Hand over a customer")
    submit_label = _("Hand over")
    error_fields = {"manager_gone": "to"}
    success_message = _("The customer was handed over, with its open work.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    @cached_property
    def suggested(self) -> list[Any]:
        return suggestions(customer=self.customer, policy=current_policy(), at=timezone.now())[:SUGGESTED]

    def get_initial(self) -> dict[str, Any]:
        return {"to": self.suggested[0][0].person} if self.suggested else {}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(suggested=self.suggested, **context)

    def act(self, **facts: Any) -> object:
        return hand_over(**facts)
