from datetime import date

from django.db import models

from core.accounts.models import User
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import Tier
from customers.models import Customer
from tiering.enums import MoveReason, PolicyMode


class TierPolicy(TenantModel):
    """One version of a tenant's rules; the highest version is in force. Never changed once written.

    Percentages are of all ranked customers; the monthly amounts are of 30 days; weights are whole numbers.
    """

    version = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=PolicyMode.choices, default=PolicyMode.PERCENTILE)
    window_days = models.PositiveSmallIntegerField(default=90)
    vip_percent = models.PositiveSmallIntegerField(default=5)
    mid_percent = models.PositiveSmallIntegerField(default=15)
    vip_monthly = MoneyField(default="10000.00")
    mid_monthly = MoneyField(default="2000.00")
    weight_amount = models.PositiveSmallIntegerField(default=100)
    weight_frequency = models.PositiveSmallIntegerField(default=0)
    weight_tenure = models.PositiveSmallIntegerField(default=0)
    demotion_runs = models.PositiveSmallIntegerField(default=2)
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="tier_policy_version")]
        indexes = [models.Index(fields=["tenant", "created_by"], name="tier_policy_created_by")]


class TierOverride(TenantModel):
    """A tier set by hand: why, approved by whom, until when. Ended ones are kept.

    Somebody's wish to end it stands beside what was approved; the next evaluation ends it and decides.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="tier_overrides")
    tier = models.CharField(max_length=4, choices=Tier.choices)
    reason = models.CharField(max_length=500)
    approved_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    end_requested_at = models.DateTimeField(null=True)
    ended_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"], condition=models.Q(ended_at=None), name="tier_override_one"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "created_at"], name="tier_override_customer"),
            models.Index(fields=["tenant", "approved_by"], name="tier_override_approver"),
            models.Index(fields=["tenant", "ended_by"], name="tier_override_ender"),
        ]

    def holds_on(self, day: date) -> bool:
        """Say whether one that no evaluation has ended yet still decides on that day."""
        return self.end_requested_at is None and (self.expires_on is None or self.expires_on >= day)


class TierChange(TenantModel):
    """One move of one customer, with the figures behind it; to no tier where no shipment is left."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="tier_changes")
    from_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    to_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    reason = models.CharField(max_length=16, choices=MoveReason.choices)
    as_of = models.DateField()
    window_days = models.PositiveSmallIntegerField()
    policy_version = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True)
    ranked = models.PositiveIntegerField(null=True)
    contribution = MoneyField()
    shipment_count = models.PositiveIntegerField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "customer", "changed_at", "id"], name="tier_change_customer"),
            models.Index(fields=["tenant", "changed_at", "id"], name="tier_change_order"),
        ]
