"""Service requests over the API: listed, read, opened, and worked on by partners."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import Department, User
from core.crypto.fields import readable
from core.crypto.masking import mask_text
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import EXAMPLE_ID, IdField, InputSerializer, ResourceSerializer, TextField, example
from core.partners.views import Resource, Sort
from customers.models import Customer
from customers.permissions import REVEAL
from customers.timeline import known_names
from service_requests.enums import CLOSED, RequestKind, WaitsFor
from service_requests.models import ServiceRequest
from service_requests.permissions import VIEW, WORK
from service_requests.querysets import workers
from service_requests.services import close_request, move_request, open_request, resume_request, wait_with_request
from service_requests.services.opening import LONGEST_TEXT
from shipments.models import Shipment

NUMBER = OpenApiParameter(
    "number",
    {"type": "string", "minLength": 1, "maxLength": 20},
    OpenApiParameter.PATH,
    description="The request's number.",
)
EXAMPLE = {
    "id": EXAMPLE_ID,
    "number": "SR000042",
    "kind": "redirect",
    "state": "in_progress",
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "shipment_id": EXAMPLE_ID,
    "waybill_number": "SF1234567890",
    "department_id": None,
    "team_id": EXAMPLE_ID,
    "assignee_id": EXAMPLE_ID,
    "waits_for": None,
    "opened_at": "2026-03-02T01:30:00Z",
    "due_at": "2026-03-02T03:30:00Z",
    "closed_at": None,
    "version": 2,
}


class WishField(PersonalField):
    """What was said in a request, what is personal in it hidden by the names of the customer's people."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        self.name = name
        super().__init__(stored=lambda request: getattr(request, name), permission=REVEAL, **kwargs)

    def mask(self, row: ServiceRequest) -> str:
        text = readable(row, self.name)
        return "" if text is None else mask_text(text, known_names(row.customer))


@extend_schema_serializer(examples=[example(EXAMPLE)])
class ServiceRequestSerializer(ResourceSerializer):
    """A wish of a customer that is no complaint; what was said stands in the record alone."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    shipment_id = serializers.UUIDField(read_only=True, allow_null=True)
    waybill_number = serializers.CharField(read_only=True, allow_null=True)
    department_id = serializers.UUIDField(read_only=True, allow_null=True)
    team_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The team that serves the customer's tier, where it is in charge."
    )
    assignee_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The colleague in charge.")

    class Meta:
        model = ServiceRequest
        fields = (
            "id",
            "number",
            "kind",
            "state",
            "customer_id",
            "customer_number",
            "shipment_id",
            "waybill_number",
            "department_id",
            "team_id",
            "assignee_id",
            "waits_for",
            "opened_at",
            "due_at",
            "closed_at",
            "version",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE, "text": "Please deliver to the side gate.", "outcome": ""})])
class ServiceRequestRecordSerializer(ServiceRequestSerializer):
    """A request with what the customer wishes and, once it is closed, what came of it."""

    text = WishField("text")
    outcome = WishField("outcome")

    class Meta(ServiceRequestSerializer.Meta):
        fields = (*ServiceRequestSerializer.Meta.fields, "text", "outcome")
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        example({"kind": "redirect", "waybill_number": "SF1234567890", "text": "Please deliver to the side gate."})
    ]
)
class ServiceRequestInput(InputSerializer):
    """A wish: of the customer that is named by id or number, or of the customer of the waybill."""

    shown = ServiceRequestRecordSerializer.Meta.fields

    kind = serializers.ChoiceField(RequestKind.choices)
    text = TextField(max_length=LONGEST_TEXT)
    customer_id = IdField(required=False)
    customer_number = TextField(max_length=40, required=False)
    waybill_number = TextField(max_length=40, required=False)
    department_id = IdField(required=False, allow_null=True)

    def validate_customer_id(self, pk: Any) -> Customer:
        return self._found(Customer.objects.filter(pk=pk), _("There is no customer of this id."))

    def validate_customer_number(self, number: str) -> Customer:
        return self._found(Customer.objects.filter(number=number), _("There is no customer of this number."))

    def validate_waybill_number(self, number: str) -> Shipment:
        shipments = Shipment.objects.filter(waybill_number=number).select_related("customer")
        return self._found(shipments, _("There is no shipment of this waybill."))

    def validate_department_id(self, pk: Any) -> Department | None:
        return found_or_refused(Department.objects.open(), pk, _("There is no department of this id."))

    @staticmethod
    def _found(rows: QuerySet[Any], message: Any) -> Any:
        row = rows.first()
        if row is None:
            raise serializers.ValidationError(message, code="does_not_exist")
        return row

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name what was found as the service does."""
        shipment = attrs.pop("waybill_number", None)
        by_id, by_number = attrs.pop("customer_id", None), attrs.pop("customer_number", None)
        if by_id and by_number and by_id.pk != by_number.pk:
            raise serializers.ValidationError({"customer_number": [_("This is not the customer of the id.")]})
        customer = by_id or by_number or (shipment and shipment.customer)
        if customer is None:
            message = _("Name the customer by id or number, or a waybill.")
            raise serializers.ValidationError({"customer_id": serializers.ErrorDetail(message, code="required")})
        return {
            "kind": attrs["kind"],
            "text": attrs["text"],
            "customer": customer,
            "shipment": shipment,
            "department": attrs.get("department_id"),
        }


