"""Keys are rotated under a writing and reading load, killed twice on the way: what it costs, and that nothing fails.

Run by `python -m benchmarks.rotation [CUSTOMERS]`, in embedded mode, in a tenant of its own, which is erased at the
end. Each customer is a person with a contact and a phone number. Two processes write contacts and find them again,
two read customers' pages and find people by phone, from before the rotation until after it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
CUSTOMERS = 100_000
BATCH = 2_000
KILLS = 2
AT = datetime(2026, 3, 2, tzinfo=UTC)
CALM_SECONDS = 10.0
FAMILY, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀英华慧"


def main() -> None:
    """Make the customers, run the load, rotate with kills, and print what the database says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        if sys.argv[1:2] == ["--load"]:
            _load(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
        else:
            _measure(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS)


def phone_of(number: int) -> str:
    """Return the phone number of the numbered customer."""
    return f"+86138{number:08d}"


def _measure(customers: int) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from core.console.services import create_tenant

    call_command("migrate", database="owner", verbosity=0)
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    tenant, _password = create_tenant(
        slug=slug,
        name=slug,
        time_zone="Asia/Shanghai",
        currency="CNY",
        admin_email=f"admin@{slug}.example",
        at=AT,
    )
    started = time.perf_counter()
    _make_customers(tenant, customers)
    print(f"{customers:,} customers made in {time.perf_counter() - started:.0f} s", flush=True)

    stop = Path(settings.STATIC_ROOT).parent / f"{slug}.stop"
    loads = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rotation", "--load", kind, slug, str(stop)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in ("write", "write", "read", "read")
    ]
    try:
        for load in loads:
            load.stdout.readline()  # it is ready
        time.sleep(CALM_SECONDS)
        began = time.time()
        seconds = _rotate(slug, customers)
        ended = time.time()
    finally:
        stop.touch()
    results = [json.loads(load.communicate()[0].splitlines()[-1]) for load in loads]
    stop.unlink()
    _report(slug, seconds, results, began, ended)
    call_command("erase_tenant", slug, "--yes", stdout=open(os.devnull, "w"))  # noqa: PTH123, SIM115


def _make_customers(tenant: Any, customers: int) -> None:
    from core.tenancy.scope import tenant_scope
    from customers.enums import ContactPointKind, CustomerKind
    from customers.opening import Archive, NewContact, open_archives
    from customers.services import NewContactPoint

    chance = random.Random(20260302)
    for start in range(0, customers, BATCH):
        archives = []
        for number in range(start, min(start + BATCH, customers)):
            name = chance.choice(FAMILY) + "".join(chance.choices(GIVEN, k=2))
            phone = NewContactPoint(kind=ContactPointKind.PHONE, value=phone_of(number))
            contact = NewContact(name=name, points=[phone])
            archives.append(
                Archive(number=f"C{number:08}", kind=CustomerKind.INDIVIDUAL, name=name, contacts=[contact])
            )
        with tenant_scope(tenant):
            open_archives(archives, at=AT)


def _rotate(slug: str, customers: int) -> list[float]:
    """Rotate, killed twice on the way; return the seconds each run lasted."""
    command = [sys.executable, "manage.py", "rotate_keys", "--tenant", slug]
    seconds = []
    for kill in range(KILLS):
        started = time.perf_counter()
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        run.stdout.readline()  # it has begun
        # About a quarter of the way each time.
        time.sleep(2 + customers / 4_000 * (1 + kill) / 2)
        run.send_signal(signal.SIGKILL)
        run.wait()
        seconds.append(time.perf_counter() - started)
        print(f"killed −9 after {seconds[-1]:.0f} s; on an old key: {_left(slug)}", flush=True)
    started = time.perf_counter()
    print(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout, end="")
    return [*seconds, time.perf_counter() - started]


def _left(slug: str) -> int:
    from core.crypto.keys import versions
    from core.crypto.rotation import rows_left
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope

    tenant = Tenant.objects.get(slug=slug)
    with tenant_scope(tenant):
        return sum(rows_left(versions(tenant.pk)[0]).values())


