"""Kill workers at random while events flow, empty Redis once, and see that each receiver's effect was made once.

Real servers in a folder of their own, a beat, two workers, two couriers. Moves of tiers are published in transactions
of many sizes; the product's own receivers tell account managers and timelines, and one of this script's writes a row
into a table without any key, takes up to a few hundredths of a second, and fails now and then. Afterwards the database
must say that every (event, receiver) was settled once, and that each event has one row in the table, one notice and one
entry in a timeline.
"""

import argparse
import random
import sys
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import faults

MODULE = "fault_events_application"
SLUGS = ("north", "south")
CUSTOMERS = 200
SETTLED_SECONDS = 300.0
RECEIVERS = 4

# What the beat and the workers run: the product, and one receiver more.
APPLICATION = """
import os
import random
import time
from pathlib import Path

import django

from courier_crm.celery import app

django.setup()

from django.db import connection

from core.events.registry import receive

HERE = Path(__file__).parent
app.conf.beat_schedule["sweep events"]["schedule"] = 5.0
app.conf.beat_schedule["sweep events"]["options"]["expires"] = 5


def note(word):
    with (HERE / "work.log").open("a") as log:
        log.write(f"{word} {os.getpid()}\\n")


def leave_a_mark(*, event, at):
    note("begun")
    with connection.cursor() as cursor:
        cursor.execute("insert into fault_mark values (%s, %s)", [event.tenant_id, event.pk])
    time.sleep(random.uniform(0, 0.04))
    note("ended")
    if random.random() < 0.002:
        raise RuntimeError("by chance")


receive("customer.tier_changed", name="fault.mark", call=leave_a_mark)
"""


def main() -> int:
    """Return 0 when every effect was made once, 1 with what was not."""
    return faults.run(_arguments(), module=MODULE, application=APPLICATION, work=_run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="how many processes are killed (50)")
    parser.add_argument("--events", type=int, default=10_000, help="how many events are published meanwhile (10000)")
    faults.add_arguments(parser)
    options = parser.parse_args()
    if options.kills < 1 or options.events < options.kills:
        parser.error("--kills from 1, --events from as many")
    return options


def _run(folder: Path, options: argparse.Namespace, chance: random.Random) -> int:
    tenants = _make_tenants()
    published: Counter[Any] = Counter()
    killed: Counter[str] = Counter()
    started = time.monotonic()
    with faults.processes(folder, module=MODULE, beats=1, workers=2) as processes:
        for number in range(options.kills):
            share = options.events * (number + 1) // options.kills - options.events * number // options.kills
            _publish(chance, tenants, share, published)
            if number == options.kills // 2:
                _empty_redis()
            killed[faults.kill(chance, _somebody_at_work(folder, chance, processes[1:]))] += 1
        last_kill = time.monotonic()
        faults.say(killed, last_kill - started, *faults.progress(folder))
        while unsettled := _unsettled(tenants):
            faults.stop_if_one_ended(processes)
            if time.monotonic() - last_kill > SETTLED_SECONDS:
                sys.exit(f"FAULT {unsettled} are not settled {SETTLED_SECONDS:.0f} s after the last kill.")
            time.sleep(0.5)
        settled = time.monotonic() - last_kill
    found = [fault for tenant in tenants for fault in _faults(tenant, published[tenant.pk])]
    for fault in found:
        print(f"FAULT {fault}")
    if not found:
        print(f"Redis was emptied once; all was settled {settled:.0f} s after the last kill.")
        print(f"{sum(published.values())} events, the effect of each of {RECEIVERS} receivers made exactly once.")
    return 1 if found else 0


