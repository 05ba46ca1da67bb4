"""Leads over the API: listed, read, taken up, and worked on by partners."""

from collections.abc import Callable
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
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Resource, Sort
from core.tenancy.scope import current_tenant
from customers.contact_points import MAX_LENGTH, BadContactPoint, home_country, normalised
from customers.enums import ContactPointKind, CustomerKind
from customers.numbers import BadNumber, clean_number
from customers.permissions import REVEAL
from customers.services import NewContactPoint
from customers.timeline import known_names
from lifecycle.models import Lead, LeadSource, LostReason
from lifecycle.permissions import LEADS_VIEW, LEADS_WORK
from lifecycle.services import (
    assign_lead,
    capture_lead,
    contact_lead,
    convert_lead,
    lose_lead,
    qualify_lead,
    reopen_lead,
)
from lifecycle.services.leads import LONGEST_WISH, workers

EXAMPLE = {
    "id": EXAMPLE_ID,
    "state": "qualified",
    "customer_id": EXAMPLE_ID,
    "customer_number": "LD000042",
    "display_name": "Harbour Foods Ltd",
    "source_id": EXAMPLE_ID,
    "assignee_id": EXAMPLE_ID,
    "captured_at": "2026-03-02T01:30:00Z",
    "contacted_at": "2026-03-02T03:30:00Z",
    "qualified_at": "2026-03-04T02:00:00Z",
    "closed_at": None,
    "lost_reason_id": None,
    "version": 3,
}


class WishField(PersonalField):
    """What they ship, what is personal in it hidden by the names of the customer's people."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(stored=lambda lead: lead.wish, permission=REVEAL, **kwargs)

    def mask(self, row: Lead) -> str:
        text = readable(row, "wish")
        return "" if text is None else mask_text(text, known_names(row.customer))


@extend_schema_serializer(examples=[example(EXAMPLE)])
class LeadSerializer(ResourceSerializer):
    """How a customer that had not shipped is won; what they ship stands in the record alone."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    display_name = PersonalField(
        stored=lambda lead: lead.customer.revealed_name,
        masked=lambda lead: lead.customer.display_name,
        is_personal=lambda lead: lead.customer.kind == CustomerKind.INDIVIDUAL,
        permission=REVEAL,
    )
    source_id = serializers.UUIDField(read_only=True, allow_null=True)
    assignee_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="The colleague in charge.")
    lost_reason_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="Why it was given up.")

    class Meta:
        model = Lead
        fields = (
            "id",
            "state",
            "customer_id",
            "customer_number",
            "display_name",
            "source_id",
            "assignee_id",
            "captured_at",
            "contacted_at",
            "qualified_at",
            "closed_at",
            "lost_reason_id",
            "version",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE, "wish": "About 300 chilled parcels a month."})])
class LeadRecordSerializer(LeadSerializer):
    """A lead with what they ship."""

    wish = WishField()

    class Meta(LeadSerializer.Meta):
        fields = (*LeadSerializer.Meta.fields, "wish")
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        example(
            {
                "company_name": "Harbour Foods Ltd",
                "contact_name": "Ellen Marsh",
                "email": "ellen@harbour-foods.example",
                "source_id": EXAMPLE_ID,
                "wish": "About 300 chilled parcels a month.",
            }
        )
    ]
)
class LeadInput(InputSerializer):
    """Somebody who may become a customer: a company, or with `kind` individual a person."""

    shown = LeadRecordSerializer.Meta.fields

    number = TextField(max_length=40, required=False)
    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    company_name = TextField(max_length=200, required=False)
    person_name = TextField(max_length=100, required=False)
    contact_name = TextField(max_length=100, required=False)
    phone = TextField(max_length=40, required=False)
    email = TextField(max_length=MAX_LENGTH, required=False)
    region = TextField(max_length=100, required=False)
    industry = TextField(max_length=100, required=False)
    source_id = IdField(required=False, allow_null=True)
    wish = TextField(max_length=LONGEST_WISH, required=False)

    def validate_number(self, number: str) -> str:
        try:
            return clean_number(number)
        except BadNumber as error:
            raise serializers.ValidationError(error.message, code=error.code) from error

    def validate_phone(self, phone: str) -> str:
        return self._normalised(ContactPointKind.PHONE, phone)

    def validate_email(self, email: str) -> str:
        return self._normalised(ContactPointKind.EMAIL, email)

    def validate_source_id(self, pk: Any) -> LeadSource | None:
        if pk is None:
            return None
        source = LeadSource.objects.filter(pk=pk, is_active=True).first()
        if source is None:
            raise serializers.ValidationError(_("There is no source of this id in use."), code="does_not_exist")
        return source

    @staticmethod
    def _normalised(kind: str, value: str) -> str:
        if not value:
            return ""
        try:
            return normalised(kind, value, country=home_country(current_tenant().time_zone))
        except BadContactPoint as error:
            raise serializers.ValidationError(error.message, code=error.code) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name what was given as the service does."""
        points = {ContactPointKind.PHONE: attrs.get("phone"), ContactPointKind.EMAIL: attrs.get("email")}
        names = ("company_name", "person_name", "region", "industry")
        return {
            "number": attrs.get("number", ""),
            "kind": attrs.get("kind", CustomerKind.COMPANY),
            "facts": {name: attrs[name] for name in names if name in attrs},
            "contact_name": attrs.get("contact_name", ""),
            "points": [NewContactPoint(kind=kind, value=value) for kind, value in points.items() if value],
            "source": attrs.get("source_id"),
            "wish": attrs.get("wish", ""),
        }


@extend_schema_serializer(examples=[example({"assignee_id": EXAMPLE_ID})])
class LeadAssignInput(InputSerializer):
    """The colleague who is to be in charge; null for nobody yet."""

    shown = LeadRecordSerializer.Meta.fields

    assignee_id = IdField(allow_null=True)

    def validate_assignee_id(self, pk: Any) -> User | None:
        found = workers().filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise serializers.ValidationError(_("Nobody who works on leads has this id."), code="does_not_exist")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the colleague as the service does."""
        return {"assignee": attrs["assignee_id"]}


