"""What the pages of customers and shipments show of service requests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from core.accounts.permissions import may
from customers.models import Customer
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.querysets import newest_of
from shipments.models import Shipment


@dataclass(frozen=True)
class RequestsPanel:
    """The newest requests, and where another is opened, for who may."""

    requests: list[ServiceRequest]
    create_url: str


def requests_of_customer(customer: Customer, user: Any) -> RequestsPanel:
    """Return what a customer's page shows, in one query."""
    return _panel(newest_of(customer=customer), customer_url(customer), user)


def requests_of_shipment(shipment: Shipment, user: Any) -> RequestsPanel:
    """Return what a shipment's page shows, in one query."""
    return _panel(newest_of(shipment=shipment), shipment_url(shipment), user)


def customer_url(customer: Customer) -> str:
    """Return where a request of this customer is opened."""
    return f"{reverse('service_requests:create')}?{urlencode({'customer': customer.pk})}"


def shipment_url(shipment: Shipment) -> str:
    """Return where a request about this shipment is opened."""
    return f"{reverse('service_requests:create')}?{urlencode({'shipment': shipment.pk})}"


def _panel(requests: list[ServiceRequest], url: str, user: Any) -> RequestsPanel:
    return RequestsPanel(requests, url if may(user, WORK) else "")
