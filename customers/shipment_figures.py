"""What a customer's record keeps about its shipments: how many, the first and the last.

The importer of shipments calls these in the transaction that writes the shipments.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from core.tenancy.scope import required_tenant_id

ADD = """
update customers_customer c
set shipment_count = c.shipment_count + n.added,
    first_shipment_at = least(c.first_shipment_at, n.first_at),
    last_shipment_at = greatest(c.last_shipment_at, n.last_at)
from unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::timestamptz[])
    as n(customer_id, added, first_at, last_at)
where c.tenant_id = %s and c.id = n.customer_id
"""

SET = """
update customers_customer c
set shipment_count = n.total, first_shipment_at = n.first_at, last_shipment_at = n.last_at
from unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::timestamptz[])
    as n(customer_id, total, first_at, last_at)
where c.tenant_id = %s and c.id = n.customer_id
"""

Figures = tuple[uuid.UUID, int, datetime | None, datetime | None]


def add_shipments(figures: Iterable[Figures]) -> None:
    """Add new shipments to their customers' figures: (customer's id, how many, first, last)."""
    _write(ADD, figures)


def set_shipments(figures: Iterable[Figures]) -> None:
    """Replace customers' figures by (customer's id, how many, first, last)."""
    _write(SET, figures)


def _write(statement: str, figures: Iterable[Figures]) -> None:
    columns = [list(column) for column in zip(*figures, strict=True)]
    if columns:
        with connection.cursor() as cursor:
            cursor.execute(statement, [*columns, required_tenant_id()])