@extend_schema_serializer(examples=[example({"lost_reason_id": EXAMPLE_ID})])
class LeadLoseInput(InputSerializer):
    """Why it is given up: a reason of the courier's list."""

    shown = LeadRecordSerializer.Meta.fields

    lost_reason_id = IdField()

    def validate_lost_reason_id(self, pk: Any) -> LostReason:
        reason = LostReason.objects.filter(pk=pk, is_active=True).first()
        if reason is None:
            raise serializers.ValidationError(_("There is no reason of this id in use."), code="does_not_exist")
        return reason

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the reason as the service does."""
        return {"reason": attrs["lost_reason_id"]}


@extend_schema_view(
    list=extend_schema(summary="List leads"),
    retrieve=extend_schema(summary="Retrieve a lead"),
)
class LeadViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Those who may become customers, and how they did. Personal data is masked as on the pages."""

    model = Lead
    permission_required = LEADS_VIEW
    write_permission = LEADS_WORK
    serializer_class = LeadSerializer
    record_serializer_class = LeadRecordSerializer
    inputs = {"create": LeadInput, "assign": LeadAssignInput, "lose": LeadLoseInput}
    refusals = {
        "customer_number_taken": (409, "/number"),
        "company_name_missing": (400, "/company_name"),
        "person_name_missing": (400, "/person_name"),
        "source_not_in_use": (400, "/source_id"),
        "cannot_work": (400, "/assignee_id"),
        "lost_reason_not_in_use": (400, "/lost_reason_id"),
        "lead_changed": (412, None),
    }
    filters = filters_for(
        Lead,
        {
            "state": ("state", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "source_id": ("source", ("eq", "is_null")),
            "assignee_id": ("assignee", ("eq", "is_null")),
            "captured_at": ("captured_at", RANGE),
            "closed_at": ("closed_at", (*RANGE, "is_null")),
            "lost_reason_id": ("lost_reason", ("eq", "is_null")),
        },
    )
    sorts = (Sort("captured_at"),)
    default_sort = "-captured_at"

    def rows(self) -> QuerySet[Any]:
        leads = Lead.objects.filter(customer__merged_into=None).annotate(customer_number=F("customer__number"))
        leads = leads.select_related("customer").defer("customer__special_needs", "customer__birthday")
        return leads.defer("wish") if self.action == "list" else leads

    @extend_schema(summary="Take up a lead")
    def create(self, request: Request) -> Response:
        """Open the archive of somebody who may become a customer, and take it up as a lead; without a number it gets
        the next of the courier's. Send an Idempotency-Key: the same again makes no second one.
        """
        lead = capture_lead(**self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(lead, status=201, location=reverse("api:lead-detail", args=[lead.pk]))

    @extend_schema(summary="Put somebody in charge of a lead")
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give an open lead to a colleague, who is told, or for now to nobody."""
        return self._take(assign_lead)

    @extend_schema(summary="Note that a lead is contacted")
    @action(detail=True, methods=["post"])
    def contact(self, request: Request, pk: str) -> Response:
        """Note that somebody has spoken with a new lead. An interaction that is written down says so by itself."""
        return self._take(contact_lead)

    @extend_schema(summary="Qualify a lead")
    @action(detail=True, methods=["post"])
    def qualify(self, request: Request, pk: str) -> Response:
        """Note that an open lead is worth working on: they ship, and whom one speaks with may decide."""
        return self._take(qualify_lead)

    @extend_schema(summary="Convert a lead")
    @action(detail=True, methods=["post"])
    def convert(self, request: Request, pk: str) -> Response:
        """Win an open lead: its customer is new. The first shipment would do the same by itself."""
        return self._take(convert_lead)

    @extend_schema(summary="Give a lead up")
    @action(detail=True, methods=["post"])
    def lose(self, request: Request, pk: str) -> Response:
        """Close an open lead as lost, for a reason of the courier's list."""
        return self._take(lose_lead)

    @extend_schema(summary="Take a lead up again")
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open a lead that was given up again, as far as it was."""
        return self._take(reopen_lead)

    def _take(self, step: Callable[..., object]) -> Response:
        """Take one step of the lead, as long as it stands as an If-Match says."""
        lead = self.get_object()
        facts = self.read_input() if self.action in self.inputs else {}
        version = self.check_version(lead, is_required=False)
        step(lead=lead, version=version, **facts, by=self.request.auth, at=timezone.now())
        return self.answer_with(lead)
