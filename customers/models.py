import math

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Floor, Greatest, Ln

from core.accounts.models import Team, User
from core.crypto.fields import BlindIndexField, EncryptedJSONField, EncryptedTextField, readable
from core.crypto.masking import UNREADABLE, mask_address, mask_email, mask_name, mask_phone
from core.tenancy.fields import MoneyField
from core.tenancy.models import Tenant, TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from customers.enums import (
    Channel,
    ContactPointKind,
    CustomerKind,
    CustomFieldKind,
    Direction,
    DuplicateState,
    FollowUpKind,
    FollowUpOrigin,
    FollowUpState,
    InteractionKind,
    MatchReason,
    Priority,
    Recurrence,
    Tier,
)

# Half an octave: contributions within a factor of 1.41 are of one rank.
RANKS_PER_DOUBLING = 2
MAX_TAGS, MAX_TAG_LENGTH = 20, 40
CONTRIBUTION_RANK = Floor(
    Ln(Cast(Greatest("contribution", models.Value(1)), models.FloatField())) * (RANKS_PER_DOUBLING / math.log(2))
)


class CustomField(TenantModel):
    """A fact that the tenant keeps of its customers besides ours; never personal data, which is encrypted.

    The values stand in `Customer.custom_values` by key, as text: numbers as plain decimals, dates as ISO 8601.
    """

    key = models.CharField(max_length=40)
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=CustomFieldKind.choices)
    choices = ArrayField(models.CharField(max_length=100), default=list)
    order = models.PositiveSmallIntegerField(default=100)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="custom_field_key")]

    def __str__(self) -> str:
        return self.label


class CustomerManager(TenantManager):
    """The customers of the active tenant that stand by themselves, without those merged into another."""

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().filter(merged_into=None)


