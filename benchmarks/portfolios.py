"""How long a night's assignment takes, and the pages of portfolios and of the pool, as the archive grows.

Run by `python -m benchmarks.portfolios [CUSTOMERS …]` (default 10000 100000), in embedded mode, in a database of its
own that is dropped at the end. A twentieth of the customers are VIPs, whom nobody looks after yet, of whom a night
assigns 5,000 at most to twenty account managers; all others stand in the pool. The floor of the night is a bare UPDATE
of the account manager of as many; that of pages is a list that is empty.
"""

from benchmarks._sizes import AT, analyse, ask_pages, bare, new_colleague, new_courier, run, timed
from benchmarks.growth import COPIES, CUSTOMER
from benchmarks.tiers import multiply

SIZES = (10_000, 100_000)
MANAGERS = 20
CAPACITY = 1_000_000


def main() -> None:
    """Make an archive of each size, assign its VIPs, and ask for the pages."""
    run("portfolios", SIZES, _measure)


def _measure(size: int) -> None:
    from django.urls import reverse

    from core.accounts.enums import Role
    from core.tenancy.scope import tenant_scope
    from customers.services import create_customer
    from portfolios.models import Capacity
    from portfolios.services import assign_unowned

    courier = new_courier(size)
    with tenant_scope(courier.tenant):
        for number in range(MANAGERS):
            Capacity.objects.create(user=new_colleague(f"Manager {number}", Role.ACCOUNT_MANAGER), points=CAPACITY)
        one = create_customer(number="ONE", kind="company", company_name="One", at=AT)
        multiply(one, COPIES, CUSTOMER, {"count": size, "at": AT})
    analyse("customers_customer", "customers_managerterm")
    print(f"== {size:,} customers", flush=True)
    with tenant_scope(courier.tenant):
        most = min(size // 20, 5_000)
    update = f"""
        update customers_customer set account_manager_id = '{courier.supervisor.pk}' where id in (
            select id from customers_customer
            where tenant_id = %(tenant)s and tier = 'vip' and account_manager_id is null limit {most}
        )"""
    floor = bare("bare UPDATE of as many account managers", update, courier.tenant, rows=most)
    with timed("assigned by night", rows=most, floor=floor), tenant_scope(courier.tenant):
        found = assign_unowned(business_date=AT.date(), at=AT)
    if found["assigned"] != most:
        raise SystemExit(f"The night assigned {found['assigned']:,} customers, not {most:,}.")
    analyse("customers_customer", "customers_managerterm")
    pool = reverse("portfolios:pool")
    pages = {
        "portfolios": reverse("portfolios:list"),
        "people by tier": reverse("portfolios:staffing"),
        "pool": pool,
        "pool, one region": f"{pool}?region=Region+7",
        "pool, middle tier by creation": f"{pool}?tier=mid&sort=-created",
        "proposal to assign": reverse("portfolios:assign"),
        "proposal to rebalance": reverse("portfolios:rebalance"),
    }
    ask_pages(courier.client, pages)


if __name__ == "__main__":
    main()
