"""Opportunities on their way to an agreement, and what the pipeline stands on."""

from django.db import models
from django.db.models import Q

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from development.enums import DealStage, LostReason
from development.stages import CLOSED, FIRST_CHANCES, MOVES, OPEN


class Competitor(TenantModel):
    """A firm that customers may go to instead; one that is retired is not offered any more."""

    name = models.CharField(max_length=100)
    strengths = models.TextField(blank=True)
    note = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="competitor_name")]

    def __str__(self) -> str:
        return self.name


class PipelineRules(TenantModel):
    """What a tenant counts on in each stage, in per cent of the freight expected; one row of a tenant at most."""

    identified = models.PositiveSmallIntegerField(default=FIRST_CHANCES[DealStage.IDENTIFIED])
    qualified = models.PositiveSmallIntegerField(default=FIRST_CHANCES[DealStage.QUALIFIED])
    proposed = models.PositiveSmallIntegerField(default=FIRST_CHANCES[DealStage.PROPOSED])
    negotiating = models.PositiveSmallIntegerField(default=FIRST_CHANCES[DealStage.NEGOTIATING])
    version = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="pipeline_rules_once"),
            models.CheckConstraint(
                condition=Q(identified__lte=100, qualified__lte=100, proposed__lte=100, negotiating__lte=100),
                name="pipeline_rules_per_cent",
            ),
        ]

    def chance(self, stage: str) -> int:
        """Return how probable an agreement is, in per cent."""
        return getattr(self, stage) if stage in OPEN else 100 if stage == DealStage.WON else 0


class Opportunity(TenantModel):
    """Business with a customer that may come about: how much freight a month, and by when.

    `reminded_for` is the expected close date of whose passing somebody was told.
    """

    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="opportunities")
    title = models.CharField(max_length=200)
    deal_stage = models.CharField(max_length=12, choices=DealStage.choices, default=DealStage.IDENTIFIED)
    stage_since = models.DateTimeField()
    expected_freight = MoneyField()
    closes_on = models.DateField()
    owner = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    competitor = TenantForeignKey(Competitor, on_delete=models.PROTECT, null=True, related_name="+")
    need = EncryptedTextField(null=True)
    lost_reason = models.CharField(max_length=10, choices=LostReason.choices, blank=True)
    opened_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    reminded_for = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "serial"], name="opportunity_serial"),
            models.UniqueConstraint(fields=["tenant", "number"], name="opportunity_number"),
            models.CheckConstraint(condition=Q(expected_freight__gte=0), name="opportunity_freight"),
            models.CheckConstraint(
                condition=Q(deal_stage=DealStage.LOST, lost_reason__gt="")
                | (~Q(deal_stage=DealStage.LOST) & Q(lost_reason="")),
                name="opportunity_lost_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(deal_stage__in=CLOSED, closed_at__isnull=False)
                | (~Q(deal_stage__in=CLOSED) & Q(closed_at=None)),
                name="opportunity_closed_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "opened_at", "id"], name="opportunity_customer"),
            models.Index(fields=["tenant", "closes_on", "id"], name="opportunity_by_close"),
            models.Index(fields=["tenant", "closes_on", "id"], condition=Q(closed_at=None), name="opportunity_open"),
            models.Index(fields=["tenant", "opened_at", "id"], name="opportunity_by_opening"),
            models.Index(fields=["tenant", "expected_freight", "id"], name="opportunity_by_freight"),
            models.Index(fields=["tenant", "deal_stage", "closes_on", "id"], name="opportunity_by_stage"),
            models.Index(fields=["tenant", "owner", "closes_on", "id"], name="opportunity_owner"),
            models.Index(fields=["tenant", "competitor"], name="opportunity_competitor"),
            models.Index(fields=["tenant", "opened_by"], name="opportunity_opened_by"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.deal_stage in OPEN

    @property
    def moves(self) -> list[tuple[str, str]]:
        """The stages that it may be moved to, with their words."""
        return [(stage.value, str(stage.label)) for stage in MOVES[self.deal_stage]]


class StageChange(TenantModel):
    """One move of an opportunity; the first has no stage before it."""

    opportunity = TenantForeignKey(Opportunity, on_delete=models.CASCADE, related_name="changes")
    old_stage = models.CharField(max_length=12, choices=DealStage.choices, blank=True)
    new_stage = models.CharField(max_length=12, choices=DealStage.choices)
    moved_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField()
    remark = EncryptedTextField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "opportunity", "moved_at"], name="deal_change_opportunity"),
            models.Index(fields=["tenant", "moved_by"], name="deal_change_moved_by"),
        ]