class Customer(TenantModel):
    """A company or a person with an archive; `merged_into` is the one that has taken its place, if one has.

    Tier, contribution and the shipment figures are written by functions of `customers.services` alone.
    `contribution` and `window_shipment_count` are those of the last evaluation's window. `contribution_rank` is the
    contribution on a coarse scale of logarithms; `token_rank` is the one by which the customer's tokens are ordered
    at present, which `customers.search_index.rank_tokens` makes the same. Whose names or contact points were written
    since `customers.duplicates` looked at it last `is_unmatched`.
    """

    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=CustomerKind.choices, default=CustomerKind.COMPANY)
    company_name = models.CharField(max_length=200, blank=True)
    person_name = EncryptedTextField(null=True)
    industry = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=100, blank=True)
    tags = ArrayField(models.CharField(max_length=MAX_TAG_LENGTH), default=list)
    special_needs = EncryptedTextField(null=True)
    birthday = EncryptedTextField(null=True)
    preferred_channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    preferred_language = models.CharField(max_length=10, blank=True)
    account_manager = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    custom_values = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    tier_since = models.DateField(null=True)
    contribution = MoneyField(default=0)
    contribution_rank = models.GeneratedField(
        expression=CONTRIBUTION_RANK, output_field=models.SmallIntegerField(), db_persist=True
    )
    token_rank = models.PositiveSmallIntegerField(default=0)
    is_unmatched = models.BooleanField(default=True, db_default=True)
    window_shipment_count = models.PositiveIntegerField(default=0)
    lower_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    lower_runs = models.PositiveSmallIntegerField(default=0)
    lower_as_of = models.DateField(null=True)

    shipment_count = models.PositiveIntegerField(default=0)
    first_shipment_at = models.DateTimeField(null=True)
    last_shipment_at = models.DateTimeField(null=True)
    merged_into = TenantForeignKey("self", on_delete=models.PROTECT, null=True, related_name="absorbed")

    objects = CustomerManager()
    with_merged = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="customer_number")]
        indexes = [
            models.Index(
                fields=["tenant", "merged_into"], condition=Q(merged_into__isnull=False), name="customer_merged_into"
            ),
            models.Index(fields=["tenant", "contribution", "id"], name="customer_by_contribution"),
            models.Index(fields=["tenant", "created_at", "id"], name="customer_by_creation"),
            models.Index(
                fields=["tenant", "tier", "contribution", "id"], include=["merged_into"], name="customer_by_tier"
            ),
            models.Index(
                fields=["tenant", "id"],
                condition=models.Q(first_shipment_at=None, tier__isnull=False),
                name="customer_lead_again",
            ),
            models.Index(
                fields=["tenant", "id"],
                condition=~Q(token_rank=F("contribution_rank")),
                name="customer_rank_behind",
            ),
            models.Index(fields=["tenant", "id"], condition=Q(is_unmatched=True), name="customer_unmatched"),
            models.Index(fields=["tenant", "account_manager"], name="customer_account_manager"),
            models.Index(fields=["tenant", "region"], name="customer_by_region"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def display_name(self) -> str:
        """The company's name, or the person's with most of it hidden."""
        if self.kind == CustomerKind.INDIVIDUAL:
            return mask_name(readable(self, "person_name") or "") or self.number
        return self.company_name or self.number

    @property
    def revealed_name(self) -> str:
        """The same with nothing hidden."""
        if self.kind == CustomerKind.INDIVIDUAL:
            return self.person_name or self.number
        return self.company_name or self.number


class Contact(TenantModel):
    """A person who speaks for a customer."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = EncryptedTextField()
    position = models.CharField(max_length=100, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"], condition=models.Q(is_primary=True), name="contact_one_primary"
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer", "created_at", "id"], name="contact_customer")]

    @property
    def masked_name(self) -> str:
        return mask_name(readable(self, "name") or UNREADABLE)


class ContactPoint(TenantModel):
    """One way to reach a contact."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=10, choices=ContactPointKind.choices)
    value = EncryptedTextField()
    fingerprint = BlindIndexField(of="value")
    is_preferred = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            # Looked at when all is written, because two may change places.
            models.UniqueConstraint(
                fields=["tenant", "contact", "kind", "fingerprint"],
                name="contact_point_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["tenant", "contact"], condition=models.Q(is_preferred=True), name="contact_point_one_preferred"
            ),
        ]

    @property
    def masked_value(self) -> str:
        value = readable(self, "value")
        if value is None:
            return UNREADABLE
        if self.kind == ContactPointKind.PHONE:
            return mask_phone(value)
        if self.kind == ContactPointKind.EMAIL:
            return mask_email(value)
        return mask_name(value)


class Address(TenantModel):
    """A place of a customer."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    street = EncryptedTextField()
    postal_code = models.CharField(max_length=20, blank=True)
    is_primary = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"], condition=models.Q(is_primary=True), name="address_one_primary"
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer", "id"], name="address_customer")]

    @property
    def masked_street(self) -> str:
        return mask_address(readable(self, "street") or UNREADABLE)


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


class FollowUp(TenantModel):
    """Something that a member of staff must do by a time, for a customer or for nobody.

    What a rule asked for has a `code` and business facts as `parameters`, which `customers.follow_ups.words` says, and
    no subject unless somebody wrote one. `cause` names what it was made from, so that the same is open once; it is
    empty for what people ask for. A snoozed one is out of the day until `snoozed_until`, and due when it was. One of a
    series has the `recurrence` and the time of the first, `repeats_from`, from which the next are counted.
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
    """The calendar of somebody's open follow-ups for other programs; `word` is what its link proves, and can change."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    word = EncryptedTextField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="calendar_feed_once")]


class CustomerToken(TenantModel):
    """One keyed gram of a customer's names and contact points: what search finds by, without holding any of them.

    `key_version` is that of the tenant's keys under which it was made, `rank` the customer's `token_rank`: those who
    hold a token are read in the order of what they contribute, so that of a common one the first few are enough. It
    has no foreign keys: thirty rows of a customer would be checked one by one, which takes a third of an import's
    time; who writes them holds the customer's row, and row-level security keeps them in the tenant.
    """

    id = None
    pk = models.CompositePrimaryKey("tenant", "customer_id", "token")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    token = models.BigIntegerField()
    key_version = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField()
    customer_id = models.UUIDField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "token", "rank", "customer_id"], name="customer_token_ranked")]


class CustomerMerge(TenantModel):
    """One customer that was found to be another, and took its place; undone while `facts` are kept.

    `facts` are what the undoing puts back: `before` and `after` of the kept customer's facts, and the `figures` of
    the absorbed one. They are encrypted, and go with an erasure or when the time for undoing is over.
    """

    kept = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    absorbed = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    facts = EncryptedJSONField(null=True)
    merged_at = models.DateTimeField()
    merged_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "absorbed"], condition=models.Q(undone_at=None), name="customer_merge_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "kept", "merged_at"], name="customer_merge_kept"),
            models.Index(fields=["tenant", "absorbed"], name="customer_merge_absorbed"),
            models.Index(fields=["tenant", "merged_at"], name="customer_merge_time"),
            models.Index(fields=["tenant", "merged_by"], name="customer_merge_by"),
            models.Index(fields=["tenant", "undone_by"], name="customer_merge_undone_by"),
        ]


class MergedRow(TenantModel):
    """One row that a merge moved, for the undoing; `was_primary` says what it was before."""

    id = None
    pk = models.CompositePrimaryKey("tenant", "merge_id", "relation", "row_id")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    merge_id = models.UUIDField()
    relation = models.CharField(max_length=40)
    row_id = models.UUIDField()
    was_primary = models.BooleanField(default=False)


class DuplicateCandidate(TenantModel):
    """Two customers that may be the same: `first` has the smaller id, `score` is of 100.

    One that somebody has dismissed stays, so that it is not brought up again.
    """

    first = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=12, choices=MatchReason.choices))
    state = models.CharField(max_length=10, choices=DuplicateState.choices, default=DuplicateState.OPEN)
    found_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "first", "second"], name="duplicate_pair")]
        indexes = [
            models.Index(fields=["tenant", "second"], name="duplicate_second"),
            models.Index(fields=["tenant", "state", "score", "id"], name="duplicate_by_score"),
        ]

    @property
    def reason_labels(self) -> list[str]:
        """What speaks for it, in words."""
        return [MatchReason(reason).label for reason in self.reasons]
