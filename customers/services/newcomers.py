from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from core.accounts.models import User
from customers.models import Customer
from customers.services.contacts import NewContactPoint, add_contact
from customers.services.customers import create_customer


@transaction.atomic
def create_with_contact(
    *, contact_name: str = "", points: Sequence[NewContactPoint] = (), by: User, at: datetime, **facts: Any
) -> Customer:
    """Open the archive of a customer by its `facts`, and add whoever is to be reached first as its primary contact.

    A contact without a name has the customer's. Raises what create_customer and add_contact do.
    """
    customer = create_customer(**facts, by=by, at=at)
    if contact_name or points:
        name = contact_name or customer.revealed_name
        add_contact(customer=customer, name=name, is_primary=True, points=points, by=by, at=at)
    return customer
