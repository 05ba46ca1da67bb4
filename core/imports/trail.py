"""How the trail names imported files, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse

from core.imports.models import ImportBatch


def describe_batches(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    batches = ImportBatch.objects.filter(pk__in=ids).only("tenant", "file_name")
    return {batch.pk: (batch.file_name, reverse("imports:batch", args=[batch.pk])) for batch in batches}
