from django.db import models
from django.db.models import Q

from behaviour.enums import BehaviourKind, BehaviourSource, PageSection
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer


class BehaviourEvent(TenantModel):
    """Something that a customer who agreed to it did on the web page or in the app; `event_id` is the partner's own.

    The facts are none of a person, and no text that somebody wrote.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="behaviour_events")
    event_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=BehaviourKind.choices)
    source = models.CharField(max_length=12, choices=BehaviourSource.choices)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    section = models.CharField(max_length=10, choices=PageSection.choices, blank=True)
    product = models.CharField(max_length=60, blank=True)
    origin_city = models.CharField(max_length=60, blank=True)
    destination_city = models.CharField(max_length=60, blank=True)
    amount = MoneyField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "event_id"], name="behaviour_event_once")]
        indexes = [
            models.Index(
                fields=["tenant", "customer", "happened_at", "id"],
                include=["kind"],
                name="behaviour_event_customer",
            ),
            models.Index(fields=["tenant", "happened_at", "id"], name="behaviour_event_by_time"),
        ]


class CustomerBehaviour(TenantModel):
    """What the kept events of a customer come to, counted anew whenever they change.

    `told_at` is the wish without a shipment of which the rest of the house was told last.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    last_seen_at = models.DateTimeField()
    last_visit_at = models.DateTimeField(null=True)
    last_quote_at = models.DateTimeField(null=True)
    last_basket_at = models.DateTimeField(null=True)
    last_wish_at = models.DateTimeField(null=True)
    visit_count = models.PositiveIntegerField(default=0)
    quote_count = models.PositiveIntegerField(default=0)
    basket_count = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "customer"], name="customer_behaviour_once")]
        indexes = [
            models.Index(fields=["tenant", "last_seen_at", "id"], name="customer_behaviour_seen"),
            models.Index(
                fields=["tenant", "last_wish_at", "id"],
                condition=Q(last_wish_at__isnull=False),
                name="customer_behaviour_wish",
            ),
        ]
