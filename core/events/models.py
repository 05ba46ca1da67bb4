from django.db import models

from core.tenancy.models import TenantModel


class OutboxEvent(TenantModel):
    """Something that happened, written in the transaction in which it happened."""

    name = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject_id = models.UUIDField()
    payload = models.JSONField()
    occurred_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "subject_id", "id"], name="outbox_subject"),
        ]