def _load(kind: str, slug: str, stop: Path) -> None:
    """Write or read until the file is there; print what became of it."""
    from core.accounts.models import User
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    tenant = Tenant.objects.get(slug=slug)
    with tenant_scope(tenant):
        customers = Customer.objects.count()
        by = User.objects.first()
    chance = random.Random(os.getpid())
    turns: list[tuple[float, float]] = []
    errors: list[str] = []
    print("ready", flush=True)
    while not stop.exists():
        number = chance.randrange(customers)
        started = time.perf_counter()
        try:
            with tenant_scope(tenant.pk):
                (_write if kind == "write" else _read)(number, by, chance)
        except Exception as error:  # noqa: BLE001  each is what this is about
            errors.append(f"{type(error).__name__}: {error}")
        turns.append((time.time(), time.perf_counter() - started))
        time.sleep(0.02)
    print(json.dumps({"kind": kind, "turns": turns, "errors": errors}))


def _write(number: int, by: Any, chance: random.Random) -> None:
    from customers.enums import ContactPointKind
    from customers.finding import find_customers
    from customers.models import Customer
    from customers.services import ContactPointChange, NewContactPoint, add_contact, update_contact

    customer = Customer.objects.get(number=f"C{number:08}")
    phone = f"+86139{chance.randrange(10**8):08d}"
    if chance.random() < 0.5:
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=phone)]
        add_contact(customer=customer, name="欧阳新", points=points, by=by, at=AT)
    else:
        Customer.objects.select_for_update().get(pk=customer.pk)
        contact = customer.contacts.get(is_primary=True)
        change = ContactPointChange(kind=ContactPointKind.PHONE, value=phone)
        if contact.points.count() > 8:
            return
        update_contact(
            contact=contact,
            version=contact.version,
            position="",
            is_primary=True,
            points=[change],
            by=by,
            at=AT,
        )
    if customer.pk not in {found.customer.pk for found in find_customers(phone, limit=20)}:
        raise LookupError("A customer is not found by the number that was just written.")


def _read(number: int, by: Any, chance: random.Random) -> None:
    from customers.finding import find_customers

    (found,) = find_customers(phone_of(number), limit=5)
    if found.customer.number != f"C{number:08}":
        raise LookupError("Another customer was found.")
    for contact in found.customer.contacts.all():
        if not contact.name or not all(point.value for point in contact.points.all()):
            raise LookupError("Something is empty.")


def _report(slug: str, seconds: list[float], results: list[dict[str, Any]], began: float, ended: float) -> None:
    from core.crypto.models import RootKey
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope

    with tenant_scope(Tenant.objects.get(slug=slug)):
        roots = [
            f"{row.version} {'destroyed' if row.wrapped is None else 'in use'}"
            for row in RootKey.objects.order_by("version")
        ]
    print(f"rotation    {', '.join(f'{each:.0f} s' for each in seconds)} (the first {KILLS} killed)")
    print(f"root keys   {', '.join(roots)}")
    print(f"left        {_left(slug)} rows on an old key")
    for kind in ("write", "read"):
        turns = [turn for result in results if result["kind"] == kind for turn in result["turns"]]
        errors = [error for result in results if result["kind"] == kind for error in result["errors"]]
        for words, chosen in (
            ("before", [took for at, took in turns if at < began]),
            ("during", [took for at, took in turns if began <= at <= ended]),
        ):
            chosen.sort()
            print(
                f"{kind:<6}{words:<7}{len(chosen):>7} turns, median {chosen[len(chosen) // 2] * 1000:.0f} ms,"
                f" p95 {chosen[len(chosen) * 95 // 100] * 1000:.0f} ms, most {chosen[-1] * 1000:.0f} ms"
            )
        print(f"{kind:<6}errors {len(errors):>7} {sorted(set(errors))[:3]}")


if __name__ == "__main__":
    main()
