from datetime import datetime, time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.accounts.models import Department, Team, User
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from service_requests.enums import CLOSED, RUNNING, RequestKind, RequestState, WaitsFor
from shipments.models import Shipment


def working_week() -> list[int]:
    return [1, 2, 3, 4, 5]


class ServicePolicy(TenantModel):
    """One version of when the tenant's people work and how long requests may take; the highest is in force.

    `days` are those of the week, Monday is 1. `hours` are working hours by kind of request, for each of the tiers and,
    under "none", for customers in no tier. Never changed once written.
    """

    version = models.PositiveIntegerField()
    days = ArrayField(models.PositiveSmallIntegerField(), default=working_week)
    opens_at = models.TimeField(default=time(9))
    closes_at = models.TimeField(default=time(18))
    holidays = ArrayField(models.DateField(), default=list)
    extra_days = ArrayField(models.DateField(), default=list)
    hours = models.JSONField()
    created_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "version"], name="service_policy_version")]
        indexes = [models.Index(fields=["tenant", "created_by"], name="service_policy_created_by")]


class ServiceRequest(TenantModel):
    """A wish of a customer that is not a complaint, until it is done or declined.

    `number` is `serial` in words. `allowed_hours` are the working hours it may take; while it waits, `due_at` rests,
    and `waited_seconds` is the working time that waiting has taken so far. The queue goes by `queue_at`, which is
    before `due_at` by the head start that the customer's tier gave when it was opened. At `warn_at` most of its working
    time is used up; `warned_at` and `overdue_told_at` are when that and the passing of the deadline were told. Where
    nobody was named, the `team` that serves the tier is in charge, until a department is. What was wished for and what
    came of it are null when they were erased.
    """

    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=RequestKind.choices)
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.OPEN)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="service_requests")
    shipment = TenantForeignKey(Shipment, on_delete=models.PROTECT, null=True, related_name="service_requests")
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, related_name="+")
    team = TenantForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    assignee = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    text = EncryptedTextField(null=True)
    outcome = EncryptedTextField(null=True)
    waits_for = models.CharField(max_length=10, choices=WaitsFor.choices, blank=True)
    waiting_since = models.DateTimeField(null=True)
    waited_seconds = models.PositiveIntegerField(default=0)
    allowed_hours = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    head_start_hours = models.PositiveSmallIntegerField(default=0)
    queue_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)
    overdue_told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    opened_by = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # No foreign key: a key that works in a sandbox is kept with the tenant beside it.
    opened_by_key = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "serial"], name="service_request_serial"),
            models.UniqueConstraint(fields=["tenant", "number"], name="service_request_number"),
            models.CheckConstraint(
                condition=Q(department=None) | Q(team=None), name="service_request_department_or_team"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "due_at", "id"], name="service_request_by_deadline"),
            models.Index(
                fields=["tenant", "due_at", "id"], condition=Q(closed_at=None), name="service_request_unfinished"
            ),
            models.Index(
                fields=["tenant", "warn_at", "id"],
                condition=Q(closed_at=None, warned_at=None),
                name="service_request_to_warn",
            ),
            models.Index(
                fields=["tenant", "due_at", "id"],
                condition=Q(closed_at=None, overdue_told_at=None),
                name="service_request_to_tell",
            ),
            models.Index(fields=["tenant", "queue_at", "id"], name="service_request_by_queue"),
            models.Index(
                fields=["tenant", "queue_at", "id"], condition=Q(closed_at=None), name="service_request_queue"
            ),
            models.Index(fields=["tenant", "opened_at", "id"], name="service_request_by_opening"),
            models.Index(fields=["tenant", "customer", "opened_at", "id"], name="service_request_customer"),
            models.Index(fields=["tenant", "shipment"], name="service_request_shipment"),
            models.Index(fields=["tenant", "department"], name="service_request_department"),
            models.Index(fields=["tenant", "team"], name="service_request_team"),
            models.Index(fields=["tenant", "assignee"], name="service_request_assignee"),
            models.Index(fields=["tenant", "opened_by"], name="service_request_opened_by"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED

    def is_overdue(self, at: datetime) -> bool:
        """Say whether its deadline has passed while it ran, or had passed when it was closed."""
        if self.closed_at is not None:
            return self.closed_at > self.due_at
        return self.state in RUNNING and self.due_at < at
