"""What a customer needs that others do not."""

from django.db import models
from django.db.models import Q

from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import NeedKind
from customers.models.archive import Customer


class CustomerNeed(TenantModel):
    """One special need. `details` are those of its kind, as `customers.needs.kinds` checks them.

    `added_to` is the customer that it was added to first, so that the needs of two merged customers stand side by side.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=11, choices=NeedKind.choices)
    details = models.JSONField(default=dict)
    text = EncryptedTextField(null=True)
    added_to = models.UUIDField()
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "added_to", "kind"],
                condition=~Q(kind=NeedKind.TIME_WINDOW),
                name="customer_need_once",
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer", "id"], name="customer_need_customer")]
