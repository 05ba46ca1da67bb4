"""What customers may be contacted for, and who agreed to it."""

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    MomentField,
    ResourceSerializer,
    TextField,
    example,
)
from core.partners.views import Resource, Sort
from customers.enums import TOLD_SOURCES, Channel, ConsentState
from customers.models import Consent, ConsentEntry, Contact, Customer, Purpose
from customers.permissions import CONSENTS_RECORD, CONSENTS_VIEW
from customers.services.consents import Choice, record_consents

EXAMPLE_SAID = {
    "customer_id": EXAMPLE_ID,
    "contact_id": None,
    "purpose": "marketing",
    "channel": "sms",
    "state": "given",
    "source": "web",
    "text_version": 1,
    "decided_at": "2026-03-01T09:12:00Z",
}


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": EXAMPLE_ID,
                "key": "marketing",
                "name_zh": "优惠与新闻",
                "name_en": "Offers and news",
                "basis": "consent",
                "channels": ["phone", "sms", "email", "wechat"],
                "lapses_after_months": None,
                "is_active": True,
                "text_version": 2,
                "valid_from": 1,
                "text_zh": "经您同意，我们会向您介绍优惠和新服务。",
                "text_en": "With your consent we tell you of offers and new services.",
                "version": 3,
            }
        )
    ]
)
class PurposeSerializer(ResourceSerializer):
    """Something that customers are contacted for, with the newest of its texts.

    Consents to texts before version `valid_from` hold no longer.
    """

    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices), read_only=True)
    text_zh = serializers.CharField(read_only=True)
    text_en = serializers.CharField(read_only=True)

    class Meta:
        model = Purpose
        fields = (
            "id",
            "key",
            "name_zh",
            "name_en",
            "basis",
            "channels",
            "lapses_after_months",
            "is_active",
            "text_version",
            "valid_from",
            "text_zh",
            "text_en",
            "version",
        )
        read_only_fields = fields


@extend_schema_view(list=extend_schema(summary="List purposes"), retrieve=extend_schema(summary="Retrieve a purpose"))
class PurposeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What customers may be contacted for, and the texts to show where data is collected."""

    model = Purpose
    permission_required = CONSENTS_VIEW
    serializer_class = PurposeSerializer
    filters = filters_for(Purpose, {"key": ("key", ("eq", "in")), "basis": ("basis", CHOICE)})
    sorts = (Sort("key"),)
    default_sort = "key"

    def rows(self) -> QuerySet[Any]:
        newest = Purpose.objects.filter(texts__version=F("text_version"))
        return newest.annotate(text_zh=F("texts__text_zh"), text_en=F("texts__text_en"))


@extend_schema_serializer(examples=[example({"id": EXAMPLE_ID, **EXAMPLE_SAID})])
class ConsentSerializer(ResourceSerializer):
    """What holds of what a customer said to a purpose and a channel; with a `contact_id`, of what that contact said."""

    customer_id = serializers.UUIDField(read_only=True)
    contact_id = serializers.UUIDField(read_only=True, allow_null=True)
    purpose = serializers.CharField(read_only=True, source="purpose_key", help_text="The key of the purpose.")

    class Meta:
        model = Consent
        fields = ("id", *EXAMPLE_SAID)
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        example({"id": EXAMPLE_ID, **EXAMPLE_SAID, "recorded_at": "2026-03-01T09:12:04Z", "recorded_by_id": None})
    ]
)
class ConsentEntrySerializer(ConsentSerializer):
    """What somebody said once."""

    recorded_by_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The colleague; null for partners, and for customers themselves."
    )

    class Meta(ConsentSerializer.Meta):
        model = ConsentEntry
        fields = ("id", *EXAMPLE_SAID, "recorded_at", "recorded_by_id")
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE_SAID, "contact_id": EXAMPLE_ID})])
class ConsentInput(InputSerializer):
    """What somebody said, to the newest text and now unless told."""

    shown = ConsentEntrySerializer.Meta.fields

    customer_id = IdField()
    contact_id = IdField(required=False, allow_null=True)
    purpose = TextField(max_length=40, help_text="The key of the purpose.")
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(ConsentState.choices)
    source = serializers.ChoiceField(TOLD_SOURCES)
    text_version = serializers.IntegerField(required=False, min_value=1, max_value=32767)
    decided_at = MomentField(required=False)

    def validate_customer_id(self, pk: Any) -> Customer:
        customer = Customer.objects.filter(pk=pk).first()
        if customer is None:
            raise serializers.ValidationError(_("There is no customer of this id."), code="does_not_exist")
        return customer

    def validate_contact_id(self, pk: Any) -> Contact | None:
        contact = Contact.objects.filter(pk=pk).first() if pk else None
        if pk and contact is None:
            raise serializers.ValidationError(_("There is no contact of this id."), code="does_not_exist")
        return contact

    def validate_purpose(self, key: str) -> Purpose:
        purpose = Purpose.objects.filter(key=key).first()
        if purpose is None:
            raise serializers.ValidationError(_("There is no purpose of this key."), code="does_not_exist")
        return purpose

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name what was found as the service does."""
        choice = Choice(attrs.pop("purpose"), attrs.pop("channel"), attrs.pop("state"))
        customer, contact = attrs.pop("customer_id"), attrs.pop("contact_id", None)
        return {**attrs, "customer": customer, "contact": contact, "choices": [choice]}


