from datetime import date

from django.db import models
from django.db.models import F, Q

from core.accounts.models import Team, User
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import Segment, Tier
from customers.models import Customer
from tiering.enums import OPEN, MoveReason, PolicyMode, PolicyState


class TierPolicy(TenantModel):
    """One version of a tenant's rules; of those approved the highest is in force. Changed only while it is a draft.

    It was written against the version `replaces`. Percentages are of all ranked customers; the monthly amounts are of
    30 days; weights are whole numbers. What each tier is entitled to: hours by which its service requests stand
    earlier in the queue, an account manager, a rebate in percent, and that it is offered to serve itself; both costs
    are of a customer a month.
    """

    version = models.PositiveIntegerField()
    replaces = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=9, choices=PolicyState.choices, default=PolicyState.DRAFT)
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
    vip_head_start = models.PositiveSmallIntegerField(default=24)
    mid_head_start = models.PositiveSmallIntegerField(default=0)
    low_head_start = models.PositiveSmallIntegerField(default=0)
    head_start_cost = MoneyField(default=0)
    vip_manager = models.BooleanField(default=True)
    mid_manager = models.BooleanField(default=False)
    low_manager = models.BooleanField(default=False)
    manager_cost = MoneyField(default=0)
    vip_rebate = models.PositiveSmallIntegerField(default=0)
    mid_rebate = models.PositiveSmallIntegerField(default=0)
    low_rebate = models.PositiveSmallIntegerField(default=0)
    vip_self_service = models.BooleanField(default=False)
    mid_self_service = models.BooleanField(default=False)
    low_self_service = models.BooleanField(default=True)
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approved_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    closed_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="tier_policy_version"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(state=PolicyState.SUBMITTED), name="tier_policy_one_waits"
            ),
            models.CheckConstraint(
                condition=Q(state=PolicyState.APPROVED, approved_at__isnull=False)
                | (~Q(state=PolicyState.APPROVED) & Q(approved_at=None, approved_by=None)),
                name="tier_policy_approved_or_not",
            ),
            # Nobody approves what they wrote themselves.
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")), name="tier_policy_four_eyes"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "created_by"], name="tier_policy_created_by"),
            models.Index(fields=["tenant", "approved_by"], name="tier_policy_approved_by"),
            models.Index(fields=["tenant", "closed_by"], name="tier_policy_closed_by"),
        ]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def is_open(self) -> bool:
        """Say whether nobody has decided on it yet."""
        return self.state in OPEN


class PolicyTrial(TenantModel):
    """What a version would do, by the shipments up to a day: found once and kept, until the version is written anew.

    `tiers` says of each how many customers it has and would have, and what they cost a month in minor units, by the
    names of tiering.selectors.TierTrial; `flows` are lists of from, to and how many.
    """

    policy = TenantForeignKey(TierPolicy, on_delete=models.CASCADE, related_name="+")
    as_of = models.DateField()
    ranked = models.PositiveIntegerField()
    moved = models.PositiveIntegerField()
    tiers = models.JSONField()
    flows = models.JSONField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "policy"], name="policy_trial_once")]


class TrialMove(TenantModel):
    """One of the weightiest moves of a trial; `place` 1 is the weightiest."""

    trial = TenantForeignKey(PolicyTrial, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    from_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    to_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    rank = models.PositiveIntegerField(null=True)
    contribution = MoneyField()
    shipment_count = models.PositiveIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "trial", "place"], name="trial_move_place")]
        indexes = [models.Index(fields=["tenant", "customer"], name="trial_move_customer")]


class TierTeam(TenantModel):
    """That a team serves a tier; a tier that no open team serves is everybody's."""

    tier = models.CharField(max_length=4, choices=Tier.choices)
    team = TenantForeignKey(Team, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "team", "tier"], name="tier_team_once")]


class TierOverride(TenantModel):
    """A tier set by hand: asked for by one, approved by another, why, and until when. Ended ones are kept.

    Without `approved_at` it waits, or, ended, was declined for `refusal` or taken back. Somebody's wish to end it
    stands beside what was approved; the next evaluation ends it and decides.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="tier_overrides")
    tier = models.CharField(max_length=4, choices=Tier.choices)
    reason = models.CharField(max_length=500)
    asked_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    approved_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=500, blank=True)
    expires_on = models.DateField(null=True)
    end_requested_at = models.DateTimeField(null=True)
    ended_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"],
                condition=Q(ended_at=None, approved_at__isnull=False),
                name="tier_override_one",
            ),
            models.UniqueConstraint(
                fields=["tenant", "customer"],
                condition=Q(ended_at=None, approved_at=None),
                name="tier_override_one_waits",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | (Q(approved_at__isnull=False) & ~Q(approved_by=F("asked_by"))),
                name="tier_override_four_eyes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "created_at", "id"],
                condition=Q(ended_at=None, approved_at=None),
                name="tier_override_waiting",
            ),
            models.Index(fields=["tenant", "asked_by"], name="tier_override_asker"),
            models.Index(fields=["tenant", "customer", "created_at"], name="tier_override_customer"),
            models.Index(fields=["tenant", "approved_by"], name="tier_override_approver"),
            models.Index(fields=["tenant", "ended_by"], name="tier_override_ender"),
        ]

    def holds_on(self, day: date) -> bool:
        """Say whether one that was approved, and that no evaluation has ended yet, decides on that day."""
        if self.approved_at is None:
            return False
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


class SegmentChange(TenantModel):
    """One customer's way from one segment to another, with the figures behind it; none where no rule holds.

    `months_shipped` of `months_known` stretches of thirty days saw a shipment; `silent_days` ran since the last one.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="segment_changes")
    from_segment = models.CharField(max_length=9, choices=Segment.choices, null=True)
    to_segment = models.CharField(max_length=9, choices=Segment.choices, null=True)
    as_of = models.DateField()
    shipment_count = models.PositiveIntegerField()
    silent_days = models.PositiveIntegerField(null=True)
    months_shipped = models.PositiveSmallIntegerField()
    months_known = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "customer", "changed_at", "id"], name="segment_change_customer")]
