import uuid
from collections.abc import Collection

from django.urls import reverse

from customers.models import Customer
from customers.querysets import for_search


def describe_customers(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return names, masked as everywhere, and addresses of customers, for the audit trail."""
    customers = for_search(Customer.objects.filter(pk__in=ids))
    return {
        customer.pk: (f"{customer.display_name} {customer.number}", reverse("customers:detail", args=[customer.pk]))
        for customer in customers
    }
