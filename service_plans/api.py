"""What was agreed for customers, and what was kept of it, over the API."""

from functools import cached_property
from typing import Any

from django.db.models import F, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.crypto.fields import readable
from core.crypto.masking import mask_text
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import EXAMPLE_ID, ResourceSerializer, example
from core.partners.views import Resource, Sort
from customers.permissions import REVEAL
from customers.timeline import known_names
from service_plans.models import PlanItem, PlanMonth, ServicePlan
from service_plans.permissions import VIEW

NAMES = "names"
EXAMPLE = {
    "id": EXAMPLE_ID,
    "number": "SP000042",
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "edition": 2,
    "follows_id": EXAMPLE_ID,
    "state": "approved",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "approved_at": "2025-12-20T03:00:00Z",
    "version": 4,
}
EXAMPLE_ITEM = {
    "id": EXAMPLE_ID,
    "kind": "product",
    "text": "Next-day delivery for all parcels.",
    "product": "express",
    "packaging": None,
    "origin_city": "",
    "destination_city": "",
    "most_hours": None,
    "picked_up_from": None,
    "picked_up_until": None,
    "target_percent": 98,
    "months": [{"month": "2026-02-01", "measured": 120, "kept": 119}],
}


class PromisedField(PersonalField):
    """The words of an item, what is personal in them hidden by the names of the customer's people."""

    def mask(self, row: PlanItem) -> str:
        text = readable(row, "text")
        return "" if text is None else mask_text(text, self.context[NAMES]())


class PlanMonthSerializer(ResourceSerializer):
    """Of so many shipments of a month, named by its first day, an item was kept with so many."""

    is_whole = True

    class Meta:
        model = PlanMonth
        fields = ("month", "measured", "kept")
        read_only_fields = fields


class PlanItemSerializer(ResourceSerializer):
    """One thing that is agreed; with a `target_percent` it is measured from shipments each month."""

    is_whole = True
    text = PromisedField(stored=lambda item: item.text, permission=REVEAL)
    months = PlanMonthSerializer(many=True, read_only=True)

    class Meta:
        model = PlanItem
        fields = tuple(EXAMPLE_ITEM)
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE)])
class ServicePlanSerializer(ResourceSerializer):
    """One edition of what was agreed for a customer; its items stand in the record alone."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    follows_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The edition before.")

    class Meta:
        model = ServicePlan
        fields = tuple(EXAMPLE)
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE, "items": [EXAMPLE_ITEM]})])
class ServicePlanRecordSerializer(ServicePlanSerializer):
    """An edition with its items and what was kept of each, month by month."""

    items = PlanItemSerializer(many=True, read_only=True)

    class Meta(ServicePlanSerializer.Meta):
        fields = (*ServicePlanSerializer.Meta.fields, "items")
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List service plans"), retrieve=extend_schema(summary="Retrieve a service plan")
)
class ServicePlanViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What was agreed for single customers: products, pickup windows, packaging, routes, prices, billing."""

    model = ServicePlan
    permission_required = VIEW
    serializer_class = ServicePlanSerializer
    record_serializer_class = ServicePlanRecordSerializer
    filters = filters_for(
        ServicePlan,
        {
            "number": ("number", ("eq", "in")),
            "state": ("state", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "starts_on": ("starts_on", RANGE),
            "ends_on": ("ends_on", RANGE),
        },
    )
    sorts = (Sort("starts_on"), Sort("ends_on"), Sort("number"))
    default_sort = "-starts_on"

    def rows(self) -> QuerySet[Any]:
        plans = ServicePlan.objects.annotate(customer_number=F("customer__number")).defer("share_word")
        if self.action == "list":
            return plans
        plans = plans.select_related("customer")
        items = PlanItem.objects.order_by("place")
        months = PlanMonth.objects.order_by("month")
        return plans.prefetch_related(Prefetch("items", queryset=items), Prefetch("items__months", queryset=months))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), NAMES: lambda: self.names}

    @cached_property
    def names(self) -> list[str]:
        return known_names(self.shown.customer)
