"""What personal data is used for, and who agreed to it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import Channel, ConsentSource, ConsentState, PurposeBasis
from customers.models.archive import Customer
from customers.models.people import Contact


def in_language(chinese: str, english: str) -> str:
    """Return the one of two texts that is in the active language, or the other where that is empty."""
    first, second = (chinese, english) if (get_language() or "").startswith("zh") else (english, chinese)
    return first or second


class Purpose(TenantModel):
    """Something that customers are contacted for, by some channels, and what that rests on.

    `text_version` is the newest of its texts; consents to those before `valid_from` hold no longer, and a consent
    lapses some months after it was given where `lapses_after_months` says so.
    """

    key = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    basis = models.CharField(max_length=8, choices=PurposeBasis.choices)
    channels = ArrayField(models.CharField(max_length=10, choices=Channel.choices), default=list)
    lapses_after_months = models.PositiveSmallIntegerField(null=True)
    order = models.PositiveSmallIntegerField(default=100)
    is_active = models.BooleanField(default=True)
    text_version = models.PositiveSmallIntegerField(default=1)
    valid_from = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="purpose_key")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def channel_labels(self) -> list[str]:
        return [str(Channel(channel).label) for channel in self.channels]

    @property
    def may_be_decided(self) -> bool:
        """Whether customers say yes or no to it; what the contract needs is not asked."""
        return self.basis != PurposeBasis.CONTRACT


class PurposeText(TenantModel):
    """One version of what is shown of a purpose where data is collected."""

    purpose = TenantForeignKey(Purpose, on_delete=models.CASCADE, related_name="texts")
    version = models.PositiveSmallIntegerField(default=1)
    text_zh = models.TextField()
    text_en = models.TextField()
    written_at = models.DateTimeField()
    written_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "purpose", "version"], name="purpose_text_version")]
        indexes = [models.Index(fields=["tenant", "written_by"], name="purpose_text_written_by")]

    @property
    def text(self) -> str:
        return in_language(self.text_zh, self.text_en)


class ConsentEntry(TenantModel):
    """What a customer, or one of its contacts, said to a purpose and a channel once; only added, never changed.

    A merge moves it to another `customer`; `said_of` is the one it was said of. `contact_id` is no foreign key: that
    somebody withdrew stays on record when the contact is removed.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="consent_entries")
    said_of = models.UUIDField()
    contact_id = models.UUIDField(null=True)
    purpose = TenantForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=9, choices=ConsentState.choices)
    source = models.CharField(max_length=8, choices=ConsentSource.choices)
    text_version = models.PositiveSmallIntegerField()
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_by_key = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "customer", "decided_at", "id"], name="consent_entry_customer"),
            models.Index(
                fields=["tenant", "contact_id"],
                condition=models.Q(contact_id__isnull=False),
                name="consent_entry_contact",
            ),
            models.Index(fields=["tenant", "decided_at", "id"], name="consent_entry_by_time"),
            models.Index(fields=["tenant", "purpose"], name="consent_entry_purpose"),
            models.Index(fields=["tenant", "recorded_by"], name="consent_entry_recorded_by"),
        ]


class Consent(TenantModel):
    """What holds at present of what a customer, or one of its contacts, said; made from the entries."""

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="consents")
    purpose = TenantForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=9, choices=ConsentState.choices)
    source = models.CharField(max_length=8, choices=ConsentSource.choices)
    text_version = models.PositiveSmallIntegerField()
    decided_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer", "contact", "purpose", "channel"],
                nulls_distinct=False,
                name="consent_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], name="consent_contact"),
            models.Index(fields=["tenant", "purpose", "channel", "state", "customer"], name="consent_purpose"),
            models.Index(fields=["tenant", "decided_at", "id"], name="consent_by_time"),
        ]


class PreferenceLink(TenantModel):
    """A link by which a customer, or one of its contacts, says yes or no by itself; `word` is what it proves."""

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="preference_links")
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")
    word = EncryptedTextField()
    made_at = models.DateTimeField()
    made_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "customer"], name="preference_link_customer"),
            models.Index(fields=["tenant", "contact"], name="preference_link_contact"),
            models.Index(fields=["tenant", "made_by"], name="preference_link_made_by"),
        ]
