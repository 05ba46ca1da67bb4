"""Opportunities over the API: read, opened, changed, and moved through their stages by partners."""

from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.crypto.fields import readable
from core.crypto.masking import mask_text
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    Money,
    MoneyInput,
    OptionalChoiceField,
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Resource, Sort
from customers.models import Customer
from customers.permissions import REVEAL
from customers.timeline import known_names
from development.enums import DealStage, LostReason
from development.models import Competitor, Opportunity
from development.permissions import VIEW, WRITE
from development.querysets import competitors, workers
from development.services import move_opportunity, open_opportunity, update_opportunity
from development.services.moving import LONGEST_REMARK
from development.services.opening import FACTS, LONGEST_NEED

NAMES = "names"
# An empty need keeps what is stored.
KEPT = tuple(name for name in FACTS if name != "need")
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
    "competitor_id": EXAMPLE_ID,
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
    competitor_id = serializers.UUIDField(read_only=True, allow_null=True)
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


class OpportunityFacts(InputSerializer):
    """What is known of an opportunity."""

    shown = OpportunityRecordSerializer.Meta.fields

    owner_id = IdField(required=False, allow_null=True)
    competitor_id = IdField(required=False, allow_null=True)
    need = TextField(max_length=LONGEST_NEED, required=False)

    def validate_owner_id(self, pk: Any) -> User | None:
        found = workers().filter(pk=pk).first() if pk else None
        if pk and found is None:
            words = _("Nobody who works on opportunities has this id.")
            raise serializers.ValidationError(words, code="does_not_exist")
        return found

    def validate_competitor_id(self, pk: Any) -> Competitor | None:
        found = competitors().filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise serializers.ValidationError(_("There is no competitor of this id in use."), code="does_not_exist")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name what is linked as the services do."""
        return {name.removesuffix("_id"): value for name, value in attrs.items()}


@extend_schema_serializer(
    examples=[
        example(
            {
                "customer_id": EXAMPLE_ID,
                "title": EXAMPLE["title"],
                "expected_freight": EXAMPLE["expected_freight"],
                "closes_on": EXAMPLE["closes_on"],
                "owner_id": EXAMPLE_ID,
                "need": "Three days today; two at most are wanted.",
            }
        )
    ]
)
class OpportunityInput(OpportunityFacts):
    """Business that may come about, without names of persons in its title; it begins in the first stage."""

    customer_id = IdField()
    title = TextField(max_length=200)
    expected_freight = MoneyInput(help_text="A month.")
    closes_on = serializers.DateField(input_formats=["%Y-%m-%d"])

    def validate_customer_id(self, pk: Any) -> Customer:
        found = Customer.objects.filter(pk=pk).first()
        if found is None:
            raise serializers.ValidationError(_("There is no customer of this id."), code="does_not_exist")
        return found


@extend_schema_serializer(examples=[example({"closes_on": "2026-05-31", "owner_id": None})])
class OpportunityChanges(OpportunityFacts):
    """The facts to change; those that are left out stay."""

    title = TextField(max_length=200, required=False)
    expected_freight = MoneyInput(required=False, help_text="A month.")
    closes_on = serializers.DateField(required=False, input_formats=["%Y-%m-%d"])


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
    inputs = {"create": OpportunityInput, "partial_update": OpportunityChanges, "move": MoveInput}
    refusals = {
        "lost_for_no_reason": (400, "/lost_reason"),
        "owner_may_not": (400, "/owner_id"),
        "customer_merged": (400, "/customer_id"),
        "opportunity_changed": (412, None),
    }
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

    @extend_schema(summary="Open an opportunity")
    def create(self, request: Request) -> Response:
        """Open business that may come about. Send an Idempotency-Key: the same again opens no second one."""
        opportunity = open_opportunity(**self.read_input(), by=request.auth, at=timezone.now())
        location = reverse("api:opportunity-detail", args=[opportunity.pk])
        return self.answer_with(opportunity, status=201, location=location)

    @extend_schema(summary="Change an opportunity")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the named facts of an open opportunity. If-Match is required, for staff edits the same record."""
        opportunity = self.get_object()
        facts = {**{name: getattr(opportunity, name) for name in KEPT}, **self.read_input()}
        version = self.check_version(opportunity, is_required=True)
        update_opportunity(opportunity=opportunity, version=version, **facts, by=request.auth, at=timezone.now())
        return self.answer_with(opportunity)

    @extend_schema(summary="Move an opportunity to another stage")
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move it along the pipeline. A stage that the present one does not lead to is refused as a conflict."""
        opportunity = self.get_object()
        facts = self.read_input()
        stage = facts.pop("deal_stage")
        move_opportunity(opportunity=opportunity, stage=stage, **facts, by=request.auth, at=timezone.now())
        return self.answer_with(opportunity)
