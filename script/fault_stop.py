"""Stop web servers and workers while they are busy, and see that nothing in flight is lost.

Real servers in a folder of their own, gunicorn as in production, clients that read and write over the API on new and on
kept connections, a crowd that comes at once just before the end, a worker at a long background job. At random moments
both are sent SIGTERM, and started again. Afterwards every request that was sent before its server was told to stop must
have been answered in full, what was written must be what was acknowledged, and every chunk of the job must have been
begun and ended once.
"""

import argparse
import http.client
import importlib
import json
import os
import random
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faults

MODULE = "fault_stop_application"
KIND = "fault.steps"
STEPS_A_STOP = 12
CROWD = 40
LONGEST_STOP_SECONDS = 30.0
PATIENCE_SECONDS = 120.0
HOST = "127.0.0.1"

# What the worker runs: the product, and a kind of job whose chunks take long and leave a mark.
APPLICATION = """
import os
import random
import time
from pathlib import Path

import django

from courier_crm.celery import app

django.setup()

from django.db import connection

from core.jobs import background
from core.jobs.background import Step

HERE = Path(__file__).parent


def note(word):
    with (HERE / "work.log").open("a") as log:
        log.write(f"{word} {os.getpid()}\\n")


def step(*, job, at):
    note("begun")
    number = job.position or 0
    with connection.cursor() as cursor:
        cursor.execute("insert into fault_mark values (%s)", [number])
    time.sleep(random.uniform(0.1, 0.5))
    note("ended")
    return Step(position=number + 1 if number + 1 < job.parameters["steps"] else None, done=1)


background.register("fault.steps", label="Steps", permission=lambda _job: "people.manage", step=step)
"""


@dataclass
class Load:
    """What the clients of one server have seen, that was told to stop at `stop_at` and took so many seconds."""

    stop_at: float = float("inf")
    seconds: float = 0.0
    answered: Counter[int] = field(default_factory=Counter)
    turned_away: int = 0
    lost: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    is_over: bool = False


