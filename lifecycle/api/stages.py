"""The history of stages over the API."""

from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from core.partners.views import Resource, Sort
from lifecycle.models import StageChange
from lifecycle.permissions import VIEW

EXAMPLE_CHANGE = {
    "id": EXAMPLE_ID,
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "from_stage": "mature",
    "to_stage": "declining",
    "cause": "evaluation",
    "as_of": "2026-03-01",
    "policy_version": 2,
    "contribution": {"amount": "320.00", "currency": "CNY"},
    "usual": {"amount": "910.00", "currency": "CNY"},
    "shipment_count": 58,
    "silent_days": 12,
    "changed_at": "2026-03-01T18:30:00Z",
}


@extend_schema_serializer(examples=[example(EXAMPLE_CHANGE)])
class StageChangeSerializer(ResourceSerializer):
    """One move between stages, with the figures behind it: what the window brought, and one before it usually did.

    They are null for a move that no evaluation made. Why somebody moved a customer by hand stays with staff.
    """

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    contribution = Money(read_only=True, allow_null=True)
    usual = Money(read_only=True, allow_null=True)

    class Meta:
        model = StageChange
        fields = tuple(EXAMPLE_CHANGE)
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List the moves between stages"),
    retrieve=extend_schema(summary="Retrieve one move between stages"),
)
class StageChangeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The history of stages: who moved when, from where to where, and what moved it."""

    model = StageChange
    permission_required = VIEW
    serializer_class = StageChangeSerializer
    filters = filters_for(
        StageChange,
        {
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "from_stage": ("from_stage", CHOICE),
            "to_stage": ("to_stage", CHOICE),
            "cause": ("cause", CHOICE),
            "changed_at": ("changed_at", RANGE),
        },
    )
    sorts = (Sort("changed_at"),)
    default_sort = "-changed_at"

    def rows(self) -> QuerySet[Any]:
        return StageChange.objects.annotate(customer_number=F("customer__number"))
