"""Portfolios over the API: read; and handovers, read and made by partners."""

from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.partners.filters import RANGE, filters_for
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    OptionalChoiceField,
    ResourceSerializer,
    example,
)
from core.partners.views import Resource, Sort
from customers.enums import HANDOVER_CHOICES, HandoverReason, Tier
from customers.models import Customer, ManagerTerm
from portfolios.models import Capacity
from portfolios.permissions import MANAGE, MANAGERS, VIEW
from portfolios.services import current_policy, hand_over

EXAMPLE_PORTFOLIO = {
    "manager_id": EXAMPLE_ID,
    "name": "Chen Jie",
    "vip_customers": 12,
    "mid_customers": 40,
    "low_customers": 180,
    "other_customers": 3,
    "load": 883,
    "capacity": 1000,
}
EXAMPLE_HANDOVER = {
    "id": EXAMPLE_ID,
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "manager_id": EXAMPLE_ID,
    "reason": "area",
    "started_at": "2026-03-02T01:30:00Z",
    "ended_at": None,
    "end_reason": None,
}


@extend_schema_serializer(examples=[example(EXAMPLE_PORTFOLIO)])
class PortfolioSerializer(ResourceSerializer):
    """What an account manager looks after, with the points of work that these customers are, and may be."""

    manager_id = serializers.UUIDField(source="id", read_only=True)
    vip_customers = serializers.IntegerField(read_only=True)
    mid_customers = serializers.IntegerField(read_only=True)
    low_customers = serializers.IntegerField(read_only=True)
    other_customers = serializers.IntegerField(read_only=True, help_text="Those that are not in a tier.")
    load = serializers.IntegerField(read_only=True)
    capacity = serializers.IntegerField(read_only=True)

    class Meta:
        model = User
        fields = tuple(EXAMPLE_PORTFOLIO)
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_HANDOVER)])
class HandoverSerializer(ResourceSerializer):
    """The time in which somebody looks after a customer: why it began, and, where it ended, why."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    end_reason = OptionalChoiceField(HandoverReason.choices, read_only=True)

    class Meta:
        model = ManagerTerm
        fields = tuple(EXAMPLE_HANDOVER)
        read_only_fields = fields


@extend_schema_serializer(examples=[example({"customer_id": EXAMPLE_ID, "manager_id": EXAMPLE_ID, "reason": "area"})])
class HandoverInput(InputSerializer):
    """Which customer goes to whom, and why; to nobody where `manager_id` is null."""

    shown = HandoverSerializer.Meta.fields

    customer_id = IdField()
    manager_id = IdField(allow_null=True)
    reason = serializers.ChoiceField(HANDOVER_CHOICES)

    def validate_customer_id(self, pk: Any) -> Customer:
        customer = Customer.objects.filter(pk=pk).first()
        if customer is None:
            raise serializers.ValidationError(_("There is no customer of this id."), code="does_not_exist")
        return customer

    def validate_manager_id(self, pk: Any) -> User | None:
        if pk is None:
            return None
        user = User.objects.filter(pk=pk, is_active=True).first()
        if user is None:
            raise serializers.ValidationError(_("There is no active user of this id."), code="does_not_exist")
        return user

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name what was given as the service does."""
        return {"customer": attrs["customer_id"], "to": attrs["manager_id"], "reason": attrs["reason"]}


@extend_schema_view(
    list=extend_schema(summary="List portfolios"),
    retrieve=extend_schema(summary="Retrieve a portfolio, by the id of the account manager"),
)
class PortfolioViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """How much each account manager looks after, and how much may be."""

    model = User
    permission_required = VIEW
    serializer_class = PortfolioSerializer
    filters = filters_for(User, {"team_id": ("team", ("eq", "is_null"))})
    sorts = (Sort("name"),)
    default_sort = "name"

    def rows(self) -> QuerySet[Any]:
        policy = current_policy()
        weights = policy.weights
        counts = {tier.value: _count(Q(tier=tier)) for tier in Tier}
        own = Subquery(Capacity.objects.filter(user=OuterRef("pk")).values("points")[:1])
        people = User.objects.filter(is_active=True, role__in=MANAGERS).annotate(
            vip_customers=counts["vip"],
            mid_customers=counts["mid"],
            low_customers=counts["low"],
            other_customers=_count(Q(tier=None)),
            capacity=Coalesce(own, Value(policy.capacity)),
        )
        low = F("low_customers") + F("other_customers")
        mid_and_vip = F("vip_customers") * weights["vip"] + F("mid_customers") * weights["mid"]
        return people.annotate(load=mid_and_vip + low * weights["low"])


@extend_schema_view(
    list=extend_schema(summary="List who looked after whom, and when"),
    retrieve=extend_schema(summary="Retrieve the time in which somebody looks after a customer"),
)
class HandoverViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Who looks after a customer from when to when; a new one begins with a handover."""

    model = ManagerTerm
    permission_required = VIEW
    write_permission = MANAGE
    serializer_class = HandoverSerializer
    inputs = {"create": HandoverInput}
    refusals = {"needs_manager": (409, "/manager_id")}
    filters = filters_for(
        ManagerTerm,
        {
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "manager_id": ("manager", ("eq",)),
            "started_at": ("started_at", RANGE),
        },
    )
    sorts = (Sort("started_at"),)
    default_sort = "-started_at"

    def rows(self) -> QuerySet[Any]:
        return ManagerTerm.objects.annotate(customer_number=F("customer__number"))

    @extend_schema(summary="Hand a customer over")
    def create(self, request: Request) -> Response:
        """Give a customer to another account manager, or to nobody; open work for it goes along. The answer is the time
        that began, or, for nobody, the one that ended.
        """
        term = hand_over(**self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(term, status=201, location=reverse("api:handover-detail", args=[term.pk]))


def _count(condition: Q) -> Any:
    owned = Customer.objects.filter(condition, account_manager=OuterRef("pk")).order_by()
    counted = owned.values("account_manager").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
