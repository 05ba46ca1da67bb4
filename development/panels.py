"""What a customer's page shows of opportunities."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from core.accounts.permissions import may
from customers.models import Customer
from development.models import Opportunity
from development.permissions import WRITE
from development.querysets import SHOWN_ON_RECORD, of_customer


@dataclass(frozen=True)
class OpportunitiesPanel:
    """The newest opportunities of a customer, and where another is opened, for who may."""

    opportunities: list[Opportunity]
    create_url: str
    customer_id: UUID
    number: str


def opportunities_of_customer(customer: Customer, user: Any) -> OpportunitiesPanel:
    """Return what a customer's page shows, in one query."""
    return OpportunitiesPanel(
        opportunities=list(of_customer(customer)[:SHOWN_ON_RECORD]),
        create_url=create_url(customer) if may(user, WRITE) else "",
        customer_id=customer.pk,
        number=customer.number,
    )


def create_url(customer: Customer) -> str:
    """Return where an opportunity of this customer is opened."""
    return f"{reverse('development:create')}?{urlencode({'customer': customer.pk})}"
