"""How the trail names shipments, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from shipments.models import Shipment, ShipmentPolicy


def describe_shipments(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    shipments = Shipment.objects.filter(pk__in=ids).values_list("pk", "waybill_number")
    return {pk: (number, reverse("shipments:detail", args=[pk])) for pk, number in shipments}


def describe_policies(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    policies = ShipmentPolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    page = reverse("shipments:policy")
    return {pk: (_("Version %(version)s") % {"version": version}, page) for pk, version in policies}
