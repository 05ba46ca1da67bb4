"""Which shipment somebody means who knows its waybill and how a phone number of its customer ends."""

import uuid

from django.core import signing
from django.db.models import QuerySet

from core.tenancy.scope import required_tenant_id
from customers.finding import reached_by_tail
from customers.numbers import spellings
from shipments.models import Shipment

# For so long the address that an answer was given under shows it again, in another language, too.
LINK_SECONDS = 30 * 60
SHOWN = ("tenant", "waybill_number", "status", "exceptions", "accepted_at", "promised_at", "delivered_at")
PLACES = ("origin_city", "destination_city")


def find_tracked(*, waybill: str, tail: str) -> uuid.UUID | None:
    """Return the shipment's id, or None: in one query, whatever is wrong, beside those for the tenant's keys."""
    shipments = Shipment.objects.filter(waybill_number__in=spellings(waybill))
    known = reached_by_tail(shipments, tail, customer="customer_id")
    return known.order_by("waybill_number").values_list("pk", flat=True).first()


def seal(shipment_id: uuid.UUID) -> str:
    """Return what stands for an answer in an address, for a while."""
    return signing.dumps(shipment_id.hex, salt=_salt())


def tracked(sealed: str) -> QuerySet[Shipment]:
    """Return the shipment that `seal` was given, nothing of its customer; none when its time is over or it is none."""
    try:
        pk = signing.loads(sealed, salt=_salt(), max_age=LINK_SECONDS)
    except signing.BadSignature:
        return Shipment.objects.none()
    return Shipment.objects.filter(pk=uuid.UUID(pk)).only(*SHOWN, *PLACES)


def _salt() -> str:
    return f"shipments.tracking:{required_tenant_id()}"
