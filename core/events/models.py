from django.db import models

from core.events.enums import UNSETTLED, DeliveryFault, DeliveryState
from core.tenancy.models import Tenant, TenantForeignKey, TenantModel


class OutboxEvent(TenantModel):
    """Something that happened, written in the transaction in which it happened, and never changed.

    What was told behind somebody's consent is found by its subject, to be deleted when that ends. The tenant's foreign
    key would be checked for each of thousands of events, and says no more than the tenant wall.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    name = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject_id = models.UUIDField()
    payload = models.JSONField()
    occurred_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "subject_id"], name="event_by_subject")]


class OutboxPending(TenantModel):
    """An event that waits to be dispatched; its id is the event's. Written with events that somebody receives."""


class EventDelivery(TenantModel):
    """What one receiver is owed of one event: due until its effect is committed with it.

    `error` is a class or a code, never a message, which might name a person.
    """

    event = TenantForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    receiver = models.CharField(max_length=60)
    state = models.CharField(max_length=4, choices=DeliveryState.choices, default=DeliveryState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=100, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "event", "receiver"], name="event_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "due_at", "id"],
                condition=models.Q(state=DeliveryState.DUE),
                name="event_delivery_due",
            ),
            models.Index(
                fields=["tenant", "due_at", "id"],
                condition=models.Q(state__in=UNSETTLED),
                name="event_delivery_unsettled",
            ),
        ]

    @property
    def error_in_words(self) -> str:
        return str(DeliveryFault(self.error).label) if self.error in DeliveryFault.values else self.error
