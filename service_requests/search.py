from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.search import MOST_HITS, Hit
from service_requests.models import ServiceRequest
from service_requests.querysets import for_list, prefix_of


def find_requests(query: str, user: Any) -> Sequence[Hit]:
    """Return the requests whose number begins with the query, in the order of their numbers."""
    return [
        Hit(
            title=request.number,
            subtitle=f"{request.get_kind_display()} · {request.customer.display_name}",
            url=reverse("service_requests:detail", args=[request.pk]),
            why=_("Number of a service request"),
            exact=request.number == query.upper(),
        )
        for request in prefix_of(for_list(ServiceRequest.objects.all()), query)[: MOST_HITS + 1]
    ]
