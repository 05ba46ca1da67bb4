"""The customer itself, and the fields of its own that a tenant keeps."""

import math

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Floor, Greatest, Ln

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField, readable
from core.crypto.masking import mask_name
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from customers.enums import Channel, CustomerKind, CustomFieldKind, Segment, SelfService, Stage, Tier

# Half an octave: contributions within a factor of 1.41 are of one rank.
RANKS_PER_DOUBLING = 2
MAX_TAGS, MAX_TAG_LENGTH = 20, 40
MAX_GROUP_NAME = 100
CONTRIBUTION_RANK = Floor(
    Ln(Cast(Greatest("contribution", models.Value(1)), models.FloatField())) * (RANKS_PER_DOUBLING / math.log(2))
)
BEST_QUALITY = 100
# More than there are ranks of contribution, which a bigint of minor units holds 126 of.
RANKS_OF_ONE_QUALITY = 128


class CustomField(TenantModel):
    """A fact that the tenant keeps of its customers besides ours; never personal data, which is encrypted.

    The values stand in `Customer.custom_values` by key, as text: numbers as plain decimals, dates as ISO 8601.
    Those of a field that `is_filtered` stand as FilteredValue, too.
    """

    key = models.CharField(max_length=40)
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=CustomFieldKind.choices)
    choices = ArrayField(models.CharField(max_length=100), default=list)
    order = models.PositiveSmallIntegerField(default=100)
    is_required = models.BooleanField(default=False)
    is_filtered = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="custom_field_key")]

    def __str__(self) -> str:
        return self.label


class CustomerGroup(TenantModel):
    """Several customers of one concern, by the name that people call it."""

    name = models.CharField(max_length=MAX_GROUP_NAME)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="customer_group_name")]

    def __str__(self) -> str:
        return self.name


class CustomerSeries(TenantModel):
    """The `last` of the numbers that we gave customers of a tenant, one row of it."""

    last = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="customer_series_once")]


class CustomerManager(TenantManager):
    """The customers of the active tenant that stand by themselves, without those merged into another."""

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().filter(merged_into=None)


class Customer(TenantModel):
    """A company or a person with an archive; `merged_into` is the one that has taken its place, if one has.

    Tier, segment, stage, contribution and the shipment figures are written by functions of `customers.services` alone.
    A stage set by hand holds through `stage_held_until`. `referrer` is the customer that brought this one.
    `contribution` and `window_shipment_count` are those of the last evaluation's window. `contribution_rank` is the
    contribution on a coarse scale of logarithms; `token_rank` is the one by which the customer's tokens are ordered
    at present, which `customers.search_index.rank_tokens` makes the same. Whose names or contact points were written
    since `customers.duplicates` looked at it last `is_unmatched`.
    `quality` is what `customers.quality` found of 100 when it looked at the customer last; `mending_rank` is the higher
    the worse that is, and of equals the more the customer contributes.
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
    group = TenantForeignKey(CustomerGroup, on_delete=models.SET_NULL, null=True, related_name="customers")
    referrer = TenantForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="brought")
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
    quality = models.PositiveSmallIntegerField(default=BEST_QUALITY, db_default=BEST_QUALITY)
    mending_rank = models.GeneratedField(
        expression=(models.Value(BEST_QUALITY) - F("quality")) * models.Value(RANKS_OF_ONE_QUALITY) + CONTRIBUTION_RANK,
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    window_shipment_count = models.PositiveIntegerField(default=0)
    lower_tier = models.CharField(max_length=4, choices=Tier.choices, null=True)
    lower_runs = models.PositiveSmallIntegerField(default=0)
    lower_as_of = models.DateField(null=True)
    segment = models.CharField(max_length=9, choices=Segment.choices, null=True)
    self_service = models.CharField(max_length=8, choices=SelfService.choices, null=True)
    self_service_since = models.DateField(null=True)

    stage = models.CharField(max_length=9, choices=Stage.choices, default=Stage.LEAD, db_default=Stage.LEAD)
    stage_since = models.DateField(null=True)
    stage_held_until = models.DateField(null=True)

    shipment_count = models.PositiveIntegerField(default=0)
    first_shipment_at = models.DateTimeField(null=True)
    last_shipment_at = models.DateTimeField(null=True)
    merged_into = TenantForeignKey("self", on_delete=models.PROTECT, null=True, related_name="absorbed")

    objects = CustomerManager()
    with_merged = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="customer_number"),
            # Whoever stands above the low tier is in no segment.
            models.CheckConstraint(
                condition=Q(segment=None) | Q(tier=None) | Q(tier=Tier.LOW), name="customer_segment_of_low"
            ),
            models.CheckConstraint(condition=Q(referrer=None) | ~Q(referrer=F("id")), name="customer_not_own_referrer"),
        ]
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
                fields=["tenant", "stage", "contribution", "id"], include=["merged_into"], name="customer_by_stage"
            ),
            models.Index(
                fields=["tenant", "segment", "contribution", "id"], include=["merged_into"], name="customer_by_segment"
            ),
            models.Index(
                fields=["tenant", "self_service", "contribution", "id"],
                include=["merged_into", "tier"],
                condition=Q(self_service__isnull=False),
                name="customer_by_self_service",
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
            models.Index(
                fields=["tenant", "mending_rank", "id"],
                include=["quality", "merged_into", "erased_at"],
                name="customer_by_mending",
            ),
            models.Index(
                fields=["tenant", "account_manager", "tier"], include=["merged_into"], name="customer_account_manager"
            ),
            models.Index(
                fields=["tenant", "contribution", "id"],
                condition=Q(account_manager=None, merged_into=None),
                name="customer_unowned",
            ),
            models.Index(
                fields=["tenant", "group", "contribution", "id"],
                include=["merged_into"],
                condition=Q(group__isnull=False),
                name="customer_by_group",
            ),
            models.Index(
                fields=["tenant", "referrer", "contribution", "id"],
                include=["merged_into"],
                condition=Q(referrer__isnull=False),
                name="customer_by_referrer",
            ),
            models.Index(fields=["tenant", "region"], name="customer_by_region"),
            models.Index(fields=["tenant", "window_shipment_count", "id"], name="customer_by_window"),
            models.Index(fields=["tenant", "last_shipment_at"], name="customer_last_shipment"),
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
