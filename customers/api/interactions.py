"""The timeline of a customer: what was said, noted, and what the system tells."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.problems import Refused
from core.partners.revealing import PersonalField
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    MomentField,
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Sort
from customers.api.parts import CUSTOMER, PartOfCustomer
from customers.enums import SPOKEN_CHOICES, Direction, InteractionKind
from customers.models import Contact, Interaction
from customers.permissions import LOG, REVEAL, TIMELINE
from customers.services import correct_interaction, record_interaction, remove_interaction
from customers.services.interactions import LONGEST_TEXT
from customers.timeline import known_names, masked_text_of, text_of

NAMES = "names"
EXAMPLE_SAID = {"kind": "call", "direction": "inbound", "text": "Asked for a pickup on Monday."}


class SaidField(PersonalField):
    """The text of an entry, what is personal in it hidden by the names of the customer's people."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            stored=text_of,
            is_personal=lambda interaction: interaction.kind != InteractionKind.SYSTEM,
            permission=REVEAL,
            **kwargs,
        )

    def mask(self, row: Interaction) -> str:
        return masked_text_of(row, self.context[NAMES]())


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": EXAMPLE_ID,
                **EXAMPLE_SAID,
                "code": "",
                "contact_id": EXAMPLE_ID,
                "happened_at": "2026-03-01T09:12:00Z",
                "recorded_at": "2026-03-01T09:20:00Z",
                "recorded_by_id": None,
                "version": 1,
            }
        )
    ]
)
class InteractionSerializer(ResourceSerializer):
    """One entry of a timeline; `code` says what the system tells, and is empty for what was written down."""

    text = SaidField()
    contact_id = serializers.UUIDField(read_only=True, allow_null=True)
    recorded_by_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The colleague; null for partners and the system."
    )

    class Meta:
        model = Interaction
        fields = (
            "id",
            "kind",
            "direction",
            "text",
            "code",
            "contact_id",
            "happened_at",
            "recorded_at",
            "recorded_by_id",
            "version",
        )
        read_only_fields = fields


class InteractionFacts(InputSerializer):
    """What was said, to whom and when."""

    shown = InteractionSerializer.Meta.fields

    kind = serializers.ChoiceField(SPOKEN_CHOICES)
    direction = serializers.ChoiceField(Direction.choices, required=False, allow_null=True)
    text = TextField(max_length=LONGEST_TEXT)
    contact_id = IdField(required=False, allow_null=True)
    happened_at = MomentField(required=False)

    def validate_contact_id(self, pk: Any) -> Contact | None:
        if pk is None:
            return None
        contact = Contact.objects.filter(pk=pk, customer=self.context["customer"]).first()
        if contact is None:
            raise serializers.ValidationError(_("The customer has no contact of this id."), code="does_not_exist")
        return contact

    def validate_direction(self, direction: str | None) -> str:
        return direction or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the contact as the services do."""
        if "contact_id" in attrs:
            attrs["contact"] = attrs.pop("contact_id")
        return attrs


@extend_schema_serializer(examples=[example({**EXAMPLE_SAID, "happened_at": "2026-03-01T09:12:00Z"})])
class InteractionInput(InteractionFacts):
    """An entry to write down; it happened now unless told."""


@extend_schema_serializer(examples=[example({"text": "Asked for a pickup on Tuesday."})])
class InteractionChanges(InteractionFacts):
    """What is to change of an entry."""

    kind = serializers.ChoiceField(SPOKEN_CHOICES, required=False)
    text = TextField(max_length=LONGEST_TEXT, required=False)


@extend_schema(parameters=[CUSTOMER])
@extend_schema_view(
    list=extend_schema(summary="List the timeline of a customer"),
    retrieve=extend_schema(summary="Retrieve an entry of a timeline"),
)
class InteractionViewSet(PartOfCustomer):
    """What was said to a customer, noted of it, and told by the system. A key changes what it wrote, and no more."""

    model = Interaction
    customer_fields = ("tenant", "person_name")
    permission_required = TIMELINE
    write_permission = LOG
    serializer_class = InteractionSerializer
    inputs = {"create": InteractionInput, "partial_update": InteractionChanges}
    refusals = {
        "nothing_said": (400, "/text"),
        "text_too_long": (400, "/text"),
        "not_yet_happened": (400, "/happened_at"),
        "customer_merged": (404, None),
        "interaction_changed": (412, None),
        "interaction_gone": (404, None),
    }
    filters = filters_for(
        Interaction,
        {
            "kind": ("kind", CHOICE),
            "direction": ("direction", ("eq",)),
            "contact_id": ("contact", ("eq", "is_null")),
            "happened_at": ("happened_at", RANGE),
        },
    )
    sorts = (Sort("happened_at"),)
    default_sort = "-happened_at"

    def rows(self) -> QuerySet[Any]:
        return Interaction.objects.filter(customer=self.customer)

    def get_serializer_context(self) -> dict[str, Any]:
        customer = getattr(self, "customer", None)
        return {**super().get_serializer_context(), NAMES: lambda: self.names, "customer": customer}

    @cached_property
    def names(self) -> list[str]:
        return known_names(self.customer)

    @extend_schema(summary="Write down an entry")
    def create(self, request: Request, customer: str) -> Response:
        """Write down what was said to the customer, or a note."""
        interaction = record_interaction(
            customer=self.customer, **self.read_input(), by=request.auth, at=timezone.now()
        )
        return self.answer_with(interaction, status=201, location=self.location_of(interaction))

    @extend_schema(summary="Correct an entry")
    def partial_update(self, request: Request, customer: str, pk: str) -> Response:
        """Change what is named of an entry that this key wrote. If-Match is required, for it may have been removed."""
        interaction = self._own(pk)
        changes = self.read_input()
        version = self.check_version(interaction, is_required=True)
        correct_interaction(
            interaction=interaction, changes=changes, version=version, by=request.auth, at=timezone.now()
        )
        return self.answer_with(interaction)

    @extend_schema(summary="Remove an entry")
    def destroy(self, request: Request, customer: str, pk: str) -> Response:
        """Take an entry that this key wrote out of the timeline, for good."""
        interaction = self._own(pk)
        version = self.check_version(interaction, is_required=False)
        remove_interaction(interaction=interaction, version=version, by=request.auth, at=timezone.now())
        return Response(status=204)

    def _own(self, pk: str) -> Interaction:
        """Return an entry that the key wrote. Raises Refused with 403 for another."""
        interaction = get_object_or_404(self.rows(), pk=pk)
        if interaction.recorded_by_key != self.request.auth.pk:
            detail = _("A key changes the entries that it wrote, and no others.")
            raise Refused(403, code="not_written_by_this_key", detail=detail)
        return interaction
