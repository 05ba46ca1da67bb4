from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from core.partners.views import Resource, Sort
from customers.models import Customer
from tiering.models import TierChange, TierPolicy
from tiering.permissions import VIEW
from tiering.rules import LABELS

EXAMPLE_TIER = {
    "customer_id": EXAMPLE_ID,
    "number": "SD-00042",
    "tier": "vip",
    "tier_since": "2026-03-02",
    "segment": None,
    "self_service": None,
    "contribution": {"amount": "18250.00", "currency": "CNY"},
    "shipment_count": 311,
}
EXAMPLE_CHANGE = {
    "id": EXAMPLE_ID,
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "from_tier": "mid",
    "to_tier": "vip",
    "reason": "evaluation",
    "as_of": "2026-03-01",
    "window_days": 90,
    "policy_version": 2,
    "rank": 7,
    "ranked": 389,
    "contribution": {"amount": "18250.00", "currency": "CNY"},
    "shipment_count": 311,
    "changed_at": "2026-03-01T18:00:00Z",
}
EXAMPLE_POLICY = {
    "id": EXAMPLE_ID,
    "version": 2,
    "replaces": 1,
    "state": "approved",
    "mode": "percentile",
    "window_days": 90,
    "vip_percent": 5,
    "mid_percent": 15,
    "vip_monthly": {"amount": "10000.00", "currency": "CNY"},
    "mid_monthly": {"amount": "2000.00", "currency": "CNY"},
    "weight_amount": 100,
    "weight_frequency": 0,
    "weight_tenure": 0,
    "demotion_runs": 2,
    "vip_head_start": 24,
    "mid_head_start": 0,
    "low_head_start": 0,
    "head_start_cost": {"amount": "20.00", "currency": "CNY"},
    "vip_manager": True,
    "mid_manager": False,
    "low_manager": False,
    "manager_cost": {"amount": "300.00", "currency": "CNY"},
    "vip_rebate": 0,
    "mid_rebate": 2,
    "low_rebate": 0,
    "vip_self_service": False,
    "mid_self_service": False,
    "low_self_service": True,
    "created_at": "2026-02-27T08:00:00Z",
    "submitted_at": "2026-02-27T08:10:00Z",
    "approved_at": "2026-02-27T09:30:00Z",
    "closed_at": None,
}


@extend_schema_serializer(examples=[example(EXAMPLE_TIER)])
class CustomerTierSerializer(ResourceSerializer):
    """A customer's tier with the figures of the last evaluation's window; the tier of a lead is null.

    Customers of the low tier, and of none, are in a segment where one of its rules holds.
    """

    customer_id = serializers.UUIDField(source="id", read_only=True)
    contribution = Money(read_only=True)
    shipment_count = serializers.IntegerField(source="window_shipment_count", read_only=True)

    class Meta:
        model = Customer
        fields = (
            "customer_id",
            "number",
            "tier",
            "tier_since",
            "segment",
            "self_service",
            "contribution",
            "shipment_count",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_CHANGE)])
class TierChangeSerializer(ResourceSerializer):
    """One move of one customer, with the figures behind it."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    contribution = Money(read_only=True)

    class Meta:
        model = TierChange
        fields = (
            "id",
            "customer_id",
            "customer_number",
            "from_tier",
            "to_tier",
            "reason",
            "as_of",
            "window_days",
            "policy_version",
            "rank",
            "ranked",
            "contribution",
            "shipment_count",
            "changed_at",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_POLICY)])
class TierPolicySerializer(ResourceSerializer):
    """One version of how customers come into tiers and what each gets; of those approved the highest is in force."""

    vip_monthly = Money(read_only=True)
    mid_monthly = Money(read_only=True)
    head_start_cost = Money(read_only=True)
    manager_cost = Money(read_only=True)

    class Meta:
        model = TierPolicy
        fields = (
            "id",
            "version",
            "replaces",
            "state",
            *LABELS,
            "created_at",
            "submitted_at",
            "approved_at",
            "closed_at",
        )
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List the tiers of customers"),
    retrieve=extend_schema(summary="Retrieve the tier of a customer, by the customer's id"),
)
class TierViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Who stands in which tier now."""

    model = Customer
    permission_required = VIEW
    serializer_class = CustomerTierSerializer
    filters = filters_for(
        Customer,
        {
            "number": ("number", ("eq", "in")),
            "tier": ("tier", (*CHOICE, "is_null")),
            "segment": ("segment", (*CHOICE, "is_null")),
            "self_service": ("self_service", CHOICE),
            "contribution": ("contribution", RANGE),
        },
    )
    sorts = (Sort("number"), Sort("contribution"))
    default_sort = "number"

    def rows(self) -> QuerySet[Any]:
        return Customer.objects.only(
            "number", "tier", "tier_since", "segment", "self_service", "contribution", "window_shipment_count"
        )


@extend_schema_view(
    list=extend_schema(summary="List the moves between tiers"),
    retrieve=extend_schema(summary="Retrieve one move between tiers"),
)
class TierChangeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The history of tiers: who moved when, from where to where, and why."""

    model = TierChange
    permission_required = VIEW
    serializer_class = TierChangeSerializer
    filters = filters_for(
        TierChange,
        {
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "changed_at": ("changed_at", RANGE),
        },
    )
    sorts = (Sort("changed_at"),)
    default_sort = "-changed_at"

    def rows(self) -> QuerySet[Any]:
        return TierChange.objects.annotate(customer_number=F("customer__number"))


@extend_schema_view(
    list=extend_schema(summary="List the versions of the tier policy"),
    retrieve=extend_schema(summary="Retrieve one version of the tier policy"),
)
class TierPolicyViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The tier policy: what is in force, was, or waits for approval."""

    model = TierPolicy
    permission_required = VIEW
    serializer_class = TierPolicySerializer
    filters = filters_for(TierPolicy, {"state": ("state", CHOICE)})
    sorts = (Sort("version"),)
    default_sort = "-version"

    def rows(self) -> QuerySet[Any]:
        return TierPolicy.objects.all()