SAID_FILTERS = {
    "customer_id": ("customer", ("eq",)),
    "contact_id": ("contact", ("eq", "is_null")),
    "purpose": ("purpose__key", ("eq", "in")),
    "channel": ("channel", CHOICE),
    "state": ("state", CHOICE),
    "decided_at": ("decided_at", RANGE),
}


@extend_schema_view(list=extend_schema(summary="List consents"), retrieve=extend_schema(summary="Retrieve a consent"))
class ConsentViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What holds at present: who agreed to be contacted for what, and who withdrew or objected."""

    model = Consent
    permission_required = CONSENTS_VIEW
    write_permission = CONSENTS_RECORD
    serializer_class = ConsentSerializer
    inputs = {"create": ConsentInput}
    refusals = {
        "purpose_not_in_use": (400, "/purpose"),
        "consent_not_asked": (400, "/purpose"),
        "channel_not_covered": (400, "/channel"),
        "unknown_text": (400, "/text_version"),
        "contact_of_another": (400, "/contact_id"),
        "not_yet_happened": (400, "/decided_at"),
        "customer_merged": (400, "/customer_id"),
    }
    filters = filters_for(Consent, SAID_FILTERS)
    sorts = (Sort("decided_at"),)
    default_sort = "-decided_at"

    def rows(self) -> QuerySet[Any]:
        return Consent.objects.annotate(purpose_key=F("purpose__key"))

    @extend_schema(summary="Write down a consent or a withdrawal")
    def create(self, request: Request) -> Response:
        """Write down what a customer or one of its contacts said to one purpose and channel, and answer with what
        holds now: an older decision than that which holds is kept in the history and changes nothing.
        """
        entry = record_consents(**self.read_input(), by=request.auth, at=timezone.now())[0]
        consent = Consent.objects.get(
            customer=entry.customer_id, contact=entry.contact_id, purpose=entry.purpose_id, channel=entry.channel
        )
        return self.answer_with(consent, status=201, location=reverse("api:consent-detail", args=[consent.pk]))


@extend_schema_view(
    list=extend_schema(summary="List all that was said to purposes"),
    retrieve=extend_schema(summary="Retrieve what was said once"),
)
class ConsentEntryViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The history of consents: what was said, how, to which text, and who wrote it down. It is only added to."""

    model = ConsentEntry
    permission_required = CONSENTS_VIEW
    serializer_class = ConsentEntrySerializer
    filters = filters_for(ConsentEntry, {**SAID_FILTERS, "contact_id": ("contact_id", ("eq", "is_null"))})
    sorts = (Sort("decided_at"),)
    default_sort = "-decided_at"

    def rows(self) -> QuerySet[Any]:
        return ConsentEntry.objects.annotate(purpose_key=F("purpose__key"))
