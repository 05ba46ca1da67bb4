"""Customers for the search box: those that are found, and those that were opened before."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.web.search import MOST_HITS, Hit
from customers.finding import NUMBER, Found, find_customers
from customers.models import Customer
from customers.numbers import spellings
from customers.querysets import for_search

WHY = {
    NUMBER: gettext_lazy("Customer number"),
    "phone": gettext_lazy("Phone"),
    "phone_tail": gettext_lazy("Last four digits of the phone"),
    "email": gettext_lazy("E-mail"),
    "name": gettext_lazy("Name"),
    "pinyin": gettext_lazy("Pinyin"),
    "initials": gettext_lazy("Pinyin initials"),
}


def customer_hits(query: str, user: Any) -> Sequence[Hit]:
    """Return the customers found for the search box, the surest first."""
    return [_hit(found, query) for found in find_customers(query, limit=MOST_HITS + 1)]


def customers_by_id(ids: Collection[UUID]) -> Mapping[UUID, Hit]:
    """Return those of these customers that are neither merged nor erased."""
    customers = for_search(Customer.objects.filter(pk__in=ids, erased_at=None))
    return {each.pk: _shown(each) for each in customers}


def _hit(found: Found, query: str) -> Hit:
    customer, why = found.customer, str(WHY[found.kind])
    if found.contact_name:
        why = _("%(why)s of the contact %(name)s") % {"why": why, "name": found.contact_name}
    return _shown(customer, why=why, exact=found.kind == NUMBER and customer.number in spellings(query))


def _shown(customer: Customer, *, why: str = "", exact: bool = False) -> Hit:
    url = reverse("customers:detail", args=[customer.pk])
    return Hit(title=customer.display_name, subtitle=customer.number, url=url, why=why, exact=exact)
