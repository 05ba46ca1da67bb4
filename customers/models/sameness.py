"""By what customers are found, who may be the same, and who was found to be."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedJSONField
from core.tenancy.models import Tenant, TenantForeignKey, TenantModel
from customers.enums import DuplicateState, MatchReason
from customers.models.archive import Customer


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
            models.Index(fields=["tenant", "merged_at", "id"], name="customer_merge_time"),
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
