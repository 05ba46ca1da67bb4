"""Kill beats and workers at random while nights pass, and see that each night's work was done once.

Real servers in a folder of their own, two beats, two workers, several couriers in different time zones. The clock of
the beats and workers is this script's: a night comes whenever the one before is planned. Each piece of work is held
for up to a second before its commit, so that the kills fall into it. Afterwards the database must say that every
(courier, job, date) was done exactly once, that no move of a customer is doubled or missing, and that each was told.
"""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import faults

MODULE = "fault_nightly_application"
ZONES = ("Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Asia/Kolkata", "UTC")
FIRST_NIGHT = datetime(2026, 1, 12, 12, tzinfo=UTC)  # everywhere after 02:00 of the same date
CUSTOMERS, SHIPMENTS_EACH, WINDOW_DAYS = 120, 12, 7
PATIENCE_SECONDS = 300.0

# What the beats and workers run: the product with a faster sweep, the script's clock, and work that takes long.
APPLICATION = """
import os
import random
import time
from datetime import datetime
from pathlib import Path

import django

from courier_crm.celery import app

django.setup()

from core.jobs import nightly, services, tasks

HERE = Path(__file__).parent
app.conf.beat_schedule["sweep due work"]["schedule"] = 1.0
app.conf.beat_schedule["sweep due work"]["options"]["expires"] = services.WAKE_UP_SECONDS = 2


class Clock:
    @staticmethod
    def now():
        return datetime.fromisoformat((HERE / "clock").read_text())


def note(word):
    with (HERE / "work.log").open("a") as log:
        log.write(f"{word} {os.getpid()}\\n")


def slowly(run):
    def work(**arguments):
        note("begun")
        result = run(**arguments)
        time.sleep(random.random())
        note("ended")
        return result

    return work


tasks.timezone = Clock
for job in nightly.nightly_jobs():
    nightly.register(job.name, label=job.label, run=slowly(job.run), at=job.at)
"""


def main() -> int:
    """Return 0 when everything was done once, 1 with what was not."""
    return faults.run(_arguments(), module=MODULE, application=APPLICATION, work=_run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="how many processes are killed, one a night (20)")
    parser.add_argument("--tenants", type=int, default=3, help=f"how many couriers, up to {len(ZONES)} (3)")
    faults.add_arguments(parser)
    options = parser.parse_args()
    if options.kills < 1 or not 1 <= options.tenants <= len(ZONES):
        parser.error(f"--kills from 1, --tenants from 1 to {len(ZONES)}")
    return options


def _run(folder: Path, options: argparse.Namespace, chance: random.Random) -> int:
    print(f"Making {options.tenants} couriers …", flush=True)
    tenants = _make_tenants(options.tenants, chance)
    nights = [FIRST_NIGHT + timedelta(days=n) for n in range(options.kills)]
    started = time.monotonic()
    killed: Counter[str] = Counter()
    _set_clock(folder, FIRST_NIGHT - timedelta(hours=FIRST_NIGHT.hour + 23))
    with faults.processes(folder, module=MODULE, beats=2, workers=2) as processes:
        workers = [child for child in processes if child.name.startswith("worker")]
        for night in nights:
            _set_clock(folder, night)
            is_in_work = _wait_for_moment(folder, chance)
            killed[faults.kill(chance, chance.choice(workers if is_in_work else processes))] += 1
            _wait(_expected(tenants, 1), tenants, processes, business_date=night.date())
        _wait(_expected(tenants, len(nights)), tenants, processes, state="done")
    faults.say(killed, time.monotonic() - started, *faults.progress(folder))
    found = [fault for tenant in tenants for fault in _faults(tenant, [night.date() for night in nights])]
    for fault in found:
        print(f"FAULT {fault}")
    if not found:
        print(f"{_expected(tenants, len(nights))} pieces of nightly work, each done exactly once.")
    return 1 if found else 0


def _make_tenants(how_many: int, chance: random.Random) -> list[Any]:
    from django.core.management import call_command

    from core.console.services import create_tenant
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope
    from tiering.models import TierPolicy
    from tiering.rules import LABELS
    from tiering.services import approve_policy, submit_policy, try_policy, write_policy

    call_command("migrate", database="owner", verbosity=0)
    tenants = []
    for zone in ZONES[:how_many]:
        slug = zone.lower().replace("/", "-").replace("_", "-")
        tenant, _password = create_tenant(
            slug=slug, name=zone, time_zone=zone, currency="CNY", admin_email=f"admin@{slug}.example", at=FIRST_NIGHT
        )
        with tenant_scope(tenant):
            _make_customers(chance)
            rules = {name: getattr(TierPolicy.objects.get(), name) for name in LABELS}
            rules |= {"window_days": WINDOW_DAYS, "vip_percent": 20, "mid_percent": 30, "demotion_runs": 1}
            policy = write_policy(**rules, by=None, at=FIRST_NIGHT)
            submit_policy(policy=policy, by=None, at=FIRST_NIGHT)
            try_policy(policy=policy, at=FIRST_NIGHT)
            approve_policy(policy=policy, by=None, at=FIRST_NIGHT)
        tenants.append(tenant)
    # They have nights of their own, which nobody here waits for or looks at.
    Tenant.objects.exclude(sandbox_of=None).update(is_active=False)
    return tenants


