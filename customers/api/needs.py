"""Special needs: parts of a customer, at addresses below its own; each kind takes details of its own."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.filters import filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import InputSerializer, ResourceSerializer, TextField, example
from core.partners.views import Sort
from customers.api.parts import CUSTOMER, PartOfCustomer
from customers.api.shown import EXAMPLE_NEED, HIDDEN
from customers.enums import HazardClass, InvoiceRule, NeedKind, Weekday
from customers.forms.needs import MOST_LETTERS
from customers.models import CustomerNeed
from customers.needs.kinds import COLDEST, HIGHEST_FLOOR, LANGUAGES, WARMEST, BadNeed, checked_details
from customers.permissions import REVEAL
from customers.services.needs import add_need, change_need, remove_need

DETAILS = ("from_degree", "to_degree", "hazard_class", "days", "opens", "closes", "floor", "language", "rule")


@extend_schema_serializer(examples=[example(EXAMPLE_NEED)])
class NeedSerializer(ResourceSerializer):
    """Something that the customer needs; details of other kinds are null."""

    from_degree = serializers.IntegerField(
        source="details.from_degree", read_only=True, allow_null=True, help_text="Cold chain, in °C."
    )
    to_degree = serializers.IntegerField(
        source="details.to_degree", read_only=True, allow_null=True, help_text="Cold chain, in °C."
    )
    hazard_class = serializers.CharField(
        source="details.hazard_class",
        read_only=True,
        allow_null=True,
        help_text="Dangerous goods: the UN class, 1 to 9.",
    )
    days = serializers.ListField(
        source="details.days",
        child=serializers.IntegerField(),
        read_only=True,
        allow_null=True,
        help_text="Time window: 1 is Monday.",
    )
    opens = serializers.CharField(
        source="details.opens", read_only=True, allow_null=True, help_text="Time window, such as 09:00."
    )
    closes = serializers.CharField(
        source="details.closes", read_only=True, allow_null=True, help_text="Time window, such as 12:00."
    )
    floor = serializers.IntegerField(
        source="details.floor", read_only=True, allow_null=True, help_text="Floor without a lift."
    )
    language = serializers.CharField(source="details.language", read_only=True, allow_null=True, help_text="ISO 639.")
    rule = serializers.CharField(source="details.rule", read_only=True, allow_null=True, help_text="Invoice rules.")
    text = PersonalField(
        stored=lambda need: need.text, masked=lambda need: HIDDEN if need.text else "", permission=REVEAL
    )

    class Meta:
        model = CustomerNeed
        fields = ("id", "kind", *DETAILS, "text", "version")
        read_only_fields = fields


class WholeField(serializers.IntegerField):
    """A whole number, and no text or truth value that could be made into one."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class NeedFacts(InputSerializer):
    """The details of a need: those of its kind alone."""

    shown = ("id", "version")

    from_degree = WholeField(required=False, min_value=COLDEST, max_value=WARMEST)
    to_degree = WholeField(required=False, min_value=COLDEST, max_value=WARMEST)
    hazard_class = serializers.ChoiceField(HazardClass.choices, required=False, allow_blank=True)
    days = serializers.ListField(
        child=serializers.ChoiceField(Weekday.choices), required=False, allow_empty=False, max_length=7
    )
    opens = TextField(max_length=5, required=False)
    closes = TextField(max_length=5, required=False)
    floor = WholeField(required=False, min_value=2, max_value=HIGHEST_FLOOR)
    language = serializers.ChoiceField(LANGUAGES, required=False)
    rule = serializers.ChoiceField(InvoiceRule.choices, required=False)
    text = TextField(max_length=MOST_LETTERS, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        details = {name: attrs.pop(name) for name in DETAILS if name in attrs}
        return {**attrs, "details": details}


@extend_schema_serializer(examples=[example({"kind": "cold_chain", "from_degree": 2, "to_degree": 8})])
class NeedInput(NeedFacts):
    """A need to write down."""

    kind = serializers.ChoiceField(NeedKind.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        _check(attrs["kind"], attrs["details"])
        return attrs


@extend_schema_serializer(examples=[example({"to_degree": 6})])
class NeedChanges(NeedFacts):
    """What is to change of a need; its kind stays."""

    shown = (*NeedFacts.shown, "kind")


@extend_schema(parameters=[CUSTOMER])
@extend_schema_view(
    list=extend_schema(summary="List the special needs of a customer"),
    retrieve=extend_schema(summary="Retrieve a special need"),
)
class NeedViewSet(PartOfCustomer):
    """What the customer needs that others do not."""

    model = CustomerNeed
    serializer_class = NeedSerializer
    inputs = {"create": NeedInput, "partial_update": NeedChanges}
    refusals = {
        "bad_need": (400, None),
        "need_twice": (409, "/kind"),
        "too_many_windows": (409, "/kind"),
        "customer_merged": (404, None),
        "need_changed": (412, None),
        "need_gone": (404, None),
    }
    filters = filters_for(CustomerNeed, {})
    sorts = (Sort("id"),)
    default_sort = "id"

    def rows(self) -> QuerySet[Any]:
        return CustomerNeed.objects.filter(customer=self.customer)

    @extend_schema(summary="Add a special need")
    def create(self, request: Request, customer: str) -> Response:
        """Write down what the customer needs; of time windows there may be several, of other kinds one."""
        need = add_need(customer=self.customer, **self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(need, status=201, location=self.location_of(need))

    @extend_schema(summary="Change a special need")
    def partial_update(self, request: Request, customer: str, pk: str) -> Response:
        """Change the named details. If-Match is required, for staff edits the same record."""
        need = self.get_object()
        changes = self.read_input()
        version = self.check_version(need, is_required=True)
        text = changes.get("text")
        changed = change_need(
            need=need,
            version=version,
            details={**need.details, **changes["details"]},
            text=text or "",
            is_text_removed=text == "",
            by=request.auth,
            at=timezone.now(),
        )
        return self.answer_with(changed)

    @extend_schema(summary="Remove a special need")
    def destroy(self, request: Request, customer: str, pk: str) -> Response:
        """Remove a need, for good."""
        need = get_object_or_404(self.rows(), pk=pk)
        version = self.check_version(need, is_required=False)
        remove_need(need=need, version=version, by=request.auth, at=timezone.now())
        return Response(status=204)


def _check(kind: str, details: dict[str, Any]) -> None:
    try:
        checked_details(kind, details)
    except BadNeed as error:
        raise serializers.ValidationError({error.field: [str(error.message)]}, code=error.code) from error
