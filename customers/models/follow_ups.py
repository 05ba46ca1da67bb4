"""What is to be done by a time."""

from django.db import models
from django.db.models import Q

from core.accounts.models import Team, User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import FollowUpKind, FollowUpOrigin, FollowUpState, Priority, Recurrence
from customers.models.archive import Customer


class FollowUp(TenantModel):
    """Something that a member of staff must do by a time, for a customer or for nobody.

    What a rule asked for has a `code` and business facts as `parameters`, which `customers.follow_ups.words` says, and
    no subject unless somebody wrote one. `cause` names what it was made from, so that the same is open once; it is
    empty for what people ask for. A snoozed one is out of the day until `snoozed_until`, and due when it was. One of a
    series has the `recurrence`, the number of its days, weeks, months or years between two, `repeats_every`, and the
    time of the first, `repeats_from`, from which the next are counted.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="follow_ups")
    subject = EncryptedTextField(null=True)
    code = models.CharField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict)
    cause = models.CharField(max_length=100, blank=True)
    origin = models.CharField(max_length=8, choices=FollowUpOrigin.choices, default=FollowUpOrigin.HAND)
    kind = models.CharField(max_length=8, choices=FollowUpKind.choices)
    assignee = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    team = TenantForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField()
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    is_promised = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(null=True)
    recurrence = models.CharField(max_length=8, choices=Recurrence.choices, blank=True, default="")
    repeats_every = models.PositiveSmallIntegerField(default=1)
    repeats_from = models.DateTimeField(null=True)
    repeats_until = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=FollowUpState.choices, default=FollowUpState.OPEN)
    outcome = EncryptedTextField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    escalated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "cause"],
                condition=Q(state=FollowUpState.OPEN) & ~Q(cause=""),
                name="follow_up_cause_once",
            ),
            models.CheckConstraint(
                condition=Q(state=FollowUpState.OPEN, closed_at=None)
                | (~Q(state=FollowUpState.OPEN) & Q(closed_at__isnull=False)),
                name="follow_up_closed_or_open",
            ),
            models.CheckConstraint(
                condition=Q(recurrence="") | Q(repeats_from__isnull=False), name="follow_up_repeats_from"
            ),
            models.CheckConstraint(condition=Q(repeats_every__gte=1), name="follow_up_repeats_every"),
        ]
        indexes = [
            models.Index(fields=["tenant", "due_at", "id"], name="follow_up_by_due"),
            models.Index(fields=["tenant", "created_at", "id"], name="follow_up_by_creation"),
            models.Index(fields=["tenant", "customer", "due_at", "id"], name="follow_up_customer"),
            models.Index(fields=["tenant", "assignee", "state", "due_at"], name="follow_up_assignee"),
            models.Index(fields=["tenant", "team", "state", "due_at"], name="follow_up_team"),
            models.Index(
                fields=["tenant", "due_at", "id"],
                condition=Q(state=FollowUpState.OPEN, escalated_at=None),
                name="follow_up_to_escalate",
            ),
            models.Index(fields=["tenant", "closed_by", "closed_at"], name="follow_up_closed_by"),
            models.Index(fields=["tenant", "created_by"], name="follow_up_created_by"),
        ]


class CalendarFeed(TenantModel):
    """The calendar of somebody's open follow-ups for other programs; `word` is what its link proves, and can change.

    The link is good for a year from when it was made, or `renewed_at` last.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    word = EncryptedTextField()
    made_at = models.DateTimeField()
    renewed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="calendar_feed_once")]


class FollowUpPolicy(TenantModel):
    """One version of how the rules that open follow-ups act; the highest is in force. Never changed once written.

    `rules` holds for the code of each rule `is_on`, the `tiers` for whose customers it acts, `hours` and `priority`; a
    rule that is not there acts as it was made.
    """

    version = models.PositiveIntegerField()
    rules = models.JSONField(default=dict)
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="follow_up_policy_version")]
        indexes = [models.Index(fields=["tenant", "created_by"], name="follow_up_policy_created_by")]
