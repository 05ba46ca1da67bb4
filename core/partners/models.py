from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from core.accounts.models import User
from core.partners import scopes
from core.tenancy.models import TenantForeignKey, TenantModel


class ApiKey(TenantModel):
    """A partner's key. It names the tenant, so it is looked up before one is active."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=60))
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "prefix"], name="api_key_prefix"),
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=models.Q(revoked_at=None), name="api_key_live_name"
            ),
        ]
        indexes = [
            # The one index that does not start with the tenant: the prefix finds it.
            models.Index(fields=["prefix"], name="api_key_by_prefix"),
            models.Index(fields=["tenant", "created_at", "id"], name="api_key_by_creation"),
            models.Index(fields=["tenant", "created_by"], name="api_key_created_by"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_live(self, at: datetime) -> bool:
        """Say whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_active(self) -> bool:
        return self.is_live(timezone.now())

    def granted_permissions(self) -> frozenset[str]:
        return scopes.permissions_of(self.scopes)
