"""Holding a customer before something of it is changed."""

import uuid

from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
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
