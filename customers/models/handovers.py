"""Who looked after a customer from when to when."""

from django.db import models
from django.db.models import Q

from core.accounts.models import User
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import HandoverReason
from customers.models.archive import Customer


class ManagerTerm(TenantModel):
    """The time in which somebody looks after a customer; the open one is that of its account manager.

    Written by `customers.services.terms` alone. `reason` says why it began, `end_reason` why it ended.
    """

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="manager_terms")
    manager = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=12, choices=HandoverReason.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=12, choices=HandoverReason.choices, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer"], condition=Q(ended_at=None), name="manager_term_open")
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "started_at", "id"], name="manager_term_customer"),
            models.Index(fields=["tenant", "manager", "started_at"], name="manager_term_manager"),
            models.Index(fields=["tenant", "started_at", "id"], name="manager_term_by_start"),
        ]
