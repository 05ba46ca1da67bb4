"""Who belongs to a customer, as its page shows it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerGroup
from customers.querysets import for_search

SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class RelatedPanel:
    """Who brought the customer and whom it brought, and those of its group: of many the first, with how many there are.

    `group_count` and `group_contribution` are of the whole group, the customer included.
    """

    referrer: Customer | None
    brought: list[Customer]
    brought_count: int
    group: CustomerGroup | None
    members: list[Customer]
    group_count: int
    group_contribution: Decimal
    group_url: str

    @property
    def is_empty(self) -> bool:
        return not (self.referrer or self.brought or self.group)

    @property
    def is_cut(self) -> bool:
        """Whether there are more than stand here; the customer itself is one of its group."""
        return self.brought_count > len(self.brought) or self.group_count - 1 > len(self.members)

    @property
    def lines(self) -> list[tuple[str, Customer]]:
        """Each of them, behind the words for how it belongs to the customer."""
        return [
            *((_("Referrer"), each) for each in (self.referrer,) if each),
            *((_("Brought by this customer"), each) for each in self.brought),
            *((_("Same group"), each) for each in self.members),
        ]


def load_related_panel(customer: Customer, _user: Any) -> RelatedPanel:
    """Return who belongs to a customer; two queries, one more where it has a referrer, three where it has a group."""
    group = customer.group
    brought = Customer.objects.filter(referrer=customer)
    members = Customer.objects.filter(group=group) if group else Customer.objects.none()
    whole = members.aggregate(count=Count("pk"), contribution=Sum("contribution"))
    return RelatedPanel(
        referrer=for_search(Customer.with_merged.filter(pk=customer.referrer_id)).first(),
        brought=_first(brought),
        brought_count=brought.count(),
        group=group,
        members=_first(members.exclude(pk=customer.pk)),
        group_count=whole["count"],
        group_contribution=whole["contribution"] or Decimal(0),
        group_url=f"{reverse('customers:list')}?{urlencode({'group': group.name})}" if group else "",
    )


def _first(customers: QuerySet[Customer]) -> list[Customer]:
    return list(for_search(customers).order_by("-contribution", "-id")[:SHOWN])
