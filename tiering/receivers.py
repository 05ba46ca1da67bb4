"""What follows in tiering, or for its readers, from events."""

from datetime import datetime

from core.events.models import OutboxEvent
from core.web.notices import notify
from customers.models import Customer
from customers.services import tell_in_timeline

TIER_CHANGED = "tier_changed"


def tell_account_manager(*, event: OutboxEvent, at: datetime) -> None:
    """Tell whoever looks after the customer now that it changed its tier; a first tier is no news."""
    if event.payload["from"] is None:
        return
    looked_after = Customer.objects.filter(pk=event.subject_id, account_manager__is_active=True)
    customer = looked_after.select_related("account_manager").only("account_manager").first()
    if customer is None:
        return
    notify(
        user=customer.account_manager,
        kind=TIER_CHANGED,
        source_id=event.pk,
        subject_id=customer.pk,
        facts={name: event.payload[name] for name in ("from", "to", "reason")},
        at=event.occurred_at,
    )


def tell_timeline(*, event: OutboxEvent, at: datetime) -> None:
    """Put the move into the customer's timeline, a first tier, too."""
    customer = Customer.objects.filter(pk=event.subject_id).first()
    if customer is None:
        return
    tell_in_timeline(
        customer=customer,
        code=event.name,
        parameters={name: event.payload[name] for name in ("from", "to", "reason")},
        source=f"event:{event.pk}",
        happened_at=event.occurred_at,
        at=at,
    )
