"""How the trail names shipments, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse

from shipments.models import Shipment


def describe_shipments(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    shipments = Shipment.objects.filter(pk__in=ids).values_list("pk", "waybill_number")
    return {pk: (number, reverse("shipments:detail", args=[pk])) for pk, number in shipments}