def _make_customers(chance: random.Random) -> None:
    """Make customers whose order is another one every day."""
    from customers.models import Customer
    from shipments.models import Shipment

    begin = FIRST_NIGHT - timedelta(days=WINDOW_DAYS)
    customers = Customer.objects.bulk_create(
        Customer(number=f"C{n:04}", created_at=begin, first_shipment_at=begin) for n in range(CUSTOMERS)
    )
    Shipment.objects.bulk_create(
        Shipment(
            waybill_number=f"{customer.number}-{n}",
            customer=customer,
            accepted_at=begin + timedelta(hours=chance.randrange(24 * 45)),
            freight=chance.randrange(100, 5000),
        )
        for customer in customers
        for n in range(SHIPMENTS_EACH)
    )


def _set_clock(folder: Path, at: datetime) -> None:
    new = folder / "clock.new"
    new.write_text(at.isoformat())
    new.replace(folder / "clock")


def _wait_for_moment(folder: Path, chance: random.Random) -> bool:
    """Return while the night is planned or, more often, while somebody is at work; True for the latter."""
    if chance.random() < 0.35:
        time.sleep(chance.uniform(0.0, 1.5))
        return False
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        begun, ended = faults.progress(folder)
        if begun > ended:
            time.sleep(chance.uniform(0.0, 0.5))
            return True
        time.sleep(0.02)
    return False


def _wait(how_many: int, tenants: list[Any], children: list[Any], **wanted: Any) -> None:
    """Return when so many runs are as wanted; give up when a process ended by itself, or after too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _runs(tenants, **wanted) < how_many:
        faults.stop_if_one_ended(children)
        if time.monotonic() > deadline:
            sys.exit(f"FAULT After {PATIENCE_SECONDS:.0f} s there are not {how_many} runs with {wanted}.")
        time.sleep(0.1)


def _expected(tenants: list[Any], nights: int) -> int:
    from core.jobs.nightly import nightly_jobs

    return len(tenants) * len(nightly_jobs()) * nights


def _runs(tenants: list[Any], **wanted: Any) -> int:
    from core.jobs.models import JobRun
    from core.tenancy.scope import tenant_scope

    found = 0
    for tenant in tenants:
        with tenant_scope(tenant):
            found += JobRun.objects.filter(**wanted).count()
    return found


def _faults(tenant: Any, nights: list[date]) -> list[str]:
    """Return what the database says that is not once."""
    from core.events.models import OutboxEvent
    from core.jobs.models import JobRun
    from core.jobs.nightly import nightly_jobs
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer
    from tiering.models import TierChange

    faults = []
    with tenant_scope(tenant):
        runs = list(JobRun.objects.all())
        changes = list(TierChange.objects.order_by("changed_at", "id").select_related("customer"))
        told = OutboxEvent.objects.filter(name="customer.tier_changed")
        events = Counter(told.values_list("subject_id", "payload__as_of"))
        tiers = dict(Customer.objects.values_list("pk", "tier"))
    counted = Counter((run.job, run.business_date) for run in runs)
    wanted = {(job.name, night) for job in nightly_jobs() for night in nights}
    faults += [
        f"{key}: {counted[key]} runs" for key in wanted | set(counted) if (key in wanted, counted[key]) != (True, 1)
    ]
    faults += [
        f"{run.business_date} {run.job}: {run.state}, {run.attempts} attempts, {run.error}"
        for run in runs
        if (run.state, run.attempts) != ("done", 1)
    ]
    moves = Counter(change.as_of for change in changes)
    for run in runs:
        as_of = run.business_date - timedelta(days=1)
        if run.job == "tiering.evaluate" and run.result.get("moves") != moves[as_of]:
            faults.append(f"{run.business_date}: {run.result.get('moves')} moves found, {moves[as_of]} kept")
    kept = Counter((change.customer_id, change.as_of.isoformat()) for change in changes)
    faults += [f"{key} moved {count} times" for key, count in kept.items() if count != 1]
    if events != kept:
        faults.append(f"moves and events differ: {(events - kept) + (kept - events)}")
    stands: dict[Any, str | None] = {}
    for change in changes:
        stood = stands.get(change.customer_id)
        if change.from_tier != stood:
            faults.append(f"{change.customer.number} moved from {change.from_tier}, but stood in {stood}")
        stands[change.customer_id] = change.to_tier
    if stands != tiers:
        faults.append("customers do not stand where their last move put them")
    if not changes:
        faults.append("nobody moved: this proves nothing")
    return [f"{tenant.slug}: {fault}" for fault in faults]


if __name__ == "__main__":
    sys.exit(main())
