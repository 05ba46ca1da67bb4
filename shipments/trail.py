"""How the trail names shipments and their files, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse

from shipments.models import ImportRun, Shipment


def describe_shipments(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    shipments = Shipment.objects.filter(pk__in=ids).values_list("pk", "waybill_number")
    return {pk: (number, reverse("shipments:detail", args=[pk])) for pk, number in shipments}


def describe_imports(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    runs = ImportRun.objects.filter(pk__in=ids).only("tenant", "file_name")
    return {run.pk: (run.file_name, reverse("shipments:import", args=[run.pk])) for run in runs}
