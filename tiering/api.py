from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from core.partners.views import Resource, Sort
from customers.models import Customer
from tiering.models import TierChange
from tiering.permissions import VIEW

EXAMPLE_TIER = {
    "customer_id": EXAMPLE_ID,
    "number": "SD-00042",
    "tier": "vip",
    "tier_since": "2026-03-02",
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


@extend_schema_serializer(examples=[example(EXAMPLE_TIER)])
class CustomerTierSerializer(ResourceSerializer):
    """A customer's tier with the figures of the last evaluation's window; the tier of a lead is null."""

    customer_id = serializers.UUIDField(source="id", read_only=True)
    contribution = Money(read_only=True)
    shipment_count = serializers.IntegerField(source="window_shipment_count", read_only=True)

    class Meta:
        model = Customer
        fields = ("customer_id", "number", "tier", "tier_since", "contribution", "shipment_count")
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
            "contribution": ("contribution", RANGE),
        },
    )
    sorts = (Sort("number"), Sort("contribution"))
    default_sort = "number"

    def rows(self) -> QuerySet[Any]:
        return Customer.objects.only("number", "tier", "tier_since", "contribution", "window_shipment_count")


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
