"""The numbers that we give customers that were opened without one: C000001 and so on, one series a tenant."""

from django.db import connection

from core.tenancy.scope import required_tenant_id
from customers.models import CustomerSeries

AT_ONCE = 1000
FREE = """
    select serial from generate_series(%(after)s + 1, %(after)s + %(many)s) serial
    where not exists (
        select from customers_customer
        where tenant_id = %(tenant)s and number = 'C' || lpad(serial::text, greatest(6, length(serial::text)), '0')
    )
    order by serial limit 1"""


def next_number() -> str:
    """Return the next number of ours that no customer has; whoever asks next waits for this transaction to end."""
    CustomerSeries.objects.get_or_create()
    series = CustomerSeries.objects.select_for_update().get()
    after, free = series.last, None
    while free is None:
        free = _first_free(after)
        after += AT_ONCE
    series.last = free
    series.save(update_fields=["last"])
    return f"C{free:06}"


def _first_free(after: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(FREE, {"after": after, "many": AT_ONCE, "tenant": required_tenant_id()})
        found = cursor.fetchone()
    return found and found[0]
