"""What is learnt of the market."""

from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from development.models.pipeline import Competitor, Opportunity


class MarketNote(TenantModel):
    """What somebody learnt of a region, a trade or a competitor, perhaps with a customer or an opportunity."""

    text = EncryptedTextField(null=True)
    region = models.CharField(max_length=100, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    competitor = TenantForeignKey(Competitor, on_delete=models.PROTECT, null=True, related_name="+")
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="market_notes")
    opportunity = TenantForeignKey(Opportunity, on_delete=models.PROTECT, null=True, related_name="market_notes")
    written_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "written_at", "id"], name="market_note_by_time"),
            models.Index(fields=["tenant", "competitor", "written_at", "id"], name="market_note_competitor"),
            models.Index(fields=["tenant", "customer", "written_at", "id"], name="market_note_customer"),
            models.Index(fields=["tenant", "opportunity"], name="market_note_opportunity"),
            models.Index(fields=["tenant", "written_by"], name="market_note_written_by"),
        ]

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d}"
