from django.db import models

from core.crypto.fields import EncryptedTextField
from core.tenancy.models import Tenant, TenantModel


class AuditEvent(TenantModel):
    """Who did what, when, to what: written once, never changed.

    Actor and subject are ids, not references, so that the trail outlives both. `changes` maps a field to its old
    and new value, or to null where the field is personal.

    The reason, free text, is encrypted, so keys may change under it and it may be erased: what the chain holds of it
    is `reason_digest`, SHA-256 over the encrypted salt and the text. The tenant's foreign key would be checked for each
    of thousands of events, and says no more than the tenant wall.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True)
    changes = models.JSONField(default=dict)
    details = models.JSONField(default=dict)
    reason = EncryptedTextField(null=True)
    reason_salt = EncryptedTextField(null=True)
    reason_digest = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "happened_at", "id"], name="audit_event_order"),
            models.Index(fields=["tenant", "subject_id", "happened_at", "id"], name="audit_event_subject"),
            models.Index(fields=["tenant", "actor_id", "happened_at", "id"], name="audit_event_actor"),
            models.Index(fields=["tenant", "action", "happened_at", "id"], name="audit_event_action"),
        ]


class AuditPending(TenantModel):
    """An event that waits for its seal: the database adds this with the event, whose id it has, and lets it go when
    the seal is there. `digest` is SHA-256 over the event as it was written, so one that was changed or deleted while
    it waited is told by what stays here.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    digest = models.BinaryField(max_length=32)


class AuditSeal(TenantModel):
    """One link of a tenant's chain: SHA-256 over the link before, the sequence and the whole event."""

    sequence = models.PositiveBigIntegerField()
    event_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sequence"], name="audit_seal_sequence"),
            models.UniqueConstraint(fields=["tenant", "event_id"], name="audit_seal_event"),
        ]


class Erasure(TenantModel):
    """One erasure of a person or of a whole tenant: who, when and what by id, and nothing of the person.

    Kept for good, and exported, so that it can be done again after a backup from before it was restored.
    """

    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True)
    operator = models.CharField(max_length=100, blank=True)
    happened_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "happened_at", "id"], name="erasure_order")]
