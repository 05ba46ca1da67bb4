"""Where a fact is edited, and where it stands in its record's page."""

from django.utils.http import urlencode

from core.tenancy.models import TenantModel

ONLY = "only"


def fact_url(url: str, name: str) -> str:
    """Return the address of the form of one fact, out of that of the form of all."""
    return f"{url}?{urlencode({ONLY: name})}"


def fact_id(record: TenantModel, name: str) -> str:
    return f"fact-{record.pk}-{name}"
