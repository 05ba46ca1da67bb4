"""What the system counts in timelines: one entry a source, told anew with every count."""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from core.tenancy.ids import UUID7
from core.tenancy.scope import required_tenant_id
from customers import timeline
from customers.enums import InteractionKind
from customers.models import Interaction

TELL = f"""
    insert into customers_interaction (id, tenant_id, customer_id, kind, direction, code, parameters, source,
        happened_at, recorded_at, version)
    select {UUID7}, %(tenant)s::uuid, n.customer_id, '{InteractionKind.SYSTEM}', '', %(code)s, n.parameters::jsonb,
        n.source, n.happened_at, %(at)s, 1
    from unnest(%(customers)s::uuid[], %(parameters)s::text[], %(sources)s::text[], %(times)s::timestamptz[])
        as n(customer_id, parameters, source, happened_at)
    order by n.customer_id
    on conflict (tenant_id, customer_id, source) where source <> '' do update
    set parameters = excluded.parameters, happened_at = excluded.happened_at,
        version = customers_interaction.version + 1
    where (customers_interaction.parameters, customers_interaction.happened_at)
        is distinct from (excluded.parameters, excluded.happened_at)"""  # noqa: S608  constants


class Counted(NamedTuple):
    """What an entry says now; `source` names what it counts, `parameters` are never personal."""

    customer_id: uuid.UUID
    parameters: Mapping[str, Any]
    source: str
    happened_at: datetime


def tell_counted(*, code: str, told: Sequence[Counted], at: datetime) -> None:
    """Add entries to timelines, or let those of the same sources say what is counted now; one statement.

    Raises KeyError for a code that nobody registered in `customers.timeline`.
    """
    if not timeline.is_registered(code):
        raise KeyError(f"The timeline has no words for {code}.")
    parameters = {
        "tenant": required_tenant_id(),
        "code": code,
        "customers": [each.customer_id for each in told],
        "parameters": [json.dumps(each.parameters) for each in told],
        "sources": [each.source for each in told],
        "times": [each.happened_at for each in told],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, parameters)


def forget_told(*, code: str, customers: Collection[uuid.UUID], before: datetime | None = None) -> None:
    """Take what the system told by this code out of the timelines of customers, of before a time if one is given."""
    told = Interaction.objects.filter(customer__in=customers, kind=InteractionKind.SYSTEM, code=code)
    (told.filter(happened_at__lt=before) if before else told).delete()
