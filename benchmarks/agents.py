"""Ten agents save customers' facts through the running product, without and with an import of shipments beside them.

Run by `python -m benchmarks.agents [ROWS]` (default 100000), in embedded mode. The product runs as script/server starts
it: gunicorn, a Celery worker, beat, which seals the audit trail every five seconds. Each agent saves, waits half a
second, and saves again, far more often than people do; the customers are among those whose shipments come in. Calm
and busy turns alternate; printed are the 95th percentiles of both and their ratio.
"""

import http.client
import io
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from benchmarks._product import CSRF, ROOT, cookie_of, p95, running

PORT = 8399
ROWS = 100_000
AGENTS, CUSTOMERS_EACH, CUSTOMERS = 10, 20, 5_000
TURNS = 2
CALM_SECONDS = 20.0
THINKING_SECONDS = 0.5


def main() -> None:
    """Start the product, let the agents save in calm and busy turns, and print what they waited."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    with running(PORT, "--no-demo"):
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)


def _measure(rows: int) -> None:
    from benchmarks.imports import make_file

    slug = f"agents-{uuid.uuid4().hex[:8]}"
    tenant, agents, importer = _make_tenant(slug)
    waits: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(TURNS):
        calm_until = time.monotonic() + CALM_SECONDS
        waits[False] += _save_until(agents, lambda until=calm_until: time.monotonic() > until)
        content = make_file(rows, first=turn * rows, customers=CUSTOMERS)
        job = _start_import(tenant, importer, content)
        began = time.monotonic()
        waits[True] += _save_until(agents, lambda job=job: _has_ended(tenant, job))
        print(f"{rows:,} rows imported in {time.monotonic() - began:.0f} s beside the agents", flush=True)
    calm, busy = (p95(waits[is_busy]) for is_busy in (False, True))
    print(f"calm  p95 {calm:6.1f} ms of {len(waits[False])} saves")
    print(f"busy  p95 {busy:6.1f} ms of {len(waits[True])} saves")
    print(f"the import makes the agents' p95 {busy / calm:.2f} times as long")
    _verify(slug)


def _make_tenant(slug: str) -> tuple[Any, list[Any], Any]:
    """Make a courier with customers, an importer, and agents: each the cookie of a session and customers' ids."""
    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.console.services import create_tenant
    from core.tenancy.scope import tenant_scope
    from customers.opening import Archive, open_archives

    at = datetime.now(UTC)
    facts = {"time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": f"admin@{slug}.example", "at": at}
    tenant, _password = create_tenant(slug=slug, name=slug, **facts)
    agents = []
    with tenant_scope(tenant):
        ids = open_archives([Archive(number=f"B{n:06}", name=f"Company {n}") for n in range(CUSTOMERS)], at=at)
        people = [
            create_user(
                email=f"{place}@{slug}.example",
                name=f"Agent {place}",
                role=Role.AGENT if place else Role.SUPERVISOR,
                language="en",
                password=uuid.uuid4().hex,
                by=None,
                at=at,
            )
            for place in range(AGENTS + 1)
        ]
    for place, person in enumerate(people[1:]):
        own = list(ids.values())[place * CUSTOMERS_EACH : (place + 1) * CUSTOMERS_EACH]
        agents.append((cookie_of(person), dict.fromkeys(own, 1)))
    return tenant, agents, people[0]


def _start_import(tenant: Any, by: Any, content: bytes) -> Any:
    from core.imports.kinds import kind_of
    from core.imports.services import receive_file, start_check, start_import
    from core.tenancy.scope import tenant_scope

    at, file = datetime.now(UTC), {"size": len(content), "file_name": "night.csv"}
    with tenant_scope(tenant):
        batch = receive_file(kind=kind_of("shipments"), stream=io.BytesIO(content), **file, by=by, at=at)
        check = start_check(batch=batch, mapping=batch.mapping, by=by, at=at)
    while not _has_ended(tenant, check):
        time.sleep(0.2)
    with tenant_scope(tenant):
        return start_import(batch=batch, by=by, at=at)


def _has_ended(tenant: Any, job: Any) -> bool:
    from core.tenancy.scope import tenant_scope

    with tenant_scope(tenant):
        job.refresh_from_db()
    if job.state == "failed":
        sys.exit(f"The import failed: {job.error}")
    return not job.is_unfinished


def _save_until(agents: list[Any], is_over: Any) -> list[float]:
    """Let the agents save until it is over; return the milliseconds of each save."""
    waits: list[float] = []
    stop = threading.Event()
    threads = [threading.Thread(target=_save, args=(*agent, stop, waits)) for agent in agents]
    for thread in threads:
        thread.start()
    while not is_over():
        time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    return waits


def _save(cookie: str, versions: dict[uuid.UUID, int], stop: threading.Event, waits: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
    while True:
        for customer_id, version in list(versions.items()):
            if stop.is_set():
                return
            facts = {
                "kind": "company",
                "company_name": f"Company {customer_id}",
                "region": f"Region {version}",
                "version": version,
            }
            began = time.perf_counter()
            connection.request("POST", f"/customers/{customer_id}/edit/", urlencode(facts), headers)
            response = connection.getresponse()
            response.read()
            waits.append((time.perf_counter() - began) * 1000)
            if response.status != http.HTTPStatus.FOUND:
                os._exit(print(f"A save was answered with {response.status}.") or 1)
            versions[customer_id] = version + 1
            time.sleep(THINKING_SECONDS)


def _verify(slug: str) -> None:
    """Let the sealer come to the end, and check the chain."""
    time.sleep(12)
    answer = subprocess.run(
        [sys.executable, "manage.py", "verify_audit", "--tenant", slug],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    print(json.dumps(answer.stdout.strip()))


if __name__ == "__main__":
    main()
