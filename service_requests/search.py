"""Service requests by their numbers, for the search box and for those who look for the customer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from customers.numbered import Rows
from service_requests.models import ServiceRequest
from service_requests.querysets import for_list, prefix_of


def find_requests(query: str, user: Any) -> Sequence[Hit]:
    """Return the requests whose number begins with the query, in the order of their numbers."""
    return [
        replace(_shown(request), why=_("Number of a service request"), exact=request.number == query.upper())
        for request in prefix_of(for_list(ServiceRequest.objects.all()), query)[: MOST_HITS + 1]
    ]


def customers_of_requests(text: str, limit: int) -> Rows:
    """Return the numbers of requests that begin so, each with whose request it is."""
    return prefix_of(ServiceRequest.objects.all(), text).values_list("number", "customer_id")[:limit]


def requests_by_id(ids: Collection[UUID]) -> Mapping[UUID, Hit]:
    """Return those of these requests that are there."""
    return {each.pk: _shown(each) for each in for_list(ServiceRequest.objects.filter(pk__in=ids))}


def _shown(request: ServiceRequest) -> Hit:
    url = reverse("service_requests:detail", args=[request.pk])
    return Hit(
        title=request.number, subtitle=f"{request.get_kind_display()} · {request.customer.display_name}", url=url
    )
