"""What a customer's record keeps about its shipments: how many, the first and the last.

The importer of shipments calls these in the transaction that writes the shipments.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from core.events.services import publish_many
from core.tenancy.scope import required_tenant_id
from customers.enums import CustomerKind
from customers.models import Customer
from customers.search_index import index_new_companies

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


def customers_by_number(*, names: Mapping[str, str], at: datetime) -> dict[str, uuid.UUID]:
    """Return the ids of the numbered customers; those without an archive get one, with the name given."""
    found = dict(Customer.objects.filter(number__in=list(names)).values_list("number", "id"))
    unknown = [number for number in names if number not in found]
    if unknown:
        opened = [
            Customer(
                tenant_id=required_tenant_id(),
                number=number,
                kind=CustomerKind.COMPANY,
                company_name=names[number],
                created_at=at,
            )
            for number in unknown
        ]
        Customer.objects.bulk_create(opened, ignore_conflicts=True, batch_size=2000)
        # Somebody else may have created one of them meanwhile, so the ids are read, not remembered.
        made = dict(Customer.objects.filter(number__in=unknown).values_list("number", "id"))
        index_new_companies({made[number]: names[number] for number in unknown if number in made})
        publish_many(
            "customer.created",
            [(each.pk, {"number": each.number}) for each in opened if made.get(each.number) == each.pk],
            at=at,
        )
        found.update(made)
    return found


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
