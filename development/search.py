"""Opportunities by their numbers, for the search box and for those who look for the customer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from customers.numbered import Rows
from development.models import Opportunity
from development.querysets import for_list, prefix_of


def find_opportunities(query: str, user: Any) -> Sequence[Hit]:
    """Return the opportunities whose number begins with the query, in the order of their numbers."""
    return [
        replace(_shown(opportunity), why=_("Number of an opportunity"), exact=opportunity.number == query.upper())
        for opportunity in prefix_of(for_list(Opportunity.objects.all()), query)[: MOST_HITS + 1]
    ]


def customers_of_opportunities(text: str, limit: int) -> Rows:
    """Return the numbers of opportunities that begin so, each with whose opportunity it is."""
    return prefix_of(Opportunity.objects.all(), text).values_list("number", "customer_id")[:limit]


def opportunities_by_id(ids: Collection[UUID]) -> Mapping[UUID, Hit]:
    """Return those of these opportunities that are there."""
    return {each.pk: _shown(each) for each in for_list(Opportunity.objects.filter(pk__in=ids))}


def _shown(opportunity: Opportunity) -> Hit:
    url = reverse("development:detail", args=[opportunity.pk])
    return Hit(title=opportunity.number, subtitle=f"{opportunity.title} · {opportunity.customer.display_name}", url=url)
