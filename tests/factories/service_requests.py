"""Service requests for tests, opened through the service; a scope must be open."""

from datetime import datetime
from typing import Any

from customers.models import Customer
from service_requests.enums import RequestKind
from service_requests.models import ServiceRequest
from service_requests.services import open_request
from tests.factories.customers import make_customer


def open_for(customer: Customer | None = None, *, at: datetime, **facts: Any) -> ServiceRequest:
    facts = {"kind": RequestKind.CHASE, "text": "Where is it?", "by": None, **facts}
    return open_request(customer=customer or make_customer(at=at), at=at, **facts)


def open_many(count: int, *, at: datetime) -> None:
    """Open requests of as many customers in few statements."""
    first = open_for(at=at)
    customers = Customer.objects.bulk_create(
        Customer(number=f"M-{index:04}", company_name=f"Many {index}", created_at=at) for index in range(count - 1)
    )
    ServiceRequest.objects.bulk_create(
        ServiceRequest(
            serial=first.serial + index,
            number=f"SRM{index:05}",
            kind=first.kind,
            customer=customer,
            text="Where is it?",
            allowed_hours=first.allowed_hours,
            opened_at=at,
            due_at=first.due_at,
            queue_at=first.queue_at,
            warn_at=first.warn_at,
        )
        for index, customer in enumerate(customers, start=1)
    )
