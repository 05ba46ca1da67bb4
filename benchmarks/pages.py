"""What one person waits for a page that people work in, while the product is otherwise at rest.

Run by `python -m benchmarks.pages [TIMES]` (default 60), in embedded mode, on the demo data. The product runs as
script/server starts it, worker and beat beside it. Every page is asked for in turns, so that what the machine does
meanwhile falls on all of them. Printed are median and 95th percentile in milliseconds as the browser waits, how large
the page is as it is sent, and the ratio of the medians to the floor: the shell around an empty list.
"""

import http.client
import io
import os
import statistics
import sys
import time
import uuid
from datetime import UTC, datetime

from benchmarks._product import cookie_of, p95, running

PORT = 8396
TIMES = 60
COURIER = "sudi"
FLOOR = "empty list"


def main() -> None:
    """Start the product with the demo, ask for each page in turns, and print what it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    waits: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    with running(PORT, "--no-demo"):
        cookie, paths = _sign_in()
        for turn in range(times + 5):
            for name, path in paths.items():
                began = time.perf_counter()
                sizes[name] = _ask(path, cookie)
                if turn >= 5:
                    waits.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    floor = statistics.median(waits[FLOOR])
    for name, each in waits.items():
        middle = statistics.median(each)
        print(
            f"{name:<18} median {middle:5.0f} ms   p95 {p95(each):5.0f} ms   {middle / floor:4.1f}x"
            f"   {sizes[name] / 1024:5.1f} KiB"
        )


def _sign_in() -> tuple[str, dict[str, str]]:
    """Make a supervisor of the demo and sign them in; return their cookie, and the pages by name."""
    from django.core.management import call_command

    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer
    from shipments.models import Shipment

    call_command("seed_demo", stdout=io.StringIO())
    with tenant_scope(Tenant.objects.get(slug=COURIER)):
        user = create_user(
            email=f"{uuid.uuid4().hex[:8]}@pages.example",
            name="Supervisor at rest",
            role=Role.SUPERVISOR,
            language="zh-hans",
            password=uuid.uuid4().hex,
            by=None,
            at=datetime.now(UTC),
        )
        customer = Customer.objects.order_by("-contribution", "-pk")[0].pk
        shipment = Shipment.objects.filter(customer_id=customer).order_by("-accepted_at")[0].pk
    return cookie_of(user), {
        FLOOR: "/jobs/",
        "customers": "/customers/",
        "customer": f"/customers/{customer}/",
        "shipments": "/shipments/",
        "shipment": f"/shipments/{shipment}/",
        "follow-ups": "/follow-ups/",
        "my day": "/my-day/",
        "service requests": "/service-requests/",
    }


def _ask(path: str, cookie: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != http.HTTPStatus.OK:
        sys.exit(f"{path} answered {response.status}")
    return len(body)


if __name__ == "__main__":
    main()
