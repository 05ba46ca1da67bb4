"""Customers that are the same: what a merge would do, done and undone by partners."""

from typing import Any

from django.db.models import Case, F, QuerySet, When
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
from core.partners.filters import RANGE, filters_for
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    ResourceSerializer,
    TextField,
    TextsField,
    UtcDateTimeField,
    example,
)
from core.partners.views import Resource, Sort
from customers.models import Customer, CustomerMerge
from customers.permissions import MERGE, VIEW
from customers.querysets import UNDOABLE
from customers.services.merging import Fact, MergePlan, merge_customers, plan_merge, undo_merge

MOST_FACTS = 200
OTHER_ID = "01a1b2c3-d4e5-7f60-8a9b-0c1d2e3f4a5c"
EXAMPLE_PAIR = {"kept_id": EXAMPLE_ID, "absorbed_id": OTHER_ID}
EXAMPLE_WANTED = {**EXAMPLE_PAIR, "kept_version": 3, "absorbed_version": 1, "take": ["region"]}


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": EXAMPLE_ID,
                **EXAMPLE_PAIR,
                "kept_number": "SD-00042",
                "absorbed_number": "SD-00108",
                "merged_at": "2026-03-01T09:12:00Z",
                "undoable_until": "2026-03-31T09:12:00Z",
                "undone_at": None,
            }
        )
    ]
)
class MergeSerializer(ResourceSerializer):
    """One customer that took the place of another; `undoable_until` is null once nothing is kept to undo it by."""

    kept_id = serializers.UUIDField(read_only=True)
    absorbed_id = serializers.UUIDField(read_only=True)
    kept_number = serializers.CharField(read_only=True)
    absorbed_number = serializers.CharField(read_only=True)
    undoable_until = UtcDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = CustomerMerge
        fields = (
            "id",
            "kept_id",
            "kept_number",
            "absorbed_id",
            "absorbed_number",
            "merged_at",
            "undoable_until",
            "undone_at",
        )
        read_only_fields = fields


class FactSerializer(serializers.Serializer):
    """A fact in which the two differ. Values are null where there is none, and where they are personal."""

    name = serializers.CharField()
    is_personal = serializers.BooleanField()
    kept = serializers.CharField(allow_null=True)
    absorbed = serializers.CharField(allow_null=True)


class MovesSerializer(serializers.Serializer):
    """How many of what hang on the absorbed customer."""

    what = serializers.CharField()
    count = serializers.IntegerField()


class StaysSerializer(serializers.Serializer):
    """What stays with the absorbed customer, and why."""

    what = serializers.CharField()
    why = serializers.CharField()


@extend_schema_serializer(
    examples=[
        example(
            {
                "kept_version": 3,
                "absorbed_version": 1,
                "facts": [{"name": "region", "is_personal": False, "kept": "Merseyside", "absorbed": "Liverpool"}],
                "takes": [{"name": "tier", "is_personal": False, "kept": "low", "absorbed": "vip"}],
                "moves": [{"what": "Shipments", "count": 12}],
                "stays": [{"what": "Tier changes", "why": "They are the history of the other number."}],
                "clashes": [],
            }
        )
    ]
)
class MergePlanSerializer(serializers.Serializer):
    """What a merge would do. `facts` are to choose from; those of `takes` come from the absorbed customer by
    themselves: the higher tier, the stage of who shipped last, what it said of serving itself. With a clash it is
    refused: what cannot stand beside each other, and how many.
    """

    kept_version = serializers.IntegerField()
    absorbed_version = serializers.IntegerField()
    facts = FactSerializer(many=True)
    takes = FactSerializer(many=True)
    moves = MovesSerializer(many=True)
    stays = StaysSerializer(many=True)
    clashes = MovesSerializer(many=True)


