"""How long it takes to judge customers that changed, and to look at what is to mend, as the archive grows.

Run by `python -m benchmarks.quality [CUSTOMERS …]` (default 10000 100000), in embedded mode, in a database of its own
that is dropped at the end. Customers have a contact with two points each, and neither address nor consent, so that
everybody has something to mend. The sweep judges all of them once, which an import of as many asks for, then a thousand
that changed; its floor is a bare UPDATE of as many qualities. The floor of pages is a list that is empty.
"""

import random

from benchmarks._sizes import AT, analyse, ask_pages, bare, new_courier, run, timed

SIZES = (10_000, 100_000)
OPENED_AT_ONCE = 2_000
CHANGED = 1_000


def main() -> None:
    """Make an archive of each size, judge it, and ask for the pages."""
    run("quality", SIZES, _measure)


def _measure(size: int) -> None:
    from django.urls import reverse

    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    courier = new_courier(size)
    tables = ("customers_customer", "customers_contact", "customers_contactpoint", "customers_changedcustomer")
    _open(courier.tenant, size)
    analyse(*tables)
    print(f"== {size:,} customers", flush=True)
    update = "update customers_customer set quality = 50 where tenant_id = %(tenant)s"
    floor = bare("bare UPDATE of as many qualities", update, courier.tenant, rows=size)
    _sweep(courier.tenant, "all judged", size, floor)
    analyse(*tables, "customers_customerfault")
    with tenant_scope(courier.tenant):
        changed = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:CHANGED])
        Customer.objects.filter(pk__in=changed).update(industry="retail")
    _sweep(courier.tenant, f"{len(changed):,} that changed", len(changed), floor * len(changed) / size)
    quality, mending = reverse("customers:quality"), reverse("customers:mending")
    pages = {
        "quality of all": quality,
        "what to mend": mending,
        "what to mend, by contribution": f"{mending}?sort=-contribution",
        "what to mend, one fault": f"{mending}?fault=no_address",
        "what to mend, of one account manager": f"{mending}?account_manager={courier.supervisor.pk}",
    }
    ask_pages(courier.client, pages)


def _open(tenant: object, size: int) -> None:
    from benchmarks._people import archives
    from core.tenancy.scope import tenant_scope
    from customers.opening import open_archives

    chance = random.Random(size)
    for start in range(0, size, OPENED_AT_ONCE):
        with tenant_scope(tenant):
            open_archives(archives(chance, min(OPENED_AT_ONCE, size - start), start=start), at=AT)


def _sweep(tenant: object, what: str, rows: int, floor: float) -> None:
    from core.tenancy.scope import tenant_scope
    from customers.quality.judging import judge_some

    judged, is_over = 0, False
    with timed(f"sweep, {what}", rows=rows, floor=floor):
        while not is_over:
            with tenant_scope(tenant):
                done = judge_some(at=AT)
            judged, is_over = judged + done, not done
    if judged != rows:
        raise SystemExit(f"The sweep judged {judged:,} customers, not {rows:,}.")


if __name__ == "__main__":
    main()
