"""What the API shows of shipments and scans."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from shipments.enums import Lateness, ShipmentException, ValueAddedService
from shipments.models import ScanEvent, Shipment

EXAMPLE = {
    "id": EXAMPLE_ID,
    "waybill_number": "SD202600001234",
    "customer_id": EXAMPLE_ID,
    "customer_number": "SD-00042",
    "status": "delivered",
    "accepted_at": "2026-03-01T09:12:00Z",
    "picked_up_at": "2026-03-01T09:55:00Z",
    "promised_at": "2026-03-03T10:00:00Z",
    "delivered_at": "2026-03-03T07:40:00Z",
    "freight": {"amount": "23.50", "currency": "CNY"},
    "surcharges": {"amount": "1.88", "currency": "CNY"},
    "refunds": {"amount": "0.00", "currency": "CNY"},
    "contribution": {"amount": "25.38", "currency": "CNY"},
    "declared_value": {"amount": "800.00", "currency": "CNY"},
    "cod_amount": None,
    "goods_category": "Food",
    "service_product": "Standard",
    "transport_mode": "road",
    "booking_channel": "pickup",
    "packaging": "reusable",
    "services": ["insured_value"],
    "exceptions": [],
    "lateness": [],
    "weight_g": 2400,
    "length_cm": 40,
    "width_cm": 30,
    "height_cm": 20,
    "origin_city": "Shanghai",
    "origin_region": "Shanghai",
    "destination_city": "Hangzhou",
    "destination_region": "Zhejiang",
    "version": 4,
}
EXAMPLE_SCAN = {
    "kind": "picked_up",
    "exception": None,
    "happened_at": "2026-03-01T09:55:00Z",
    "place": "Shanghai",
    "outlet": "Xuhui",
    "courier": "K-107",
}


class LatenessField(serializers.ListField):
    """What is to be said of a shipment against its promise and the clock, now; empty where all is well."""

    def get_attribute(self, shipment: Shipment) -> list[str]:
        return [each.value for each in shipment.lateness(timezone.now())]


class ScanEventSerializer(ResourceSerializer):
    """One scan of a shipment."""

    is_whole = True

    class Meta:
        model = ScanEvent
        fields = ("id", "kind", "exception", "happened_at", "place", "outlet", "courier")
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE)])
class ShipmentSerializer(ResourceSerializer):
    """One waybill. `contribution` is freight plus surcharges less refunds."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_number = serializers.CharField(read_only=True)
    freight = Money(read_only=True)
    surcharges = Money(read_only=True)
    refunds = Money(read_only=True)
    contribution = Money(read_only=True)
    declared_value = Money(read_only=True, allow_null=True)
    cod_amount = Money(read_only=True, allow_null=True)
    services = serializers.ListField(child=serializers.ChoiceField(ValueAddedService.choices), read_only=True)
    exceptions = serializers.ListField(child=serializers.ChoiceField(ShipmentException.choices), read_only=True)
    lateness = LatenessField(
        child=serializers.ChoiceField(Lateness.choices),
        read_only=True,
        help_text="How it stands against its promise and the clock, now.",
    )
    scans = ScanEventSerializer(many=True, read_only=True)
    expandable = ("scans",)

    class Meta:
        model = Shipment
        fields = (
            "id",
            "waybill_number",
            "customer_id",
            "customer_number",
            "status",
            "accepted_at",
            "picked_up_at",
            "promised_at",
            "delivered_at",
            "freight",
            "surcharges",
            "refunds",
            "contribution",
            "declared_value",
            "cod_amount",
            "goods_category",
            "service_product",
            "transport_mode",
            "booking_channel",
            "packaging",
            "services",
            "exceptions",
            "lateness",
            "weight_g",
            "length_cm",
            "width_cm",
            "height_cm",
            "origin_city",
            "origin_region",
            "destination_city",
            "destination_region",
            "version",
            "scans",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE, "scans": [{"id": EXAMPLE_ID, **EXAMPLE_SCAN}]})])
class ShipmentRecordSerializer(ShipmentSerializer):
    """A shipment with its scans, the earliest first."""

    expandable = ()

    class Meta(ShipmentSerializer.Meta):
        pass


@extend_schema_serializer(examples=[example({"id": EXAMPLE_ID, **EXAMPLE_SCAN})])
class ScanSerializer(ResourceSerializer):
    """One scan of a shipment. It stays as it is."""

    class Meta(ScanEventSerializer.Meta):
        pass
