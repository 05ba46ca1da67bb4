from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from customers.numbers import spellings
from shipments.models import Shipment
from shipments.querysets import for_list, prefix_of


def find_shipments(query: str, user: Any) -> Sequence[Hit]:
    """Return the shipments whose waybill number begins with the query, in the order of their numbers."""
    return [
        Hit(
            title=shipment.waybill_number,
            subtitle=shipment.customer.display_name,
            url=reverse("shipments:detail", args=[shipment.pk]),
            why=_("Waybill"),
            exact=shipment.waybill_number in spellings(query),
        )
        for shipment in prefix_of(for_list(Shipment.objects.all()), query)[: MOST_HITS + 1]
    ]