def _make_tenants() -> list[Any]:
    from django.core.management import call_command
    from django.db import connections

    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.console.services import create_tenant
    from core.events.registry import receive
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    call_command("migrate", database="owner", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table fault_mark (tenant_id uuid, event_id uuid)")
    # Declared here, too, so that nothing that is published counts as received by fewer.
    receive("customer.tier_changed", name="fault.mark", call=print)
    at = datetime.now(UTC)
    tenants = []
    for slug in SLUGS:
        tenant, _password = create_tenant(
            slug=slug, name=slug, time_zone="UTC", currency="CNY", admin_email=f"admin@{slug}.example", at=at
        )
        with tenant_scope(tenant):
            manager = create_user(
                email=f"manager@{slug}.example",
                name="Manager",
                role=Role.ACCOUNT_MANAGER,
                language="en",
                by=None,
                at=at,
            )
            Customer.objects.bulk_create(
                Customer(number=f"C{number:04}", account_manager=manager, created_at=at) for number in range(CUSTOMERS)
            )
        tenants.append(tenant)
    return tenants


def _publish(chance: random.Random, tenants: list[Any], how_many: int, published: Counter[Any]) -> None:
    """Publish so many moves, in transactions of one up to a hundred, for one tenant after the other."""
    from core.events.services import publish_many
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    turns = cycle(chance.sample(tenants, len(tenants)))
    while how_many:
        tenant = next(turns)
        many = min(how_many, chance.choice((1, 3, 10, 30, 100)))
        with tenant_scope(tenant):
            customers = list(Customer.objects.values_list("pk", "number"))
            moves = [
                (pk, {"number": number, "from": "low", "to": "mid", "reason": "evaluation", "as_of": "2026-03-01"})
                for pk, number in chance.choices(customers, k=many)
            ]
            publish_many("customer.tier_changed", moves, at=datetime.now(UTC))
        published[tenant.pk] += many
        how_many -= many


def _empty_redis() -> None:
    from django.conf import settings
    from redis import Redis

    client = Redis.from_url(settings.REDIS_URL)
    client.flushall()
    client.close()


def _somebody_at_work(folder: Path, chance: random.Random, workers: list[Any]) -> Any:
    """Wait a moment, and until somebody is at work; return that worker, or any when nobody is for long."""
    time.sleep(chance.uniform(0.0, 1.0))
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if busy := faults.at_work(folder, workers):
            return chance.choice(busy)
        time.sleep(0.01)
    return chance.choice(workers)


def _unsettled(tenants: list[Any]) -> int:
    from core.events.models import EventDelivery, OutboxPending
    from core.tenancy.scope import tenant_scope

    found = 0
    for tenant in tenants:
        with tenant_scope(tenant):
            found += OutboxPending.objects.count() + EventDelivery.objects.filter(state="due").count()
    return found


def _faults(tenant: Any, published: int) -> list[str]:
    """Return what the database says that is not once."""
    from django.db import connection

    from core.events.models import EventDelivery, OutboxEvent
    from core.tenancy.scope import tenant_scope
    from core.web.models import Notice
    from customers.models import Interaction

    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute("select event_id from fault_mark where tenant_id = %s", [tenant.pk])
        marks = Counter(pk for (pk,) in cursor.fetchall())
        events = Counter(OutboxEvent.objects.values_list("pk", flat=True))
        notices = Counter(Notice.objects.values_list("source_id", flat=True))
        sources = Interaction.objects.exclude(source="").values_list("source", flat=True)
        entries = Counter(uuid.UUID(source.removeprefix("event:")) for source in sources)
        deliveries = Counter(EventDelivery.objects.filter(state="done").values_list("event_id", flat=True))
    found = []
    if len(events) != published:
        found.append(f"{published} were published, {len(events)} stand in the outbox")
    for name, counted, wanted in (
        ("marks", marks, 1),
        ("notices", notices, 1),
        ("entries in timelines", entries, 1),
        ("deliveries", deliveries, RECEIVERS),
    ):
        wrong = [pk for pk in events | counted if counted[pk] != wanted * events[pk]]
        if wrong:
            found.append(f"{len(wrong)} events with other than {wanted} {name}, such as {wrong[0]}")
    if not events:
        found.append("nothing was published: this proves nothing")
    return [f"{tenant.slug}: {fault}" for fault in found]


if __name__ == "__main__":
    sys.exit(main())
