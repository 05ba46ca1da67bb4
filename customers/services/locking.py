"""Holding a customer before something of it is changed."""

import uuid
from collections.abc import Collection

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id
from customers.models import Customer
from customers.numbers import spellings
from customers.turns import share_referrers


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


def lock_with_referrer(customer_id: uuid.UUID, *, number: str) -> Customer:
    """Return the same row, held together with that of the customer whom a number names as its referrer.

    In the order of all who hold several, so that of two who would bring each other the second one sees what the first
    one wrote. Nobody holds any of them before. Raises CustomerMerged.
    """
    if not number:
        return lock_customer(customer_id)
    share_referrers()
    both = Q(pk=customer_id) | Q(number__in=spellings(number))
    found = Customer.with_merged.select_for_update(of=("self",)).filter(both).order_by("pk")
    customer = next((each for each in found if each.pk == customer_id and each.merged_into_id is None), None)
    if customer is None:
        raise CustomerMerged
    return customer


def share_referrer(number: str) -> None:
    """Hold the customer whom a number names as the referrer of one that is not there yet, as `share_customers` does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select from customers_customer where tenant_id = %s and number = any(%s) order by id for key share",
            [required_tenant_id(), spellings(number)],
        )


def share_customers(customer_ids: Collection[uuid.UUID]) -> None:
    """Hold customers, to whom something is added, to the end of the transaction: merges and erasures wait, others not.

    Before anything else of them is held, as those do.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select from customers_customer where tenant_id = %s and id = any(%s) order by id for key share",
            [required_tenant_id(), sorted(customer_ids)],
        )
