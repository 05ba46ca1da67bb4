"""The values of those own fields by which a tenant filters, beside the customers, where an index serves them."""

from django.db import models
from django.db.models import Q

from core.tenancy.models import Tenant, TenantModel

# Numbers are kept as whole ones of this part: row-level security lets an index serve no numeric.
PARTS_OF_A_NUMBER = 10_000


class FilteredValue(TenantModel):
    """What a customer's field holds, in the one of `text`, `number` and `day` that is of its kind.

    The database keeps it by triggers of `customers.filtered_values`, so no writer can forget to, and it holds nothing
    that does not stand in `Customer.custom_values`. It has no foreign keys: triggers take it away with the customer.
    """

    id = None
    pk = models.CompositePrimaryKey("tenant", "field_id", "customer_id")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False, editable=False
    )
    field_id = models.UUIDField()
    customer_id = models.UUIDField()
    text = models.CharField(max_length=500, null=True)
    number = models.BigIntegerField(null=True)
    day = models.DateField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "field_id", each, "customer_id"],
                condition=Q(**{f"{each}__isnull": False}),
                name=f"filtered_value_{each}",
            )
            for each in ("text", "number", "day")
        ]
