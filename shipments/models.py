from datetime import datetime
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from core.accounts.models import User
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from shipments.enums import (
    SETTLED,
    UNDER_WAY,
    BookingChannel,
    Lateness,
    Packaging,
    ScanKind,
    ShipmentException,
    ShipmentStatus,
    TransportMode,
)

IS_UNDER_WAY = Q(status__in=UNDER_WAY, delivered_at=None)
IS_AWAITED = IS_UNDER_WAY & ~Q(exceptions__overlap=list(SETTLED))


class Shipment(TenantModel):
    """One waybill. `contribution` is freight plus surcharges less refunds, kept by the database.

    `seen_at` is when we last had a sign of it, kept by the database, too; `status_at` is when its sender last changed
    the status. The clock noted at `late_noted_at` that the promise had passed; `silent_since` is the last sign before a
    silence, until there is another one.
    """

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
    exceptions = ArrayField(models.CharField(max_length=10, choices=ShipmentException.choices), default=list)
    last_scan_at = models.DateTimeField(null=True)
    status_at = models.DateTimeField(null=True)
    seen_at = models.GeneratedField(
        expression=Greatest("accepted_at", "picked_up_at", "last_scan_at", "status_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    late_noted_at = models.DateTimeField(null=True)
    silent_since = models.DateTimeField(null=True)

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
            models.Index(
                fields=["tenant", "promised_at", "id"],
                condition=Q(promised_at__isnull=False),
                name="shipment_by_promise",
            ),
            models.Index(fields=["tenant", "promised_at", "id"], condition=IS_UNDER_WAY, name="shipment_under_way"),
            models.Index(
                fields=["tenant", "promised_at", "id"],
                condition=IS_UNDER_WAY & Q(late_noted_at=None),
                name="shipment_to_note_late",
            ),
            models.Index(
                fields=["tenant", "seen_at", "id"],
                condition=IS_UNDER_WAY & Q(silent_since=None, last_scan_at__isnull=False),
                name="shipment_to_note_silent",
            ),
            models.Index(
                fields=["tenant", "accepted_at", "id"],
                condition=IS_UNDER_WAY & Q(silent_since__isnull=False),
                name="shipment_silent",
            ),
            models.Index(
                fields=["tenant", "accepted_at", "id"],
                condition=Q(delivered_at__gt=F("promised_at")),
                name="shipment_delivered_late",
            ),
            # The operators of arrays are not leakproof: one index for each, that holds those rows alone.
            *(
                models.Index(
                    fields=["tenant", "accepted_at", "id"],
                    condition=Q(exceptions__contains=[exception]),
                    name=f"shipment_exception_{exception}",
                )
                for exception in ShipmentException.values
            ),
        ]

    def __str__(self) -> str:
        return self.waybill_number

    @property
    def is_awaited(self) -> bool:
        """Whether it is under way, and neither lost, refused nor returned: what `IS_AWAITED` finds."""
        is_under_way = self.status in UNDER_WAY and self.delivered_at is None
        return is_under_way and not {*self.exceptions} & {*SETTLED}

    def is_past_promise(self, at: datetime) -> bool:
        """Say whether it is awaited for longer than was promised."""
        return self.is_awaited and self.promised_at is not None and self.promised_at < at

    def lateness(self, at: datetime) -> list[Lateness]:
        """Return how it stands against its promise and the clock; empty where all is well."""
        is_delivered_late = None not in (self.delivered_at, self.promised_at) and self.delivered_at > self.promised_at
        stands = {
            Lateness.PAST_PROMISE: self.is_past_promise(at),
            Lateness.DELIVERED_LATE: is_delivered_late,
            Lateness.SILENT: self.is_awaited and self.silent_since is not None,
        }
        return [lateness for lateness, holds in stands.items() if holds]

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


class ShipmentPolicy(TenantModel):
    """One version of when the clock finds a shipment late or silent; the highest is in force. Never changed once
    written.

    It is late so many hours after its promise, and silent so many after the last sign of it.
    """

    version = models.PositiveIntegerField()
    grace_hours = models.PositiveSmallIntegerField(default=2)
    silent_hours = models.PositiveSmallIntegerField(default=48)
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="shipment_policy_version")]
        indexes = [models.Index(fields=["tenant", "created_by"], name="shipment_policy_created_by")]