@extend_schema_serializer(examples=[example({"department_id": None, "assignee_id": EXAMPLE_ID})])
class ServiceRequestAssignInput(InputSerializer):
    """Who is to be in charge: a department, a colleague, both, or for now nobody; null for none."""

    shown = ServiceRequestRecordSerializer.Meta.fields

    department_id = IdField(allow_null=True)
    assignee_id = IdField(allow_null=True)

    def validate_department_id(self, pk: Any) -> Department | None:
        return found_or_refused(Department.objects.open(), pk, _("There is no department of this id."))

    def validate_assignee_id(self, pk: Any) -> User | None:
        return found_or_refused(workers(), pk, _("Nobody who works on service requests has this id."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name who was found as the service does."""
        return {"department": attrs["department_id"], "assignee": attrs["assignee_id"]}


@extend_schema_serializer(examples=[example({"waits_for": "customer"})])
class ServiceRequestWaitInput(InputSerializer):
    """Whose answer it waits for."""

    shown = ServiceRequestRecordSerializer.Meta.fields

    waits_for = serializers.ChoiceField(WaitsFor.choices)


@extend_schema_serializer(examples=[example({"state": "done", "outcome": "Delivered to the side gate."})])
class ServiceRequestCloseInput(InputSerializer):
    """Whether it is done or declined, and what came of it or why."""

    shown = ServiceRequestRecordSerializer.Meta.fields

    state = serializers.ChoiceField([(state.value, state.label) for state in CLOSED])
    outcome = TextField(max_length=LONGEST_TEXT)


def found_or_refused(rows: QuerySet[Any], pk: Any, message: Any) -> Any:
    """Return the row of an id, None for none. Raises ValidationError for one that is not among the rows."""
    row = rows.filter(pk=pk).first() if pk else None
    if pk and row is None:
        raise serializers.ValidationError(message, code="does_not_exist")
    return row


@extend_schema_view(
    list=extend_schema(summary="List service requests"),
    retrieve=extend_schema(summary="Retrieve a service request"),
)
class ServiceRequestViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What customers wish for without complaining: a parcel to chase, another address, an invoice."""

    model = ServiceRequest
    permission_required = VIEW
    write_permission = WORK
    serializer_class = ServiceRequestSerializer
    record_serializer_class = ServiceRequestRecordSerializer
    inputs = {
        "create": ServiceRequestInput,
        "assign": ServiceRequestAssignInput,
        "wait": ServiceRequestWaitInput,
        "close": ServiceRequestCloseInput,
    }
    refusals = {
        "nothing_asked": (400, "/text"),
        "text_too_long": (400, "/text"),
        "shipment_of_another": (400, "/waybill_number"),
        "nothing_said": (400, "/outcome"),
        "department_closed": (400, "/department_id"),
        "assignee_cannot_work": (400, "/assignee_id"),
        "request_changed": (412, None),
    }
    filters = filters_for(
        ServiceRequest,
        {
            "number": ("number", ("eq", "in")),
            "kind": ("kind", CHOICE),
            "state": ("state", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "waybill_number": ("shipment__waybill_number", ("eq",)),
            "department_id": ("department", ("eq", "is_null")),
            "team_id": ("team", ("eq", "is_null")),
            "assignee_id": ("assignee", ("eq", "is_null")),
            "opened_at": ("opened_at", RANGE),
            "due_at": ("due_at", RANGE),
            "closed_at": ("closed_at", (*RANGE, "is_null")),
        },
    )
    sorts = (Sort("opened_at"), Sort("due_at"), Sort("number"))
    default_sort = "-opened_at"

    def rows(self) -> QuerySet[Any]:
        requests = ServiceRequest.objects.annotate(
            customer_number=F("customer__number"), waybill_number=F("shipment__waybill_number")
        )
        return requests.defer("text", "outcome") if self.action == "list" else requests.select_related("customer")

    @extend_schema(summary="Retrieve a service request by its number", parameters=[NUMBER])
    @action(detail=False, url_path="by-number/<number:number>", url_name="by-number")
    def by_number(self, request: Request, number: str) -> Response:
        """The same as by id, for who knows the number alone."""
        self.shown = get_object_or_404(self.get_queryset(), number=number)
        return Response(self.get_serializer(self.shown).data)

    @extend_schema(summary="Open a service request")
    def create(self, request: Request) -> Response:
        """Write down a wish. Its deadline is counted in the courier's working hours, by kind and the customer's tier;
        a department that is named is told, and where none is, the team that serves the tier. Send an Idempotency-Key:
        the same again opens no second one.
        """
        opened = open_request(**self.read_input(), by=request.auth, at=timezone.now())
        location = reverse("api:service-request-detail", args=[opened.pk])
        return self.answer_with(opened, status=201, location=location)

    @extend_schema(summary="Put somebody in charge of a service request")
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to a department, a colleague, or for now to nobody. A team gives way to a department."""
        return self._take(move_request)

    @extend_schema(summary="Let a service request wait")
    @action(detail=True, methods=["post"])
    def wait(self, request: Request, pk: str) -> Response:
        """Let it rest, and its deadline with it, until somebody has answered."""
        return self._take(wait_with_request)

    @extend_schema(summary="Go on with a service request")
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on with one that waited. The working time that it rested puts off its deadline."""
        return self._take(resume_request)

    @extend_schema(summary="Close a service request")
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Say what came of it, or why it is declined. It stands in the customer's timeline, and is not opened again."""
        return self._take(close_request)

    def _take(self, step: Callable[..., object]) -> Response:
        """Take one step of the request, as long as it stands as an If-Match says."""
        found = self.get_object()
        facts = self.read_input() if self.action in self.inputs else {}
        version = self.check_version(found, is_required=False)
        step(request=found, version=version, **facts, by=self.request.auth, at=timezone.now())
        return self.answer_with(found)
