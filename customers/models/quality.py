"""What is to mend in the records of customers, and which of them are to be looked at again."""

from django.db import models

from core.tenancy.models import Tenant, TenantForeignKey, TenantModel
from customers.enums import Fault
from customers.models.archive import Customer


class CustomerFault(TenantModel):
    """One thing to mend in a customer's record; `part_id` is the contact or the address where it stands, if it does."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="faults")
    fault = models.CharField(max_length=16, choices=Fault.choices)
    part_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "fault", "customer"], name="customer_fault_once")]
        indexes = [models.Index(fields=["tenant", "customer"], name="customer_fault_customer")]


class ChangedCustomer(TenantModel):
    """A customer of which `transaction` changed something that its quality is judged by.

    The database adds it by triggers, so no writer can forget to; each transaction adds a row of its own, so none waits
    for another. It has no foreign keys: a customer that is there no longer is looked at once more and forgotten.
    """

    id = None
    pk = models.CompositePrimaryKey("tenant", "customer_id", "transaction")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    customer_id = models.UUIDField()
    transaction = models.BigIntegerField()
