from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from development.models import Opportunity
from development.querysets import for_list, prefix_of


def find_opportunities(query: str, user: Any) -> Sequence[Hit]:
    """Return the opportunities whose number begins with the query, in the order of their numbers."""
    return [
        Hit(
            title=opportunity.number,
            subtitle=f"{opportunity.title} · {opportunity.customer.display_name}",
            url=reverse("development:detail", args=[opportunity.pk]),
            why=_("Number of an opportunity"),
            exact=opportunity.number == query.upper(),
        )
        for opportunity in prefix_of(for_list(Opportunity.objects.all()), query)[: MOST_HITS + 1]
    ]
