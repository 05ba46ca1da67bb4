from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedTextField
from core.jobs.models import BackgroundJob
from core.partners import scopes
from core.partners.keys import KeyText, mark_of
from core.tenancy.models import Tenant, TenantForeignKey, TenantModel


class ApiKey(TenantModel):
    """A partner's key. It names the tenant, so it is looked up before one is active.

    Its owner answers for it: whoever made it, or a colleague to whom it was handed over. A test key works in the
    tenant's sandbox and nowhere else; it is kept, as every key, with the tenant. While a key is rotated it has two
    secrets: the old one ends at `old_ends_at`.
    """

    name = models.CharField(max_length=100)
    is_test = models.BooleanField(default=False)
    prefix = models.CharField(max_length=12)
    secret_hash = models.BinaryField(max_length=32)
    old_secret_hash = models.BinaryField(max_length=32, null=True)
    old_ends_at = models.DateTimeField(null=True)
    scopes = ArrayField(models.CharField(max_length=60))
    networks = ArrayField(models.CharField(max_length=43), default=list)
    requests_per_minute = models.PositiveIntegerField(null=True)
    owner = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
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
            models.CheckConstraint(
                condition=models.Q(old_secret_hash=None, old_ends_at=None)
                | models.Q(old_secret_hash__isnull=False, old_ends_at__isnull=False),
                name="api_key_old_secret_ends",
            ),
        ]
        indexes = [
            # The one index that does not start with the tenant: the prefix finds it.
            models.Index(fields=["prefix"], name="api_key_by_prefix"),
            models.Index(fields=["tenant", "created_at", "id"], name="api_key_by_creation"),
            models.Index(fields=["tenant", "owner"], name="api_key_owner"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_live(self, at: datetime) -> bool:
        """Say whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)

    def is_proved_by(self, text: KeyText, at: datetime) -> bool:
        """Say whether the text is of this key: with its secret, or with its old one while that lasts."""
        if text.is_test != self.is_test:
            return False
        if text.proves(bytes(self.secret_hash)):
            return True
        return self.has_two_secrets(at) and text.proves(bytes(self.old_secret_hash))

    def has_two_secrets(self, at: datetime) -> bool:
        return self.old_ends_at is not None and self.old_ends_at > at

    @property
    def works_in(self) -> Tenant:
        """The tenant whose records the key reads and writes."""
        return self.tenant.sandbox if self.is_test else self.tenant

    @property
    def begins_with(self) -> str:
        return f"{mark_of(is_test=self.is_test)}_{self.prefix}"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_active(self) -> bool:
        return self.is_live(timezone.now())

    def granted_permissions(self) -> frozenset[str]:
        return scopes.permissions_of(self.scopes)


class KeptAnswer(TenantModel):
    """The answer to a POST with an Idempotency-Key, for the same request to be answered alike when it comes again.

    `request_hash` is SHA-256 over the request, the API key included; `revealed_records` is how many records of the
    answer hold personal data that is not masked.
    """

    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    content = EncryptedTextField()
    revealed_records = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key", "route"], name="kept_answer_once")]
        indexes = [models.Index(fields=["tenant", "created_at"], name="kept_answer_age")]


class BulkPart(TenantModel):
    """Some of the rows that a partner sent at once: `content` until they are done, then `result`.

    The content is NDJSON, gzipped; the result is packed by `core.partners.bulk.results`. `row_before` is the number of
    rows that stand in the parts before.
    """

    job = TenantForeignKey(BackgroundJob, on_delete=models.CASCADE, related_name="bulk_parts")
    number = models.PositiveIntegerField()
    row_before = models.PositiveIntegerField()
    row_total = models.PositiveIntegerField()
    content = EncryptedBinaryField(null=True)
    result = EncryptedBinaryField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "job", "number"], name="bulk_part_once")]
