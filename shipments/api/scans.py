from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.problems import BadBody, Fault
from core.partners.views import Resource, Sort
from shipments.api.shown import ScanSerializer
from shipments.api.taken import ScanInput
from shipments.models import ScanEvent, Shipment
from shipments.permissions import IMPORT, VIEW
from shipments.scans import ScanRefused, record_scan

SHIPMENT = OpenApiParameter("shipment", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The shipment's id.")


@extend_schema(parameters=[SHIPMENT])
@extend_schema_view(
    list=extend_schema(summary="List the scans of a shipment"),
    retrieve=extend_schema(summary="Retrieve a scan"),
)
class ScanEventViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The trace of a shipment, scan by scan."""

    model = ScanEvent
    permission_required = VIEW
    write_permission = IMPORT
    serializer_class = ScanSerializer
    inputs = {"create": ScanInput}
    successes = {"create": {200: ScanSerializer, 201: ScanSerializer}}
    filters = filters_for(ScanEvent, {"kind": ("kind", CHOICE), "happened_at": ("happened_at", RANGE)})
    sorts = (Sort("happened_at"),)
    default_sort = "happened_at"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is not None:
            self.shipment = get_object_or_404(Shipment.objects.only("waybill_number"), pk=self.kwargs["shipment"])

    def rows(self) -> QuerySet[Any]:
        return ScanEvent.objects.filter(shipment=self.shipment)

    @extend_schema(summary="Add a scan")
    def create(self, request: Request, shipment: str) -> Response:
        """Add a scan; the shipment's status and times follow its trace forward, never back. The same kind at the same
        time is the same scan: it stays as it is, and is answered with 200.
        """
        try:
            scan, is_new = record_scan(
                shipment=self.shipment, scan=self.read_input(), by=request.auth, at=timezone.now()
            )
        except ScanRefused as error:
            raise BadBody([Fault(pointer=f"/{error.field}", code=error.code, detail=error.message)]) from error
        if not is_new:
            return self.answer_with(scan)
        location = reverse("api:scan-event-detail", args=[self.shipment.pk, scan.pk])
        return self.answer_with(scan, status=201, location=location)
