"""Behaviour over the API: sent by partners behind the consent of customers, and read."""

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from behaviour.bulk import BEHAVIOUR_EVENTS, REFUSALS
from behaviour.enums import PageSection
from behaviour.models import BehaviourEvent
from behaviour.permissions import RECORD, VIEW
from behaviour.querysets import usable_events
from behaviour.services import record_event
from behaviour.taken import EXAMPLE_FACTS, BehaviourEventInput, BehaviourEventRow
from core.partners.bulk.views import WAIT, TakesMany
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.serializers import EXAMPLE_ID, Money, OptionalChoiceField, ResourceSerializer, example
from core.partners.views import Sort

EXAMPLE = {
    "id": EXAMPLE_ID,
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    **EXAMPLE_FACTS,
    "received_at": "2026-03-01T09:12:02Z",
}


@extend_schema_serializer(examples=[example(EXAMPLE)])
class BehaviourEventSerializer(ResourceSerializer):
    """Something that a customer who agreed to it did on the web page or in the app."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    section = OptionalChoiceField(PageSection.choices, read_only=True)
    amount = Money(read_only=True, allow_null=True)

    class Meta:
        model = BehaviourEvent
        fields = tuple(EXAMPLE)
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List behaviour events"),
    retrieve=extend_schema(summary="Retrieve a behaviour event"),
)
class BehaviourEventViewSet(ListModelMixin, RetrieveModelMixin, TakesMany):
    """What customers did on the web page and in the app, as long as they agree to the use of it."""

    model = BehaviourEvent
    permission_required = VIEW
    write_permission = RECORD
    serializer_class = BehaviourEventSerializer
    inputs = {"create": BehaviourEventInput, "bulk": BehaviourEventRow}
    bulk_kinds = {"bulk": BEHAVIOUR_EVENTS}
    successes = {
        "create": {200: BehaviourEventSerializer, 201: BehaviourEventSerializer},
        "bulk": TakesMany.bulk_successes,
    }
    refusals = REFUSALS
    filters = filters_for(
        BehaviourEvent,
        {
            "event_id": ("event_id", ("eq", "in")),
            "kind": ("kind", CHOICE),
            "source": ("source", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "happened_at": ("happened_at", RANGE),
        },
    )
    sorts = (Sort("happened_at"),)
    default_sort = "-happened_at"

    def rows(self) -> QuerySet[Any]:
        return usable_events(at=timezone.now()).annotate(customer_number=F("customer__number"))

    @extend_schema(summary="Send a behaviour event")
    def create(self, request: Request) -> Response:
        """Keep what a customer did, if it agreed to the purpose `behaviour`; without that it is refused as
        `no_consent` and not kept. The same event_id again is the same event, and is answered with 200.
        """
        event, is_new = record_event(sent=self.read_input(), at=timezone.now())
        if not is_new:
            return self.answer_with(event)
        location = reverse("api:behaviour-event-detail", args=[event.pk])
        return self.answer_with(event, status=201, location=location)

    @extend_schema(summary="Send many behaviour events", parameters=[WAIT])
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 10,000 events as a JSON array, or as NDJSON (application/x-ndjson), gzipped if you like; each as one
        alone. A job does them and has a result for every row: what nobody agreed to fails by itself.
        """
        return self.take_many(request)
