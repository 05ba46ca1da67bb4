from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import Hit
from customers.models import Customer
from customers.querysets import for_list, prefix_of

HITS = 10


def find_customers(query: str, user: Any) -> Sequence[Hit]:
    """Return the customers whose number begins with the query, in the order of their numbers."""
    return [
        Hit(
            title=customer.display_name,
            subtitle=customer.number,
            url=reverse("customers:detail", args=[customer.pk]),
            why=_("Customer number"),
            exact=customer.number == query,
        )
        for customer in prefix_of(for_list(Customer.objects.all()), query)[:HITS]
    ]
