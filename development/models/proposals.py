"""What is offered to customers: services of the catalogue, put together into proposals, and what came of them."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models.consents import in_language
from development.enums import ANSWERED, UNAPPROVED, Measure, PriceBasis, ProposalState, ServiceKind
from development.models.pipeline import Opportunity
from service_plans.enums import ItemKind
from service_plans.models import ServicePlan


class CatalogueService(TenantModel):
    """Something that a tenant offers, and by how many per cent it usually makes a `measure` better.

    `plan_item` is the kind of item that it becomes in the service plan of who accepts it.
    """

    kind = models.CharField(max_length=12, choices=ServiceKind.choices)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    description_zh = models.TextField(blank=True)
    description_en = models.TextField(blank=True)
    price_basis = models.CharField(max_length=12, choices=PriceBasis.choices)
    list_price = MoneyField(null=True)
    measure = models.CharField(max_length=8, choices=Measure.choices, blank=True)
    improves_percent = models.PositiveSmallIntegerField(null=True)
    plan_item = models.CharField(max_length=10, choices=ItemKind.choices)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(improves_percent=None) | (~Q(measure="") & Q(improves_percent__range=(1, 100))),
                name="catalogue_service_benefit",
            )
        ]
        indexes = [models.Index(fields=["tenant", "kind", "id"], name="catalogue_service_by_kind")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def description(self) -> str:
        return in_language(self.description_zh, self.description_en)


class Proposal(TenantModel):
    """One version of what is offered for an opportunity; its lines are written while it is a draft.

    Of an opportunity one approved version stands at most, and one accepted one. `share_word` is what the customer's
    link proves. Who accepted or declined is a name that the customer typed. `plan` is the service plan it became.
    """

    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    opportunity = TenantForeignKey(Opportunity, on_delete=models.PROTECT, related_name="proposals")
    edition = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=ProposalState.choices, default=ProposalState.DRAFT)
    valid_until = models.DateField()
    foreword = EncryptedTextField(null=True)
    written_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    proposed_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    approved_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    share_word = EncryptedTextField(null=True)
    shared_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_name = EncryptedTextField(null=True)
    answer = EncryptedTextField(null=True)
    plan = TenantForeignKey(ServicePlan, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "serial"], name="proposal_serial"),
            models.UniqueConstraint(fields=["tenant", "number"], name="proposal_number"),
            models.UniqueConstraint(fields=["tenant", "opportunity", "edition"], name="proposal_edition"),
            models.UniqueConstraint(
                fields=["tenant", "opportunity"],
                condition=Q(state=ProposalState.APPROVED),
                name="proposal_one_approved",
            ),
            models.UniqueConstraint(
                fields=["tenant", "opportunity"],
                condition=Q(state=ProposalState.ACCEPTED),
                name="proposal_one_accepted",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNAPPROVED, approved_at=None, approved_by=None)
                | (~Q(state__in=UNAPPROVED) & Q(approved_at__isnull=False)),
                name="proposal_approved_or_not",
            ),
            # Nobody approves what they wrote or proposed themselves.
            models.CheckConstraint(
                condition=Q(approved_by=None) | (~Q(approved_by=F("written_by")) & ~Q(approved_by=F("proposed_by"))),
                name="proposal_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ANSWERED, answered_at__isnull=False)
                | (~Q(state__in=ANSWERED) & Q(answered_at=None)),
                name="proposal_answered_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "written_at", "id"], name="proposal_by_time"),
            models.Index(fields=["tenant", "valid_until", "id"], name="proposal_by_validity"),
            models.Index(fields=["tenant", "state", "written_at", "id"], name="proposal_by_state"),
            models.Index(fields=["tenant", "written_by"], name="proposal_written_by"),
            models.Index(fields=["tenant", "proposed_by"], name="proposal_proposed_by"),
            models.Index(fields=["tenant", "approved_by"], name="proposal_approved_by"),
            models.Index(fields=["tenant", "plan"], name="proposal_plan"),
        ]

    def __str__(self) -> str:
        return self.number

    def is_answerable(self, day: date) -> bool:
        return self.state == ProposalState.APPROVED and day <= self.valid_until


class ProposalLine(TenantModel):
    """One service of a proposal with its price and, with a `measure`, the benefit that is promised: from `baseline`, as
    it was measured or is known, to `target`, in the tenant's currency, in days or in per cent.
    """

    proposal = TenantForeignKey(Proposal, on_delete=models.CASCADE, related_name="lines")
    place = models.PositiveSmallIntegerField()
    service = TenantForeignKey(CatalogueService, on_delete=models.PROTECT, related_name="+")
    text = EncryptedTextField(null=True)
    price = MoneyField(null=True)
    price_basis = models.CharField(max_length=12, choices=PriceBasis.choices)
    measure = models.CharField(max_length=8, choices=Measure.choices, blank=True)
    baseline = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    target = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "proposal", "place"], name="proposal_line_place"),
            models.CheckConstraint(
                condition=Q(measure="", baseline=None, target=None) | (~Q(measure="") & Q(target__gte=0)),
                name="proposal_line_benefit",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "service"], name="proposal_line_service")]


class BenefitMonth(TenantModel):
    """What a promised benefit came to in a month: the mean over `measured` shipments. Made by `services.measuring`."""

    line = TenantForeignKey(ProposalLine, on_delete=models.CASCADE, related_name="months")
    month = models.DateField()
    measured = models.PositiveIntegerField()
    figure = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "line", "month"], name="benefit_month_once")]
