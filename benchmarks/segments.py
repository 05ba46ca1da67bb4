"""How long a night's segments of the low tier take, against the bare GROUP BY of the same shipments in the same run.

Run by `python -m benchmarks.segments [CUSTOMERS …]` (default 10000 100000), in embedded mode, with ten shipments a
customer over a year, in a database of its own that is dropped at the end. The first night places everybody, each next
one those whose shipments came into a stretch of thirty days or left it.
"""

from datetime import date, timedelta

from benchmarks._sizes import ask_pages, bare, new_courier, run, timed
from benchmarks.tiers import AS_OF, AT, SHIPMENTS_EACH, fill, vacuum

SIZES = (10_000, 100_000)
NIGHTS = 3
BARE = """
    select count(*) from (
        select customer_id, count(*), max(accepted_at) from shipments_shipment
        where tenant_id = %(tenant)s group by customer_id
    ) shipped"""


def main() -> None:
    """Make customers and shipments of each size, and put the customers into segments night after night."""
    run("segments", SIZES, _measure)


def _measure(size: int) -> None:
    from django.urls import reverse

    courier = new_courier(size)
    fill(courier.tenant, size)
    print(f"== {size:,} customers, {size * SHIPMENTS_EACH:,} shipments", flush=True)
    floor = bare("bare GROUP BY of the shipments", BARE, courier.tenant, rows=size * SHIPMENTS_EACH)
    for back in reversed(range(NIGHTS)):
        _night(courier.tenant, AS_OF - timedelta(days=back), size, floor)
        vacuum()
    customers = reverse("customers:list")
    ask_pages(courier.client, {"customers of one segment": f"{customers}?segment=hesitant", "customers": customers})


def _night(tenant: object, as_of: date, size: int, floor: float) -> None:
    from core.tenancy.scope import tenant_scope
    from tiering.services import evaluate_segments

    with timed(f"night of {as_of}", rows=size, floor=floor), tenant_scope(tenant):
        changed = evaluate_segments(as_of=as_of, at=AT)
    print(f"    {changed:,} changed their segment", flush=True)


if __name__ == "__main__":
    main()
