"""A hundred people work in the pages for two minutes: what each kind of page takes, and that nothing fails.

Run by `python -m benchmarks.people [PEOPLE [SECONDS]]` (default 100 and 120), in embedded mode, on the demo data. The
product runs as script/server starts it. Each person asks for a page, looks at it for five seconds, as a busy agent
does, and asks for the next: lists, records, the search as it is typed, the timeline, and every tenth time a call is
written down. Printed are the 50th and the 95th percentile of each kind, in milliseconds as the browser waits.
"""

import collections
import http.client
import io
import os
import random
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from benchmarks._product import CSRF, cookie_of, p95, running

PORT = 8397
PEOPLE, SECONDS = 100, 120.0
LOOKING_SECONDS = 5.0
COURIER = "sudi"
WRITING = "call written down"
QUERIES = ("SD-0", "上海", "138", "wang", "li", "有限")
# What people ask for, with how often out of 20 times.
PAGES = {
    "customers": ("/customers/", 3),
    "customer": ("/customers/{customer}/", 5),
    "search": ("/search?q={query}", 4),
    "timeline": ("/customers/{customer}/timeline/", 1),
    "shipments": ("/shipments/", 2),
    "shipment": ("/shipments/{shipment}/", 1),
    "tiers": ("/tiers/", 1),
    "notices": ("/notices/count/", 1),
    WRITING: ("/customers/{customer}/timeline/new/", 2),
}


@dataclass
class Day:
    """What people look at, until it is over, and what they waited in milliseconds by kind of page."""

    customers: Sequence[uuid.UUID]
    shipments: Sequence[uuid.UUID]
    over: threading.Event = field(default_factory=threading.Event)
    waits: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def work(self, cookies: Sequence[str], seconds: float) -> None:
        threads = [
            threading.Thread(target=self._be_one, args=(random.Random(place), cookie))
            for place, cookie in enumerate(cookies)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.over.set()
        for thread in threads:
            thread.join()

    def _be_one(self, chance: random.Random, cookie: str) -> None:
        names, shares = list(PAGES), [share for _path, share in PAGES.values()]
        self.over.wait(chance.random() * LOOKING_SECONDS)
        while not self.over.is_set():
            name = chance.choices(names, shares)[0]
            path = PAGES[name][0].format(
                customer=chance.choice(self.customers),
                shipment=chance.choice(self.shipments),
                query=quote(chance.choice(QUERIES)),
            )
            began = time.perf_counter()
            try:
                status = _ask(path, cookie, writes=name == WRITING)
            except OSError as error:
                status = repr(error)
            self.waits[name].append((time.perf_counter() - began) * 1000)
            if status not in {http.HTTPStatus.OK, http.HTTPStatus.FOUND}:
                self.errors.append(f"{path}: {status}")
            self.over.wait(chance.uniform(0.5, 1.5) * LOOKING_SECONDS)


def main() -> None:
    """Start the product with the demo, let the people work, and print what they waited."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with running(PORT, "--no-demo"):
        cookies, day = _sign_in(people)
        day.work(cookies, seconds)
    for name in PAGES:
        waits = day.waits[name]
        print(f"{name:<18} p50 {statistics.median(waits):6.0f} ms   p95 {p95(waits):6.0f} ms   of {len(waits)}")
    asked = sum(len(waits) for waits in day.waits.values())
    print(f"{people} people for {seconds:.0f} s: {asked} answers, {asked / seconds:.1f}/s, {len(day.errors)} errors")
    if day.errors:
        sys.exit("\n".join(day.errors[:10]))


def _sign_in(people: int) -> tuple[list[str], Day]:
    """Make colleagues of the demo and sign them in; return their cookies, and what there is to look at."""
    from django.core.management import call_command

    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer
    from shipments.models import Shipment

    call_command("seed_demo", stdout=io.StringIO())
    run, at = uuid.uuid4().hex[:8], datetime.now(UTC)
    with tenant_scope(Tenant.objects.get(slug=COURIER)):
        users = [
            create_user(
                email=f"{place}@{run}.example",
                name=f"Agent {place}",
                role=Role.SUPERVISOR if place % 10 == 0 else Role.AGENT,
                language="zh-hans" if place % 2 else "en",
                password=uuid.uuid4().hex,
                by=None,
                at=at,
            )
            for place in range(people)
        ]
        day = Day(*(list(model.objects.values_list("pk", flat=True)[:200]) for model in (Customer, Shipment)))
    return [cookie_of(user) for user in users], day


def _ask(path: str, cookie: str, *, writes: bool) -> int:
    said = {"kind": "call", "direction": "inbound", "text": "Asked for a pickup on Monday."}
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    if writes:
        body = urlencode({f"interaction-{name}": value for name, value in said.items()})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
        connection.request("POST", path, body, {"Cookie": cookie, **headers})
    else:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


if __name__ == "__main__":
    main()
