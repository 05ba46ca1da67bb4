"""What the rest of the house is told of a customer, for the services that change a part of it."""

from collections.abc import Sequence
from datetime import datetime

from core.events.services import publish
from customers.models import Customer


def publish_update(customer: Customer, *, changed: Sequence[str], at: datetime) -> None:
    """Publish that facts, contacts or addresses of the customer changed; `changed` are names, never values."""
    publish(
        "customer.updated",
        subject_id=customer.pk,
        payload={"number": customer.number, "version": customer.version, "changed": list(changed)},
        at=at,
    )
