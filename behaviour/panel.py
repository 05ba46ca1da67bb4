"""What a customer's page shows of what it did on the web page and in the app."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from behaviour.enums import WISHES, BehaviourKind
from behaviour.models import BehaviourEvent, CustomerBehaviour
from behaviour.querysets import is_usable, usable_events
from customers.models import Customer

SHOWN = timedelta(days=90)
NEWEST = 10


@dataclass(frozen=True)
class BehaviourPanel:
    """`counts` are those of the last ninety days; `wishes` are the newest quotes and baskets of that time."""

    is_agreed: bool
    figures: CustomerBehaviour | None = None
    counts: dict[str, int] | None = None
    wishes: list[BehaviourEvent] | None = None


def load_behaviour_panel(customer: Customer, user: Any) -> BehaviourPanel:
    """Return what was counted of a customer, four queries; nothing but that it has not agreed where it has not."""
    at = timezone.now()
    if not is_usable(customer, at=at):
        return BehaviourPanel(is_agreed=False)
    recent = usable_events(at=at).filter(customer=customer, happened_at__gte=at - SHOWN)
    counts = recent.aggregate(
        visits=Count("pk", filter=~Q(kind__in=WISHES)),
        quotes=Count("pk", filter=Q(kind=BehaviourKind.QUOTE)),
        baskets=Count("pk", filter=Q(kind=BehaviourKind.BASKET)),
    )
    wishes = recent.filter(kind__in=WISHES).order_by("-happened_at", "-id")[:NEWEST]
    figures = CustomerBehaviour.objects.filter(customer=customer).first()
    return BehaviourPanel(is_agreed=True, figures=figures, counts=counts, wishes=list(wishes))
