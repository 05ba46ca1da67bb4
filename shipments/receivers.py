"""What follows for the readers of shipments from events."""

from datetime import datetime, timedelta

from core.events.models import OutboxEvent
from core.web.notices import notify
from shipments.models import Shipment

SHIPMENT_EXCEPTION = "shipment_exception"
# Of older shipments nobody has to be told: a file brings in what has long been settled.
NEWS = timedelta(days=30)


def tell_account_manager(*, event: OutboxEvent, at: datetime) -> None:
    """Tell whoever looks after the customer now that something went wrong with a shipment of the last weeks."""
    shipments = Shipment.objects.filter(
        pk=event.subject_id,
        accepted_at__gte=event.occurred_at - NEWS,
        customer__account_manager__is_active=True,
    )
    shipment = shipments.select_related("customer__account_manager").only("customer__account_manager").first()
    if shipment is None:
        return
    notify(
        user=shipment.customer.account_manager,
        kind=SHIPMENT_EXCEPTION,
        source_id=event.pk,
        subject_id=shipment.pk,
        facts={"exceptions": event.payload["exceptions"]},
        at=event.occurred_at,
    )
