"""Holding a customer before something of it is changed."""

import uuid
from collections.abc import Collection

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id
from customers.models import Customer


class CustomerMerged(DomainError):
    code = "customer_merged"
    message = _("This customer was merged into another one in the meantime.")


def lock_customer(customer_id: uuid.UUID, *, lets_others_point_here: bool = False) -> Customer:
    """Return the customer's row, held to the end of the transaction.

    Whoever only adds what hangs on it lets others do so, too. Raises CustomerMerged.
    """
    customers = Customer.objects.select_for_update(of=("self",), no_key=lets_others_point_here)
    customer = customers.filter(pk=customer_id).first()
    if customer is None:
        raise CustomerMerged
    return customer


def share_customers(customer_ids: Collection[uuid.UUID]) -> None:
    """Hold customers, to whom something is added, to the end of the transaction: merges and erasures wait, others not.

    Before anything else of them is held, as those do.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select from customers_customer where tenant_id = %s and id = any(%s) order by id for key share",
            [required_tenant_id(), sorted(customer_ids)],
        )
