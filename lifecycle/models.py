from django.db import models
from django.db.models import Q

from core.accounts.enums import Role
from core.accounts.models import Team, User
from core.crypto.fields import EncryptedTextField
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import FollowUpKind, Stage, Tier
from customers.models import Customer
from customers.models.consents import in_language
from lifecycle.enums import OPEN, ForWhom, LeadAssignment, LeadState, MoveCause


class LifecyclePolicy(TenantModel):
    """One version of a tenant's rules of stages and leads; the highest is in force. Never changed once written.

    Windows and limits are days; percents are of what is usual for the customer. A customer with at least
    `lifecycle.statement.RHYTHM_SHIPMENTS` shipments has a rhythm: it is lost after `lost_rhythms` times its mean gap,
    not before `lost_least_days` and not after `lost_days`, which holds for all others.
    """

    version = models.PositiveIntegerField()
    window_days = models.PositiveSmallIntegerField(default=60)
    new_days = models.PositiveSmallIntegerField(default=90)
    growth_percent = models.PositiveSmallIntegerField(default=25)
    decline_percent = models.PositiveSmallIntegerField(default=30)
    least_days = models.PositiveSmallIntegerField(default=14)
    lost_days = models.PositiveSmallIntegerField(default=180)
    lost_least_days = models.PositiveSmallIntegerField(default=60)
    lost_rhythms = models.PositiveSmallIntegerField(default=6)
    won_back_days = models.PositiveSmallIntegerField(default=60)
    assignment = models.CharField(max_length=4, choices=LeadAssignment.choices, default=LeadAssignment.HAND)
    team = TenantForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="lifecycle_policy_version")]
        indexes = [
            models.Index(fields=["tenant", "team"], name="lifecycle_policy_team"),
            models.Index(fields=["tenant", "created_by"], name="lifecycle_policy_created_by"),
        ]


class StageChange(TenantModel):
    """One move of one customer, with the figures behind it; amounts are an evaluation's alone.

    `contribution` is the window's, `usual` what a window brought before. One by hand has who made it and why.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="stage_changes")
    from_stage = models.CharField(max_length=9, choices=Stage.choices)
    to_stage = models.CharField(max_length=9, choices=Stage.choices)
    cause = models.CharField(max_length=10, choices=MoveCause.choices)
    reason = models.CharField(max_length=500, blank=True)
    moved_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    as_of = models.DateField()
    policy_version = models.PositiveIntegerField()
    contribution = MoneyField(null=True)
    usual = MoneyField(null=True)
    shipment_count = models.PositiveIntegerField()
    silent_days = models.PositiveIntegerField(null=True)
    lost_after = models.PositiveIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "customer", "changed_at", "id"], name="stage_change_customer"),
            models.Index(fields=["tenant", "changed_at", "id"], name="stage_change_order"),
            models.Index(fields=["tenant", "moved_by"], name="stage_change_moved_by"),
        ]


class LeadSource(TenantModel):
    """Where leads come from. The one with the key FORM is that of the public form."""

    FORM = "form"

    key = models.CharField(max_length=40, blank=True)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], condition=~Q(key=""), name="lead_source_key"),
        ]
        indexes = [models.Index(fields=["tenant", "name_en", "id"], name="lead_source_name")]

    def __str__(self) -> str:
        return in_language(self.name_zh, self.name_en)


class SourceCost(TenantModel):
    """What a source costs a month, from a month on until the next entry; months are their first day."""

    source = TenantForeignKey(LeadSource, on_delete=models.CASCADE, related_name="costs")
    from_month = models.DateField()
    amount = MoneyField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "from_month"], name="source_cost_month")]


class LostReason(TenantModel):
    """Why a lead came to nothing, as the tenant puts it."""

    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "name_en", "id"], name="lost_reason_name")]

    def __str__(self) -> str:
        return in_language(self.name_zh, self.name_en)


class Lead(TenantModel):
    """How a customer that had not shipped is won: where it came from, who is in charge, how far it is.

    `wish` is what they ship, in their words. `serial` counts those whose number was given by us. `form_key` is the
    challenge of the public form by which it came, so that one makes one lead.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="leads")
    source = TenantForeignKey(LeadSource, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=LeadState.choices, default=LeadState.NEW)
    assignee = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    wish = EncryptedTextField(null=True)
    lost_reason = TenantForeignKey(LostReason, on_delete=models.PROTECT, null=True, related_name="+")
    captured_at = models.DateTimeField()
    contacted_at = models.DateTimeField(null=True)
    qualified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    captured_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # No foreign key: a key that works in a sandbox is kept with the tenant beside it.
    captured_by_key = models.UUIDField(null=True)
    serial = models.PositiveIntegerField(null=True)
    form_key = models.CharField(max_length=64, null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer"], condition=Q(closed_at=None), name="lead_open_once"),
            models.UniqueConstraint(fields=["tenant", "serial"], name="lead_serial"),
            models.UniqueConstraint(fields=["tenant", "form_key"], name="lead_form_once"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, closed_at=None) | (~Q(state__in=OPEN) & Q(closed_at__isnull=False)),
                name="lead_closed_or_open",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "captured_at", "id"], name="lead_by_capture"),
            models.Index(fields=["tenant", "captured_at", "id"], condition=Q(closed_at=None), name="lead_unfinished"),
            models.Index(fields=["tenant", "customer", "captured_at", "id"], name="lead_of_customer"),
            models.Index(fields=["tenant", "source", "captured_at"], name="lead_of_source"),
            models.Index(fields=["tenant", "assignee", "state"], name="lead_assignee"),
            models.Index(fields=["tenant", "lost_reason"], name="lead_lost_reason"),
            models.Index(fields=["tenant", "captured_by"], name="lead_captured_by"),
        ]

    @property
    def open_state(self) -> LeadState:
        """How far it is, or was before it was closed."""
        if self.qualified_at:
            return LeadState.QUALIFIED
        return LeadState.CONTACTED if self.contacted_at else LeadState.NEW

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class PlaybookStep(TenantModel):
    """What is to be done when a customer comes into a stage: a follow-up, for whom, due after so many days.

    `team` or `role` say who, where `for_whom` needs one; an empty `tier` means customers of all.
    """

    stage = models.CharField(max_length=9, choices=Stage.choices)
    kind = models.CharField(max_length=8, choices=FollowUpKind.choices)
    words = models.CharField(max_length=300)
    due_days = models.PositiveSmallIntegerField()
    for_whom = models.CharField(max_length=7, choices=ForWhom.choices, default=ForWhom.MANAGER)
    team = TenantForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    tier = models.CharField(max_length=4, choices=Tier.choices, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "stage", "id"], name="playbook_step_stage"),
            models.Index(fields=["tenant", "team"], name="playbook_step_team"),
        ]

    def __str__(self) -> str:
        return self.words
