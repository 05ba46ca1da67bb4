"""Keys that somebody should look after, and answers that tell of somebody."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from core.partners.models import ApiKey, KeptAnswer

UNUSED_AFTER = timedelta(days=90)


def live(keys: QuerySet[ApiKey], *, at: datetime) -> QuerySet[ApiKey]:
    """Leave the keys that are neither revoked nor expired."""
    return keys.filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)


def unused(keys: QuerySet[ApiKey], *, at: datetime) -> QuerySet[ApiKey]:
    """Leave the live keys that nobody has used for UNUSED_AFTER, counted from when they were made at the earliest."""
    return (
        live(keys, at=at)
        .annotate(heard_of_at=Coalesce("last_used_at", "created_at"))
        .filter(heard_of_at__lte=at - UNUSED_AFTER)
    )


def ownerless(keys: QuerySet[ApiKey], *, at: datetime) -> QuerySet[ApiKey]:
    """Leave the live keys whose owner was switched off, or that no colleague owns."""
    return live(keys, at=at).exclude(owner__is_active=True)


def answers_naming(answers: QuerySet[KeptAnswer], record_id: UUID) -> QuerySet[KeptAnswer]:
    """Leave the answers to requests that made the record or something below its address."""
    named = str(record_id)
    return answers.filter(Q(route__contains=named) | Q(headers__Location__endswith=named))
