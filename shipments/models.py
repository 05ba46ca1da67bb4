from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from shipments.enums import (
    BookingChannel,
    Packaging,
    ScanKind,
    ShipmentException,
    ShipmentStatus,
    TransportMode,
)


class Shipment(TenantModel):
    """One waybill. `contribution` is freight plus surcharges less refunds, kept by the database."""

    waybill_number = models.CharField(max_length=40)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="shipments")
    status = models.CharField(max_length=16, choices=ShipmentStatus.choices, default=ShipmentStatus.ACCEPTED)
    accepted_at = models.DateTimeField()
    picked_up_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    freight = MoneyField(default=0)
    surcharges = MoneyField(default=0)
    refunds = MoneyField(default=0)
    contribution = models.GeneratedField(
        expression=F("freight") + F("surcharges") - F("refunds"), output_field=MoneyField(), db_persist=True
    )
    declared_value = MoneyField(null=True)
    cod_amount = MoneyField(null=True)

    goods_category = models.CharField(max_length=100, blank=True)
    service_product = models.CharField(max_length=60, blank=True)
    transport_mode = models.CharField(max_length=10, choices=TransportMode.choices, blank=True)
    booking_channel = models.CharField(max_length=10, choices=BookingChannel.choices, blank=True)
    packaging = models.CharField(max_length=10, choices=Packaging.choices, blank=True)
    services = ArrayField(models.CharField(max_length=20), default=list)
    exceptions = ArrayField(models.CharField(max_length=10), default=list)

    weight_g = models.PositiveIntegerField(null=True)
    length_cm = models.PositiveIntegerField(null=True)
    width_cm = models.PositiveIntegerField(null=True)
    height_cm = models.PositiveIntegerField(null=True)
    origin_city = models.CharField(max_length=100, blank=True)
    origin_region = models.CharField(max_length=100, blank=True)
    destination_city = models.CharField(max_length=100, blank=True)
    destination_region = models.CharField(max_length=100, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "waybill_number"], name="shipment_waybill")]
        indexes = [
            models.Index(
                fields=["tenant", "accepted_at"],
                include=["customer", "contribution"],
                name="shipment_by_acceptance",
            ),
            models.Index(fields=["tenant", "customer", "accepted_at", "id"], name="shipment_of_customer"),
            models.Index(fields=["tenant", "status", "accepted_at", "id"], name="shipment_by_status"),
        ]

    def __str__(self) -> str:
        return self.waybill_number

    @property
    def weight_kg(self) -> Decimal | None:
        """The weight without zeros at its end."""
        return None if self.weight_g is None else (Decimal(self.weight_g) / 1000).normalize() + 0


class ScanEvent(TenantModel):
    """One scan of a shipment: what happened, when, at which outlet, by which courier."""

    shipment = TenantForeignKey(Shipment, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(max_length=16, choices=ScanKind.choices)
    exception = models.CharField(max_length=10, choices=ShipmentException.choices, blank=True)
    happened_at = models.DateTimeField()
    place = models.CharField(max_length=100, blank=True)
    outlet = models.CharField(max_length=100, blank=True)
    courier = models.CharField(max_length=60, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "shipment", "kind", "happened_at"], name="scan_event_once")
        ]
