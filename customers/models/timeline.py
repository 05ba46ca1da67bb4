"""What was said and what happened."""

from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import Direction, InteractionKind
from customers.models.archive import Customer
from customers.models.people import Contact


class Interaction(TenantModel):
    """One entry of a customer's timeline: what was said in some channel, a note, or what the system tells.

    Written by `customers.services.record_interaction` alone. What the system tells has a `code` and business facts
    as `parameters`, which `customers.timeline` puts into words, and no text. `source` names what the entry was made
    from, so that the same is told once; it is empty for what people write.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="interactions")
    contact = TenantForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=InteractionKind.choices)
    direction = models.CharField(max_length=8, choices=Direction.choices, blank=True)
    text = EncryptedTextField(null=True)
    code = models.CharField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict)
    source = models.CharField(max_length=100, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # No foreign key: a key that works in a sandbox is kept with the tenant beside it.
    recorded_by_key = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer", "source"],
                condition=~models.Q(source=""),
                name="interaction_source_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "happened_at", "id"], name="interaction_timeline"),
            models.Index(fields=["tenant", "happened_at", "id"], name="interaction_by_time"),
            models.Index(fields=["tenant", "contact"], name="interaction_contact"),
            models.Index(fields=["tenant", "recorded_by"], name="interaction_recorded_by"),
        ]
