from django.db import models

from core.tenancy.models import TenantModel


class RootKey(TenantModel):
    """A tenant's root key, wrapped by the master key. Without it none of the tenant's personal data is readable."""

    version = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="root_key_version")]
