from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedJSONField, EncryptedTextField
from core.imports.enums import BatchState
from core.jobs.models import BackgroundJob
from core.tenancy.models import Tenant, TenantForeignKey, TenantModel

# What is counted of the rows of a file at each stage.
COUNTED = ("counts", "alike", "warned", "problems", "tally")


class ImportBatch(TenantModel):
    """One file: received in parts, checked, imported, and perhaps undone, each by a background `job`.

    `mapping` names for each of the `columns` the field that it holds, "" for none; `preset` is the system that the file
    is an export of, by whose preset its cells are read; `values` are the first that each
    column holds, until the file is imported. `counts` are rows by status, those of the newest stage; `problems` are
    the reasons for refusals and warnings, by `core.imports.results`; `tally` says how many rows have each gist. The
    name of a file may be that of a person, and so may be what stands in its first line.
    """

    kind = models.CharField(max_length=40)
    file_name = EncryptedTextField()
    received_by = TenantForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    columns = EncryptedJSONField(default=list)
    values = EncryptedJSONField(null=True)
    mapping = EncryptedJSONField(default=list)
    preset = models.CharField(max_length=20, blank=True)
    skips_alike = models.BooleanField(default=False)
    row_total = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.WAITING)
    job = TenantForeignKey(BackgroundJob, on_delete=models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict)
    alike = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)
    problems = EncryptedJSONField(null=True)
    imported_at = models.DateTimeField(null=True)
    is_forgotten = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "received_at", "id"], name="import_batch_by_time"),
            models.Index(fields=["tenant", "received_by"], name="import_batch_received_by"),
            models.Index(fields=["tenant", "job"], name="import_batch_job"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def begin_counting(self) -> None:
        """Forget what was counted of the rows at an earlier stage."""
        self.counts, self.alike, self.warned, self.problems, self.tally = {}, 0, 0, [], {}


class ImportPart(TenantModel):
    """Some rows of a file: `content` as they were read, `result` what became of them, `before` what stood there.

    All three are made by `core.imports.results`. `noted_total` counts the rows of which there is something to read.
    """

    batch = TenantForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    row_total = models.PositiveIntegerField()
    noted_total = models.PositiveIntegerField(default=0)
    content = EncryptedBinaryField(null=True)
    result = EncryptedBinaryField(null=True)
    before = EncryptedBinaryField(null=True)
    is_written = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "batch", "number"], name="batch_part_once")]


class ImportMark(TenantModel):
    """What a row of a file under check has for itself, by digest, with the row's line and the digest of its cells.

    By it a later row is known that says the same again, or something else. Gone when the file is checked. Without
    foreign keys, which would be checked for each row.
    """

    id = None
    pk = models.CompositePrimaryKey("tenant", "batch_id", "mark")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    batch_id = models.UUIDField()
    mark = models.BigIntegerField()
    line = models.PositiveIntegerField()
    row = models.BigIntegerField()


class ImportedRecord(TenantModel):
    """That a part of a file told something of a record, by which the record's erasure finds it."""

    id = None
    pk = models.CompositePrimaryKey("tenant", "record_id", "part_id")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    record_id = models.UUIDField()
    part_id = models.UUIDField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "part_id"], name="imported_record_part")]


class ImportTemplate(TenantModel):
    """Which column holds which field, kept under a name for files with the same first line."""

    kind = models.CharField(max_length=40)
    name = EncryptedTextField()
    columns = EncryptedJSONField(default=list)
    mapping = EncryptedJSONField(default=list)
    saved_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "kind", "id"], name="import_template_kind"),
            models.Index(fields=["tenant", "saved_by"], name="import_template_saved_by"),
        ]

    def __str__(self) -> str:
        return self.name
