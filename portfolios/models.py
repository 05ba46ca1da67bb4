from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.accounts.models import User
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import Stage, Tier
from customers.models import Customer

# In the place of a tier, for customers that are in none.
NO_TIER = "none"
TIERS = (*Tier.values, NO_TIER)


def first_assigned_tiers() -> list[str]:
    return [Tier.VIP.value]


def first_pool_tiers() -> list[str]:
    return [tier for tier in TIERS if tier != Tier.VIP]


def first_pool_stages() -> list[str]:
    return list(Stage.values)


class PortfolioPolicy(TenantModel):
    """One version of a tenant's rules of portfolios and the pool; the highest is in force. Never changed once written.

    Weights are the points of work that one customer of a tier stands for, one in no tier that of a low one; `capacity`
    is the points of who has none of their own. `silent_days` 0 lets nobody return to the pool by itself.
    """

    version = models.PositiveIntegerField()
    weight_vip = models.PositiveSmallIntegerField(default=25)
    weight_mid = models.PositiveSmallIntegerField(default=10)
    weight_low = models.PositiveSmallIntegerField(default=1)
    capacity = models.PositiveIntegerField(default=1000)
    assigned_tiers = ArrayField(models.CharField(max_length=4), default=first_assigned_tiers)
    pool_tiers = ArrayField(models.CharField(max_length=4), default=first_pool_tiers)
    pool_stages = ArrayField(models.CharField(max_length=9), default=first_pool_stages)
    claims_a_day = models.PositiveSmallIntegerField(default=10)
    rest_days = models.PositiveSmallIntegerField(default=30)
    silent_days = models.PositiveSmallIntegerField(default=0)
    warn_days = models.PositiveSmallIntegerField(default=14)
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="portfolio_policy_version")]
        indexes = [models.Index(fields=["tenant", "created_by"], name="portfolio_policy_created_by")]

    @property
    def weights(self) -> dict[str, int]:
        """The points of one customer, by its tier or NO_TIER."""
        return {
            Tier.VIP.value: self.weight_vip,
            Tier.MID.value: self.weight_mid,
            Tier.LOW.value: self.weight_low,
            NO_TIER: self.weight_low,
        }

    def weight_of(self, tier: str | None) -> int:
        return self.weights[tier or NO_TIER]

    def is_pooled(self, customer: Customer) -> bool:
        """Say whether a customer that nobody looks after stands in the pool."""
        is_of_tier = (customer.tier or NO_TIER) in self.pool_tiers
        return customer.erased_at is None and is_of_tier and customer.stage in self.pool_stages

    @property
    def pooled(self) -> models.Q:
        """The same as a condition."""
        tiers = models.Q(tier__in=[tier for tier in self.pool_tiers if tier != NO_TIER])
        if NO_TIER in self.pool_tiers:
            tiers |= models.Q(tier=None)
        return tiers & models.Q(stage__in=self.pool_stages, erased_at=None)


class Capacity(TenantModel):
    """What one colleague's portfolio may hold, where it is not as the rules have it.

    `points` None is the capacity of the rules; no `tiers` are all of them. Until `absent_until` nothing is assigned.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    points = models.PositiveIntegerField(null=True)
    tiers = ArrayField(models.CharField(max_length=4), default=list)
    absent_until = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="portfolio_capacity_once")]


class ReturnWarning(TenantModel):
    """That whoever looks after a customer was told when it returns to the pool, if nobody speaks with it until then."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    due_on = models.DateField()
    warned_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "customer"], name="return_warning_once")]
        indexes = [models.Index(fields=["tenant", "due_on"], name="return_warning_due")]
