"""How fast behaviour comes in by the thousand, against bare COPY of the same rows, and how its pages grow.

Run by `python -m benchmarks.behaviour [EVENTS …]` (default 10000 50000), in embedded mode, in a database of its own
that is dropped at the end. Events are of 500 customers who agreed, over thirty days, and come in as the API's parts of
a thousand, with what follows: consent asked, figures and timelines counted, the house told. The same again changes
nothing. COPY goes into a table with the same indexes, checks and keys. The floor of pages is a list that is empty.
"""

import random
from datetime import timedelta
from typing import Any

from benchmarks._sizes import AT, analyse, ask_pages, new_courier, run, timed
from benchmarks.imports import copy_rows

SIZES = (10_000, 50_000)
CUSTOMERS = 500
KINDS = ("visit", "visit", "visit", "visit", "app_opened", "tracking", "quote", "basket")


def main() -> None:
    """Send events of each size, and ask for the pages that show them."""
    run("behaviour", SIZES, _measure)


def _measure(size: int) -> None:
    from django.db import connections
    from django.urls import reverse

    from core.tenancy.scope import tenant_scope

    courier = new_courier(size)
    with tenant_scope(courier.tenant):
        customers = _agreeing()
    print(f"== {size:,} events of {len(customers)} customers", flush=True)
    with timed("received", rows=size) as spent:
        _send(courier.tenant, customers, size)
    with timed("received again, which changes nothing", rows=size):
        _send(courier.tenant, customers, size)
    copied, copy = copy_rows(connections["owner"], courier.tenant.pk, table="behaviour_behaviourevent")
    if copied != size:
        raise SystemExit(f"{copied:,} events were kept, not {size:,}.")
    print(f"  {'COPY of the same rows':<44} {copy:8.2f} s   received in {spent[0] / copy:.1f} times that", flush=True)
    analyse("behaviour_behaviourevent", "behaviour_customerbehaviour", "customers_interaction")
    seen, one = reverse("behaviour:list"), customers[0]
    pages = {
        "who was seen": seen,
        "a customer's timeline": reverse("customers:interactions", args=[one.pk]),
        "a customer's panel": reverse("customers:panel", args=[one.pk, "behaviour"]),
    }
    ask_pages(courier.client, pages)


def _agreeing() -> list[Any]:
    from customers.enums import ConsentSource, ConsentState
    from customers.models import Purpose
    from customers.services import create_customer
    from customers.services.consents import Choice, record_consents
    from customers.services.purposes import BEHAVIOUR

    choice = Choice(Purpose.objects.get(key=BEHAVIOUR), "online", ConsentState.GIVEN)
    customers = []
    for number in range(CUSTOMERS):
        customer = create_customer(number=f"B{number}", kind="company", company_name=f"Company {number}", at=AT)
        record_consents(customer=customer, choices=[choice], source=ConsentSource.WEB, at=AT - timedelta(days=40))
        customers.append(customer)
    return customers


def _send(tenant: Any, customers: list[Any], size: int) -> None:
    from behaviour.bulk import ROWS_PER_PART
    from behaviour.services import SentEvent, record_events
    from core.tenancy.scope import tenant_scope

    chance = random.Random(size)
    for start in range(0, size, ROWS_PER_PART):
        sent = [
            SentEvent(
                event_id=f"E{number}",
                customer_id=chance.choice(customers).pk,
                facts={
                    "kind": chance.choice(KINDS),
                    "source": "web",
                    "happened_at": AT - timedelta(minutes=chance.randrange(30 * 24 * 60)),
                },
            )
            for number in range(start, min(start + ROWS_PER_PART, size))
        ]
        with tenant_scope(tenant):
            record_events(sent=sent, at=AT)


if __name__ == "__main__":
    main()
