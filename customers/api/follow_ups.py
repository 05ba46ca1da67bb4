"""What is to be done by a time: read, asked for and completed by partners."""

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
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import (
    EXAMPLE_ID,
    FlagField,
    IdField,
    InputSerializer,
    MomentField,
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Resource, Sort
from customers.enums import Assignment, FollowUpKind, FollowUpOrigin, Priority
from customers.follow_ups.querysets import with_names, workers
from customers.follow_ups.words import masked, subject_of
from customers.models import Customer, FollowUp
from customers.permissions import FOLLOW_UPS_VIEW, FOLLOW_UPS_WORK, REVEAL
from customers.services.follow_up_steps import complete_follow_up
from customers.services.follow_ups import LONGEST_OUTCOME, LONGEST_SUBJECT, open_follow_up

EXAMPLE_WANTED = {
    "customer_id": EXAMPLE_ID,
    "subject": "Ask how the new packaging went.",
    "kind": "call",
    "due_at": "2026-03-03T01:00:00Z",
    "priority": 3,
    "is_promised": True,
}


def _masked_subject(follow_up: FollowUp) -> str:
    return masked(follow_up, "subject")[0] or subject_of(follow_up)


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": EXAMPLE_ID,
                **EXAMPLE_WANTED,
                "customer_number": "SD-00042",
                "code": "",
                "origin": "hand",
                "assignee_id": EXAMPLE_ID,
                "team_id": None,
                "snoozed_until": None,
                "recurrence": "monthly",
                "repeats_every": 3,
                "repeats_until": "2026-12-31",
                "state": "open",
                "outcome": "",
                "closed_at": None,
                "created_at": "2026-03-01T09:12:00Z",
                "version": 1,
            }
        )
    ]
)
class FollowUpSerializer(ResourceSerializer):
    """Something that a colleague must do by a time; `code` says which rule asked for it, and is empty otherwise."""

    customer_id = serializers.UUIDField(read_only=True, allow_null=True)
    customer_number = serializers.CharField(read_only=True, allow_null=True)
    subject = PersonalField(
        stored=subject_of,
        masked=_masked_subject,
        is_personal=lambda follow_up: bool(follow_up.subject),
        permission=REVEAL,
    )
    priority = serializers.IntegerField(read_only=True, help_text="1 urgent, 2 high, 3 normal, 4 low.")
    assignee_id = serializers.UUIDField(read_only=True, allow_null=True)
    team_id = serializers.UUIDField(read_only=True, allow_null=True)
    outcome = PersonalField(
        stored=lambda follow_up: follow_up.outcome,
        masked=lambda follow_up: masked(follow_up, "outcome")[0],
        permission=REVEAL,
    )

    class Meta:
        model = FollowUp
        fields = (
            "id",
            "customer_id",
            "customer_number",
            "subject",
            "code",
            "origin",
            "kind",
            "due_at",
            "priority",
            "is_promised",
            "assignee_id",
            "team_id",
            "snoozed_until",
            "recurrence",
            "repeats_every",
            "repeats_until",
            "state",
            "outcome",
            "closed_at",
            "created_at",
            "version",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_WANTED)])
class FollowUpInput(InputSerializer):
    """What is to be done. Without an assignee it comes to the customer's account manager, or waits for somebody."""

    shown = FollowUpSerializer.Meta.fields

    customer_id = IdField(required=False, allow_null=True)
    subject = TextField(max_length=LONGEST_SUBJECT)
    kind = serializers.ChoiceField(FollowUpKind.choices)
    due_at = MomentField(help_text="By when it is to be done, to the minute.")
    priority = serializers.IntegerField(
        required=False, min_value=Priority.URGENT, max_value=Priority.LOW, help_text="1 urgent to 4 low; 3 unless told."
    )
    is_promised = FlagField(required=False)
    assignee_id = IdField(required=False, allow_null=True)

    def validate_customer_id(self, pk: Any) -> Customer | None:
        found = Customer.objects.filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise serializers.ValidationError(_("There is no customer of this id."), code="does_not_exist")
        return found

    def validate_assignee_id(self, pk: Any) -> User | None:
        found = workers().filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise serializers.ValidationError(_("Nobody who does follow-ups has this id."), code="does_not_exist")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name customer and assignee as the services do."""
        customer, assignee = attrs.pop("customer_id", None), attrs.pop("assignee_id", None)
        is_by_portfolio = customer is not None and assignee is None
        assignment = Assignment.PORTFOLIO if is_by_portfolio else Assignment.HAND
        return {**attrs, "customer": customer, "assignee": assignee, "assignment": assignment}


@extend_schema_serializer(examples=[example({"outcome": "They were content."})])
class OutcomeInput(InputSerializer):
    """What came of it."""

    outcome = TextField(max_length=LONGEST_OUTCOME, required=False, allow_blank=True)


@extend_schema_view(
    list=extend_schema(summary="List follow-ups"), retrieve=extend_schema(summary="Retrieve a follow-up")
)
class FollowUpViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What colleagues must do by a time, for a customer or for nobody."""

    model = FollowUp
    permission_required = FOLLOW_UPS_VIEW
    write_permission = FOLLOW_UPS_WORK
    serializer_class = FollowUpSerializer
    inputs = {"create": FollowUpInput, "complete": OutcomeInput}
    refusals = {
        "subject_missing": (400, "/subject"),
        "due_in_past": (400, "/due_at"),
        "assignee_may_not": (400, "/assignee_id"),
        "customer_merged": (400, "/customer_id"),
    }
    filters = filters_for(
        FollowUp,
        {
            "state": ("state", CHOICE),
            "kind": ("kind", CHOICE),
            "customer_id": ("customer", ("eq", "is_null")),
            "assignee_id": ("assignee", ("eq", "is_null")),
            "due_at": ("due_at", RANGE),
            "created_at": ("created_at", RANGE),
        },
    )
    sorts = (Sort("due_at"), Sort("created_at"))
    default_sort = "due_at"

    def rows(self) -> QuerySet[Any]:
        return with_names(FollowUp.objects.select_related("customer")).annotate(customer_number=F("customer__number"))

    @extend_schema(summary="Ask for a follow-up")
    def create(self, request: Request) -> Response:
        """Ask for something to be done by a time that has not passed."""
        follow_up = open_follow_up(
            **self.read_input(), origin=FollowUpOrigin.PARTNER, by=request.auth, at=timezone.now()
        )
        return self.answer_with(follow_up, status=201, location=reverse("api:follow-up-detail", args=[follow_up.pk]))

    @extend_schema(summary="Complete a follow-up")
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Note that it is done. It stands in the customer's timeline, and the next one of its series is opened."""
        follow_up = self.get_object()
        complete_follow_up(follow_up=follow_up, **self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(follow_up)
