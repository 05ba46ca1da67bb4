"""What a customer's record keeps about its shipments: how many, the first and the last.

The importer of shipments calls these in the transaction that writes the shipments.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from core.events.statement import telling
from core.events.waking import wake_for
from core.tenancy.scope import required_tenant_id

ADD = """
with added as (
update customers_customer c
set shipment_count = c.shipment_count + n.added,
    first_shipment_at = least(c.first_shipment_at, n.first_at),
    last_shipment_at = greatest(c.last_shipment_at, n.last_at)
from unnest(%(ids)s::uuid[], %(counts)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
    as n(customer_id, added, first_at, last_at)
where c.tenant_id = %(tenant)s and c.id = n.customer_id
returning c.id, c.number, c.stage
)"""

SET = """
update customers_customer c
set shipment_count = n.total, first_shipment_at = n.first_at, last_shipment_at = n.last_at
from unnest(%(ids)s::uuid[], %(counts)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
    as n(customer_id, total, first_at, last_at)
where c.tenant_id = %(tenant)s and c.id = n.customer_id
"""

Figures = tuple[uuid.UUID, int, datetime | None, datetime | None]


def add_shipments(figures: Iterable[Figures], *, at: datetime) -> None:
    """Add new shipments to their customers' figures: (customer's id, how many, first, last).

    Of a lead, and of a customer that was lost, it is told that it ships.
    """
    told = telling(
        "customer.shipped",
        of="added where stage in ('lead', 'lost')",
        subject="id",
        payload={"number": "number", "stage": "stage"},
    )
    if _write(f"{ADD}, {told} select 1", figures, at=at):
        wake_for("customer.shipped")


def set_shipments(figures: Iterable[Figures]) -> None:
    """Replace customers' figures by (customer's id, how many, first, last)."""
    _write(SET, figures)


def _write(statement: str, figures: Iterable[Figures], **parameters: datetime) -> bool:
    columns = [list(column) for column in zip(*figures, strict=True)]
    if not columns:
        return False
    ids, counts, firsts, lasts = columns
    parameters |= {"ids": ids, "counts": counts, "firsts": firsts, "lasts": lasts, "tenant": required_tenant_id()}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return True
