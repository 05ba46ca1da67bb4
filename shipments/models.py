from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedJSONField, EncryptedTextField
from core.jobs.models import BackgroundJob
from core.tenancy.fields import MoneyField
from core.tenancy.models import Tenant, TenantForeignKey, TenantModel
from customers.models import Customer
from shipments.enums import (
    BookingChannel,
    ImportState,
    Packaging,
    ScanKind,
    ShipmentException,
    ShipmentStatus,
    TransportMode,
)

# No command takes as long; a run of one that is still open then was stopped.
LONGEST_RUN = timedelta(hours=1)


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


class ImportRun(TenantModel):
    """One file of shipments: received in parts, then imported part by part, with what became of every row.

    A file that came by a page is imported by `job`; one by the command in its own process, without one. `problems`
    are the reasons counted by `shipments.results`. The name of a file may be that of a person, and so may be what
    stands in its first line.
    """

    file_name = EncryptedTextField()
    received_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    is_finished = models.BooleanField(default=False)
    columns = EncryptedJSONField(default=list)
    sample = EncryptedJSONField(null=True)
    row_total = models.PositiveIntegerField(default=0)
    mapping = EncryptedJSONField(default=dict)
    job = TenantForeignKey(BackgroundJob, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    problems = EncryptedJSONField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "received_at", "id"], name="import_run_by_time"),
            models.Index(fields=["tenant", "received_by"], name="import_run_received_by"),
            models.Index(fields=["tenant", "job"], name="import_run_job"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def row_count(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed

    @property
    def counts(self) -> dict[str, int]:
        """What the audit trail is told of the rows."""
        return {"created": self.created, "updated": self.updated, "failed": self.failed}

    def state(self, at: datetime) -> ImportState:
        """Return how far the file is; of one that a page started the job says it."""
        if self.is_finished:
            return ImportState.DONE
        if self.started_at is None:
            return ImportState.WAITING
        if self.job is not None:
            return ImportState.RUNNING if self.job.is_unfinished else ImportState.INTERRUPTED
        return ImportState.RUNNING if at - self.started_at < LONGEST_RUN else ImportState.INTERRUPTED


class ImportPart(TenantModel):
    """Some lines of a file: `content` until they are imported, then `result`, by `shipments.results.pack`."""

    run = TenantForeignKey(ImportRun, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    line_before = models.PositiveIntegerField()
    row_total = models.PositiveIntegerField()
    content = EncryptedBinaryField(null=True)
    result = EncryptedBinaryField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "number"], name="import_part_once")]


class ImportedRow(TenantModel):
    """A waybill that a run has met, by digest, with the digest of its row: what tells a later row that repeats it.

    Gone when the run is finished. Without foreign keys, which would be checked for each row of a file.
    """

    id = None
    pk = models.CompositePrimaryKey("tenant", "run_id", "waybill")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    run_id = models.UUIDField()
    waybill = models.BigIntegerField()
    row = models.BigIntegerField()
