from django.db import models

from core.tenancy.models import TenantModel


class RootKey(TenantModel):
    """A tenant's root key, wrapped by the master key. Without it none of the tenant's personal data is readable.

    The highest version that is not destroyed is the one to write by. Of a destroyed one the row stays, without the key.
    """

    version = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="root_key_version"),
            models.CheckConstraint(
                condition=models.Q(wrapped=None) ^ models.Q(destroyed_at=None), name="root_key_destroyed"
            ),
        ]
