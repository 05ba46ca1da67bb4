from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.bulk.views import WAIT, TakesMany
from core.partners.filters import CHOICE, RANGE
from core.partners.problems import BadBody, BadPath, Fault
from core.partners.views import Sort
from customers.numbers import BadNumber, clean_number
from shipments.api.bulk import SCANS, SHIPMENTS
from shipments.api.filters import with_lateness
from shipments.api.shown import ShipmentRecordSerializer, ShipmentSerializer
from shipments.api.taken import ScanRow, ShipmentRow, ShipmentUpsert
from shipments.models import ScanEvent, Shipment
from shipments.permissions import IMPORT, VIEW
from shipments.upserting import ShipmentIncomplete, upsert_shipment

MOST_LETTERS = 40
NUMBER = OpenApiParameter(
    "number",
    {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS},
    OpenApiParameter.PATH,
    description="The waybill number.",
)


@extend_schema_view(
    list=extend_schema(summary="List shipments"),
    retrieve=extend_schema(summary="Retrieve a shipment with its scans"),
)
class ShipmentViewSet(ListModelMixin, RetrieveModelMixin, TakesMany):
    """Shipments, by waybill."""

    model = Shipment
    permission_required = VIEW
    write_permission = IMPORT
    serializer_class = ShipmentSerializer
    record_serializer_class = ShipmentRecordSerializer
    inputs = {"upsert": ShipmentUpsert, "bulk": ShipmentRow, "events_bulk": ScanRow}
    bulk_kinds = {"bulk": SHIPMENTS, "events_bulk": SCANS}
    successes = dict.fromkeys(bulk_kinds, TakesMany.bulk_successes)
    refusals = {"shipment_changed": (412, None)}
    filters = with_lateness(
        {
            "waybill_number": ("waybill_number", ("eq", "ne", "in")),
            "status": ("status", CHOICE),
            "customer_id": ("customer", ("eq",)),
            "customer_number": ("customer__number", ("eq",)),
            "accepted_at": ("accepted_at", RANGE),
            "promised_at": ("promised_at", RANGE),
            "exceptions": ("exceptions", ("contains",)),
        }
    )
    sorts = (Sort("accepted_at"), Sort("waybill_number"))
    default_sort = "-accepted_at"

    def rows(self) -> QuerySet[Any]:
        shipments = Shipment.objects.annotate(customer_number=F("customer__number"))
        if self.action == "list" and not self.parameters.expand:
            return shipments
        return shipments.prefetch_related(Prefetch("scans", ScanEvent.objects.order_by("happened_at", "id")))

    @extend_schema(summary="Retrieve a shipment by its waybill number", parameters=[NUMBER])
    @action(detail=False, url_path="by-number/<number:number>", url_name="by-number")
    def by_number(self, request: Request, number: str) -> Response:
        """The same as by id, for who knows the waybill alone."""
        self.shown = get_object_or_404(self.get_queryset(), waybill_number=_waybill(number))
        return Response(self.get_serializer(self.shown).data)

    @extend_schema(summary="Create or change the shipment of a waybill", parameters=[NUMBER])
    @by_number.mapping.put
    def upsert(self, request: Request, number: str) -> Response:
        """Create the shipment, or change the named facts of the one that is there; the same again changes nothing.
        If-None-Match: * creates only, If-Match changes only. A customer number without an archive gets one.
        """
        waybill = _waybill(number)
        stored = Shipment.objects.filter(waybill_number=waybill).first()
        facts = self.read_input()
        version = self.check_upsert(stored)
        try:
            shipment, is_new = upsert_shipment(
                waybill_number=waybill, facts=facts, version=version, by=request.auth, at=timezone.now()
            )
        except ShipmentIncomplete as error:
            raise BadBody(
                Fault(pointer=f"/{name}", code="required", detail=error.message) for name in error.fields
            ) from error
        if not is_new:
            return self.answer_with(shipment)
        return self.answer_with(shipment, status=201, location=reverse("api:shipment-detail", args=[shipment.pk]))

    @extend_schema(summary="Create or change many shipments", parameters=[WAIT])
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 10,000 shipments as a JSON array, or as NDJSON (application/x-ndjson), gzipped if you like; each as by
        its waybill number. A job does them and has a result for every row: a bad one spoils no other.
        """
        return self.take_many(request)

    @extend_schema(summary="Add many scans", parameters=[WAIT])
    @action(detail=False, methods=["post"], url_path="events/bulk", url_name="events-bulk")
    def events_bulk(self, request: Request) -> Response:
        """Up to 10,000 scans of any shipments, in the same forms; a scan that is there already stays as it is."""
        return self.take_many(request)


def _waybill(text: str) -> str:
    """Return a waybill number that stands in an address as it is stored. Raises BadPath."""
    try:
        number = clean_number(text)
    except BadNumber as error:
        raise BadPath("number", error) from error
    if not 0 < len(number) <= MOST_LETTERS:
        raise BadPath("number", BadNumber(_("Enter at most %(letters)s letters.") % {"letters": MOST_LETTERS}))
    return number