@extend_schema_serializer(examples=[example(EXAMPLE_PAIR)])
class PairInput(InputSerializer):
    """The two that are the same."""

    kept_id = IdField(help_text="The customer that stays.")
    absorbed_id = IdField(help_text="The one whose place it takes.")

    def validate_kept_id(self, pk: Any) -> Customer:
        return _customer(pk)

    def validate_absorbed_id(self, pk: Any) -> Customer:
        return _customer(pk)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the two as the services do."""
        kept, absorbed = attrs.pop("kept_id"), attrs.pop("absorbed_id")
        return {**attrs, "kept": kept, "absorbed": absorbed}


@extend_schema_serializer(examples=[example(EXAMPLE_WANTED)])
class MergeInput(PairInput):
    """The two, as a plan showed them, and the facts to take from the one that is absorbed."""

    kept_version = serializers.IntegerField(min_value=1)
    absorbed_version = serializers.IntegerField(min_value=1)
    take = TextsField(
        child=TextField(max_length=60),
        max_length=MOST_FACTS,
        required=False,
        help_text="Names of the plan's facts; all others stay as the customer that is kept has them."
        " account_manager is for keys with portfolios:write.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the versions as the service does."""
        attrs = super().validate(attrs)
        versions = attrs.pop("kept_version"), attrs.pop("absorbed_version")
        return {**attrs, "versions": versions}


def _customer(pk: Any) -> Customer:
    found = Customer.objects.filter(pk=pk).first()
    if found is None:
        raise serializers.ValidationError(_("There is no customer of this id."), code="does_not_exist")
    return found


@extend_schema_view(list=extend_schema(summary="List merges"), retrieve=extend_schema(summary="Retrieve a merge"))
class MergeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Customers that took the place of another, which was the same."""

    model = CustomerMerge
    permission_required = VIEW
    write_permission = MERGE
    serializer_class = MergeSerializer
    inputs = {"create": MergeInput, "plan": PairInput}
    answers = {"plan": MergePlanSerializer}
    refusals = {
        "merge_with_itself": (400, "/absorbed_id"),
        "no_such_fact": (400, "/take"),
        "may_not_assign": (403, "/take"),
        "needs_manager": (409, "/take"),
        "older_kept": (403, "/kept_id"),
        "company_name_missing": (400, "/take"),
        "person_name_missing": (400, "/take"),
    }
    filters = filters_for(
        CustomerMerge,
        {
            "kept_id": ("kept", ("eq",)),
            "absorbed_id": ("absorbed", ("eq",)),
            "merged_at": ("merged_at", RANGE),
            "undone_at": ("undone_at", ("is_null",)),
        },
    )
    sorts = (Sort("merged_at"),)
    default_sort = "-merged_at"

    def rows(self) -> QuerySet[Any]:
        return CustomerMerge.objects.defer("facts").annotate(
            kept_number=F("kept__number"),
            absorbed_number=F("absorbed__number"),
            undoable_until=Case(When(facts__isnull=False, then=F("merged_at") + UNDOABLE)),
        )

    @extend_schema(summary="Show what a merge would do")
    @action(detail=False, methods=["post"])
    def plan(self, request: Request) -> Response:
        """Compare two customers and count what would move, changing nothing. The versions go into the merge."""
        pair = self.read_input()
        return Response(MergePlanSerializer(_shown(plan_merge(**pair), **pair)).data)

    @extend_schema(summary="Merge two customers")
    def create(self, request: Request) -> Response:
        """Let one customer take the place of another. All that hangs on that one moves, its number stays taken, and
        for thirty days it can be undone.
        """
        merge = merge_customers(**self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(merge, status=201, location=reverse("api:merge-detail", args=[merge.pk]))

    @extend_schema(summary="Undo a merge")
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Let the absorbed customer stand by itself again, with what came from it and still hangs on the other."""
        merge = self.get_object()
        undo_merge(merge=merge, by=request.auth, at=timezone.now())
        return self.answer_with(merge)


def _shown(plan: MergePlan, *, kept: Customer, absorbed: Customer) -> dict[str, Any]:
    def counted(pairs: Any) -> list[dict[str, Any]]:
        return [{"what": str(label), "count": count} for label, count in pairs]

    return {
        "kept_version": kept.version,
        "absorbed_version": absorbed.version,
        "facts": list(map(_told, plan.facts)),
        "takes": list(map(_told, plan.takes)),
        "moves": counted(plan.moves),
        "stays": [{"what": str(label), "why": str(why)} for label, why in plan.stays],
        "clashes": counted(plan.clashes),
    }


def _told(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "is_personal": fact.is_personal,
        "kept": _value(fact, fact.kept),
        "absorbed": _value(fact, fact.absorbed),
    }


def _value(fact: Fact, value: Any) -> str | None:
    if fact.is_personal or value in (None, ""):
        return None
    # People are named by their ids, groups by name and customers by number.
    return str(value.pk if isinstance(value, User) else value)
