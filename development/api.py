"""Opportunities over the API: read, and moved through their stages by partners."""

from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.crypto.fields import readable
from core.crypto.masking import mask_text
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import (
    EXAMPLE_ID,
    InputSerializer,
    Money,
    OptionalChoiceField,
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Resource, Sort
from customers.permissions import REVEAL
from customers.timeline import known_names
from development.enums import DealStage, LostReason
from development.models import Opportunity
from development.permissions import VIEW, WRITE
from development.services import move_opportunity
from development.services.moving import LONGEST_REMARK

NAMES = "names"
EXAMPLE = {
    "id": EXAMPLE_ID,
    "number": "OP000042",
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "title": "Air instead of road on the long lane",
    "deal_stage": "proposed",
    "stage_since": "2026-03-02T01:30:00Z",
    "expected_freight": {"amount": "32000.00", "currency": "CNY"},
    "closes_on": "2026-04-30",
    "owner_id": EXAMPLE_ID,
    "competitor_name": "Swallow Express",
    "lost_reason": None,
    "opened_at": "2026-02-02T01:30:00Z",
    "closed_at": None,
    "version": 3,
}


class NeedField(PersonalField):
    """What the customer needs, what is personal in it hidden by the names of the customer's people."""

    def mask(self, row: Opportunity) -> str:
        text = readable(row, "need")
        return "" if text is None else mask_text(text, self.context[NAMES]())


@extend_schema_serializer(examples=[example(EXAMPLE)])
class OpportunitySerializer(ResourceSerializer):
    """Business with a customer that may come about; what the customer needs stands in the record alone."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    expected_freight = Money(read_only=True, help_text="A month.")
    owner_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The colleague who works on it.")
    competitor_name = serializers.CharField(read_only=True, allow_null=True)
    lost_reason = OptionalChoiceField(LostReason.choices, read_only=True)

    class Meta:
        model = Opportunity
        fields = tuple(EXAMPLE)
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE, "need": "Three days today; two at most are wanted."})])
class OpportunityRecordSerializer(OpportunitySerializer):
    """An opportunity with what the customer needs."""

    need = NeedField(stored=lambda opportunity: opportunity.need, permission=REVEAL)

    class Meta(OpportunitySerializer.Meta):
        fields = (*OpportunitySerializer.Meta.fields, "need")
        read_only_fields = fields


@extend_schema_serializer(examples=[example({"deal_stage": "negotiating", "remark": "They sent their terms."})])
class MoveInput(InputSerializer):
    """The stage to move to; why, where it is lost."""

    shown = OpportunityRecordSerializer.Meta.fields

    deal_stage = serializers.ChoiceField(DealStage.choices)
    lost_reason = serializers.ChoiceField(LostReason.choices, required=False)
    remark = TextField(max_length=LONGEST_REMARK, required=False, allow_blank=True)


@extend_schema_view(
    list=extend_schema(summary="List opportunities"), retrieve=extend_schema(summary="Retrieve an opportunity")
)
class OpportunityViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Business with customers that may come about, by stage and by when it is expected to close."""

    model = Opportunity
    permission_required = VIEW
    write_permission = WRITE
    serializer_class = OpportunitySerializer
    record_serializer_class = OpportunityRecordSerializer
    inputs = {"move": MoveInput}
    refusals = {"lost_for_no_reason": (400, "/lost_reason")}
    filters = filters_for(
        Opportunity,
        {
            "number": ("number", ("eq", "in")),
            "deal_stage": ("deal_stage", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "owner_id": ("owner", ("eq", "is_null")),
            "closes_on": ("closes_on", RANGE),
            "opened_at": ("opened_at", RANGE),
        },
    )
    sorts = (Sort("closes_on"), Sort("opened_at"), Sort("number"))
    default_sort = "closes_on"

    def rows(self) -> QuerySet[Any]:
        found = Opportunity.objects.annotate(
            customer_number=F("customer__number"), competitor_name=F("competitor__name")
        )
        return found.defer("need") if self.action == "list" else found.select_related("customer")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), NAMES: lambda: self.names}

    @cached_property
    def names(self) -> list[str]:
        return known_names(self.shown.customer)

    @extend_schema(summary="Move an opportunity to another stage")
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move it along the pipeline. A stage that the present one does not lead to is refused as a conflict."""
        opportunity = self.get_object()
        facts = self.read_input()
        stage = facts.pop("deal_stage")
        move_opportunity(opportunity=opportunity, stage=stage, **facts, by=request.auth, at=timezone.now())
        return self.answer_with(opportunity)