def main() -> int:
    """Return 0 when nothing was lost, 1 with what was."""
    os.environ["CRM_API_REQUESTS_PER_KEY"] = os.environ["CRM_API_REQUESTS_PER_TENANT"] = str(10**9)
    return faults.run(_arguments(), module=MODULE, application=APPLICATION, work=_run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stops", type=int, default=10, help="how often web server and worker are stopped (10)")
    parser.add_argument("--clients", type=int, default=16, help="how many clients at once (16)")
    faults.add_arguments(parser)
    options = parser.parse_args()
    if options.stops < 1 or options.clients < 1:
        parser.error("--stops and --clients from 1")
    return options


def _run(folder: Path, options: argparse.Namespace, chance: random.Random) -> int:
    from courier_crm.supervision import Child, stop

    sys.path.insert(0, str(folder))
    importlib.import_module(MODULE)
    steps = options.stops * STEPS_A_STOP
    tenant, token = _make_courier(steps)
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    environ = os.environ | {"PYTHONPATH": str(faults.ROOT)}
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:courier_crm.serving", "--bind", f"{HOST}:{port}"]
    web = Child("web", gunicorn, log_file=folder / "web.log", environ=environ)
    loads = []
    with faults.processes(folder, module=MODULE, beats=1, workers=1) as children:
        worker = next(child for child in children if child.name.startswith("worker"))
        try:
            for _stop in range(options.stops):
                web.start()
                _wait_until_ready(web, port)
                pause = chance.uniform(1.0, 3.0)
                loads.append(
                    _load_and_stop([web, worker], port=port, token=token, clients=options.clients, pause=pause)
                )
                worker.start()
        finally:
            stop([web])
        _wait_for_the_job(tenant, children)
    return _judge(tenant, steps, loads, faults.progress(folder))


def _make_courier(steps: int) -> tuple[Any, str]:
    """Make a courier, its job of so many steps, and a key; return it and the key's text."""
    from django.core.management import call_command
    from django.db import connections

    from core.accounts.models import User
    from core.console.services import create_tenant
    from core.jobs.running import start_job
    from core.partners.services import create_api_key
    from core.tenancy.scope import tenant_scope

    call_command("migrate", database="owner", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table fault_mark (number integer)")
    at = datetime.now(UTC)
    tenant, _password = create_tenant(
        slug="swift", name="Swift", time_zone="UTC", currency="CNY", admin_email="admin@swift.example", at=at
    )
    with tenant_scope(tenant):
        start_job(kind=KIND, title="Steps", parameters={"steps": steps}, by=User.objects.get(), at=at)
        allowed = ["customers:read", "customers:write"]
        _key, text = create_api_key(name="Load", scopes=allowed, expires_at=None, by=None, at=at)
    return tenant, text.reveal()


def _wait_until_ready(web: Any, port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/health/ready", timeout=10):
                return
        except OSError:
            if web.has_ended() or time.monotonic() > deadline:
                sys.exit(f"FAULT The web server does not answer; see with --keep: {web.log_file}")
            time.sleep(0.1)


def _load_and_stop(stopped: list[Any], *, port: int, token: str, clients: int, pause: float) -> Load:
    """Have clients at work, stop both after so many seconds, and return what the clients saw until both had ended."""
    load = Load()
    threads = [threading.Thread(target=_ask, args=(load, port, token, number)) for number in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(pause)
    crowd = _crowd(port, token)
    load.stop_at = time.monotonic()
    for child in stopped:
        child.send(signal.SIGTERM)
    for connection in crowd:
        _read(connection, load)
    for child in stopped:
        code = child.process.wait(LONGEST_STOP_SECONDS)
        load.seconds = time.monotonic() - load.stop_at
        if code != 0:
            load.lost.append(f"{child.name} ended with {code}")
    load.is_over = True
    for thread in threads:
        thread.join()
    return load


def _crowd(port: int, token: str) -> list[http.client.HTTPConnection]:
    """Send so many requests at once that some still wait to be accepted."""
    crowd = [http.client.HTTPConnection(HOST, port, timeout=LONGEST_STOP_SECONDS) for _ in range(CROWD)]
    for connection in crowd:
        connection.request("GET", "/api/v1/customers?limit=1", headers={"Authorization": f"Bearer {token}"})
    return crowd


def _read(connection: http.client.HTTPConnection, load: Load) -> None:
    try:
        answer = connection.getresponse()
        answer.read()
        load.answered[answer.status] += 1
    except (OSError, http.client.HTTPException) as error:
        load.lost.append(f"{type(error).__name__} in the crowd")
    finally:
        connection.close()


def _ask(load: Load, port: int, token: str, client: int) -> None:
    """Ask again and again, reading and writing by turns; clients of even numbers keep their connection."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection, turn = None, 0
    while not load.is_over:
        turn += 1
        number = f"{port}-{client}-{time.monotonic_ns()}"
        sent_at = float("inf")
        try:
            connection = connection or http.client.HTTPConnection(HOST, port, timeout=LONGEST_STOP_SECONDS)
            if turn % 2:
                connection.request("GET", "/api/v1/customers?limit=20", headers=headers)
            else:
                body = json.dumps({"number": number, "company_name": "Harbour Foods"})
                connection.request("POST", "/api/v1/customers", body, {**headers, "Idempotency-Key": number})
            sent_at = time.monotonic()
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection = None
            if sent_at < load.stop_at:
                load.lost.append(f"{type(error).__name__} {load.stop_at - sent_at:.3f} s before the stop")
            else:
                load.turned_away += 1
                time.sleep(0.02)
            continue
        load.answered[answer.status] += 1
        if answer.status == http.HTTPStatus.CREATED:
            load.written.append(number)
        if client % 2 or answer.will_close:
            connection.close()
            connection = None


def _wait_for_the_job(tenant: Any, children: list[Any]) -> None:
    from core.jobs.enums import UNFINISHED
    from core.jobs.models import BackgroundJob
    from core.tenancy.scope import tenant_scope

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with tenant_scope(tenant):
            if not BackgroundJob.objects.filter(state__in=UNFINISHED).exists():
                return
        faults.stop_if_one_ended(children)
        if time.monotonic() > deadline:
            sys.exit("FAULT The job does not come to its end.")
        time.sleep(0.2)


def _judge(tenant: Any, steps: int, loads: list[Load], progress: tuple[int, int]) -> int:
    from django.db import connections

    from core.jobs.models import BackgroundJob
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    with tenant_scope(tenant):
        kept = Counter(Customer.objects.values_list("number", flat=True))
        job = BackgroundJob.objects.get()
    with connections["owner"].cursor() as cursor:
        cursor.execute("select number from fault_mark")
        marks = Counter(number for (number,) in cursor.fetchall())
    written = Counter(number for load in loads for number in load.written)
    answered = sum((load.answered for load in loads), Counter())
    found = [fault for load in loads for fault in load.lost]
    found += [f"{count} answers of {status}" for status, count in answered.items() if status not in (200, 201)]
    if kept != written:
        found.append(f"{len(written - kept)} acknowledged and not kept, {len(kept - written)} kept, not acknowledged")
    if (job.state, marks, progress) != ("done", Counter(range(steps)), (steps, steps)):
        found.append(f"the job is {job.state}: {len(marks)} of {steps} steps, {progress[0]} begun, {progress[1]} ended")
    if not answered[200] or not answered[201]:
        found.append("nobody was answered: this proves nothing")
    longest, away = max(load.seconds for load in loads), sum(load.turned_away for load in loads)
    print(f"{len(loads)} stops of web and worker, the longest {longest:.1f} s.", flush=True)
    print(f"{answered.total()} requests answered, {away} attempts turned away after a stop.", flush=True)
    for fault in found:
        print(f"FAULT {fault}")
    if not found:
        print(f"0 requests in flight failed; {steps} chunks, each begun and ended once.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
