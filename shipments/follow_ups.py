"""What is to be done about shipments that went wrong."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind, Priority, Tier
from customers.follow_ups.rules import Rule, Wanted
from shipments.enums import ShipmentException
from shipments.models import Shipment
from shipments.receivers import NEWS


def wanted_for_exception(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask for a call to a VIP with whose shipment of the last weeks something went wrong, before it asks."""
    shipments = Shipment.objects.filter(
        pk=event.subject_id, accepted_at__gte=event.occurred_at - NEWS, customer__tier=Tier.VIP
    )
    shipment = shipments.select_related("customer").first()
    if shipment is None:
        return None
    return Wanted(
        customer=shipment.customer,
        cause=f"shipment:{shipment.pk}",
        parameters={
            "waybill_number": shipment.waybill_number,
            "exceptions": event.payload["exceptions"],
            "promised_at": shipment.promised_at and shipment.promised_at.date().isoformat(),
        },
    )


def say_exception(facts: Mapping[str, Any]) -> str:
    labels = _(", ").join(str(ShipmentException(each).label) for each in facts["exceptions"])
    said = {"waybill": facts["waybill_number"], "exceptions": labels}
    if facts["promised_at"]:
        words = _("Shipment %(waybill)s, promised for %(day)s: %(exceptions)s. Call before the customer asks.")
        return words % {**said, "day": facts["promised_at"]}
    return _("Shipment %(waybill)s: %(exceptions)s. Call before the customer asks.") % said


EXCEPTION_OF_VIP = Rule(
    code="shipment_exception",
    event="shipment.exception",
    wanted=wanted_for_exception,
    say=say_exception,
    due_in=timedelta(hours=4),
    kind=FollowUpKind.CALL,
    priority=Priority.HIGH,
)
