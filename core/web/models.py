from django.db import models

from core.accounts.models import User
from core.tenancy.models import TenantForeignKey, TenantModel


class Notice(TenantModel):
    """Something that one member of staff is told, once for each source, which is an event for one.

    What is stored are a kind, ids and `facts` such as codes; the words are made when it is read, and name nobody
    before.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    source_id = models.UUIDField()
    subject_id = models.UUIDField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "source_id"], name="notice_once")]
        indexes = [
            models.Index(fields=["tenant", "user", "created_at", "id"], name="notice_of_user"),
            models.Index(fields=["tenant", "user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]
