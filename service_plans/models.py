from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from service_plans.enums import ItemKind, PlanState
from shipments.enums import Packaging


class ServicePlan(TenantModel):
    """One edition of what was agreed for a customer; its items are written while it is a draft.

    It holds from `starts_on` through `ends_on`; of a customer one approved edition holds on a day at most. The edition
    before is `follows`. `share_word` is what the link for the customer proves, until the end of `shared_until`.
    """

    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="service_plans")
    edition = models.PositiveSmallIntegerField(default=1)
    follows = TenantForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=PlanState.choices, default=PlanState.DRAFT)
    starts_on = models.DateField()
    ends_on = models.DateField()
    remind_days = models.PositiveSmallIntegerField(default=30)
    reminded_at = models.DateTimeField(null=True)
    written_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    proposed_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    approved_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    share_word = EncryptedTextField(null=True)
    shared_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "serial"], name="service_plan_serial"),
            models.UniqueConstraint(fields=["tenant", "number"], name="service_plan_number"),
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="service_plan_dates"),
            models.CheckConstraint(
                condition=Q(state=PlanState.APPROVED, approved_at__isnull=False)
                | (~Q(state=PlanState.APPROVED) & Q(approved_at=None, approved_by=None)),
                name="service_plan_approved_or_not",
            ),
            # Nobody approves what they wrote or proposed themselves.
            models.CheckConstraint(
                condition=Q(approved_by=None) | (~Q(approved_by=F("written_by")) & ~Q(approved_by=F("proposed_by"))),
                name="service_plan_four_eyes",
            ),
            ExclusionConstraint(
                name="service_plan_one_a_day",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("customer", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_on",
                            "ends_on",
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state=PlanState.APPROVED),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "starts_on", "id"], name="service_plan_customer"),
            models.Index(fields=["tenant", "starts_on", "id"], name="service_plan_by_start"),
            models.Index(fields=["tenant", "ends_on", "id"], name="service_plan_by_end"),
            models.Index(fields=["tenant", "state", "ends_on", "id"], name="service_plan_by_state"),
            models.Index(fields=["tenant", "follows"], name="service_plan_follows"),
            models.Index(fields=["tenant", "written_by"], name="service_plan_written_by"),
            models.Index(fields=["tenant", "proposed_by"], name="service_plan_proposed_by"),
            models.Index(fields=["tenant", "approved_by"], name="service_plan_approved_by"),
        ]

    def __str__(self) -> str:
        return self.number

    def holds_on(self, day: date) -> bool:
        return self.state == PlanState.APPROVED and self.starts_on <= day <= self.ends_on


class PlanItem(TenantModel):
    """One thing that a plan promises, in words and, where shipments tell of it, as figures.

    With a `target_percent` it is measured: of a product the share delivered by the promised time, of a route the share
    delivered within `most_hours`, of a pickup window the share picked up between two local times, of packaging the
    share packed so. An empty product or city is any.
    """

    plan = TenantForeignKey(ServicePlan, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=10, choices=ItemKind.choices)
    place = models.PositiveSmallIntegerField()
    text = EncryptedTextField(null=True)
    product = models.CharField(max_length=60, blank=True)
    packaging = models.CharField(max_length=10, choices=Packaging.choices, blank=True)
    origin_city = models.CharField(max_length=100, blank=True)
    destination_city = models.CharField(max_length=100, blank=True)
    most_hours = models.PositiveSmallIntegerField(null=True)
    picked_up_from = models.TimeField(null=True)
    picked_up_until = models.TimeField(null=True)
    target_percent = models.PositiveSmallIntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan", "place"], name="plan_item_place"),
            models.CheckConstraint(
                condition=Q(target_percent=None) | Q(target_percent__gte=1, target_percent__lte=100),
                name="plan_item_target",
            ),
        ]


class PlanMonth(TenantModel):
    """How often an item was kept in a month: of `measured` shipments, `kept`. Made by `services.measuring` alone."""

    item = TenantForeignKey(PlanItem, on_delete=models.CASCADE, related_name="months")
    month = models.DateField()
    measured = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "item", "month"], name="plan_month_once"),
            models.CheckConstraint(condition=Q(kept__lte=F("measured"), measured__gte=1), name="plan_month_figures"),
        ]
