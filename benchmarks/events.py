"""How fast events are published, dispatched and delivered, against the receivers' work alone; and what a sweep costs.

Run by `python -m benchmarks.events [EVENTS]`, in embedded mode; what it writes is removed at the end. One worker, in
this process. The floor is the same receiver called for as many events in one transaction, with no outbox around it.
"""

import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

EVENTS = 10_000
CUSTOMERS = 500
IDLE_TENANTS = 1000
SWEEPS = 50
AT = datetime(2026, 3, 2, tzinfo=UTC)


def main() -> None:
    """Publish, deliver and sweep, and print how fast."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)


def _measure(how_many: int) -> None:
    from django.core.management import call_command
    from django.db import connections

    from core.events.dispatching import waiting_since, work_off

    call_command("migrate", database="owner", verbosity=0)
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    tenant, moves = _make_tenants(slug, how_many)
    try:
        publishing = _timed(lambda: _publish(tenant, moves))
        floor = _call_receiver(tenant)
        sweep = _timed(lambda: [waiting_since(at=datetime.now(UTC)) for _sweep in range(SWEEPS)]) / SWEEPS
        delivering = _timed(lambda: work_off(tenant_id=tenant.pk, now=lambda: datetime.now(UTC)))
        _require_once(tenant, how_many)
    finally:
        _remove(connections["owner"], tenant.pk, slug)
    print(f"publish_many  {how_many / publishing:>8,.0f} events/s")
    print(f"receiver      {how_many / floor:>8,.0f} calls/s, alone, in one transaction")
    print(f"delivery      {how_many / delivering:>8,.0f} events/s by one worker, dispatched, called and marked")
    print(f"delivery runs at {floor / delivering:.0%} of the receiver alone")
    print(f"one sweep of {IDLE_TENANTS + 1:,} tenants, {how_many:,} events waiting: {sweep * 1000:.1f} ms")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _make_tenants(slug: str, how_many: int) -> tuple[Any, list[tuple[uuid.UUID, dict[str, str]]]]:
    """Make a busy tenant and many idle ones; return the busy one and what is to be published of its customers."""
    from core.accounts.enums import Role
    from core.accounts.services import create_user
    from core.console.services import create_tenant
    from core.tenancy.models import Tenant
    from core.tenancy.scope import tenant_scope
    from customers.models import Customer

    tenant, _password = create_tenant(
        slug=slug, name=slug, time_zone="UTC", currency="CNY", admin_email=f"admin@{slug}.example", at=AT
    )
    Tenant.objects.bulk_create(
        Tenant(slug=f"{slug}-{number}", name=slug, created_at=AT) for number in range(IDLE_TENANTS)
    )
    with tenant_scope(tenant):
        manager = create_user(
            email=f"m@{slug}.example", name="M", role=Role.ACCOUNT_MANAGER, language="en", by=None, at=AT
        )
        customers = Customer.objects.bulk_create(
            Customer(number=f"B{number:06}", account_manager=manager, created_at=AT) for number in range(CUSTOMERS)
        )
    facts = {"from": "low", "to": "mid", "reason": "evaluation", "as_of": "2026-03-01"}
    chosen = random.Random(20260302).choices(customers, k=how_many)
    return tenant, [(customer.pk, {"number": customer.number, **facts}) for customer in chosen]


def _publish(tenant: Any, moves: list[tuple[uuid.UUID, dict[str, str]]]) -> None:
    from core.events.services import publish_many
    from core.tenancy.scope import tenant_scope

    with tenant_scope(tenant):
        publish_many("customer.tier_changed", moves, at=AT)


def _call_receiver(tenant: Any) -> float:
    """Return the seconds that the receiver's own work takes for all events; undo it."""
    from core.events.models import OutboxEvent
    from core.tenancy.scope import tenant_scope
    from core.web.models import Notice
    from tiering.receivers import tell_account_manager

    with tenant_scope(tenant):
        events = list(OutboxEvent.objects.all())
        seconds = _timed(lambda: [tell_account_manager(event=event, at=AT) for event in events])
    with tenant_scope(tenant):
        Notice.objects.all().delete()
    return seconds


def _require_once(tenant: Any, how_many: int) -> None:
    from core.events.models import EventDelivery
    from core.tenancy.scope import tenant_scope
    from core.web.models import Notice

    with tenant_scope(tenant):
        found = (EventDelivery.objects.filter(state="done").count(), Notice.objects.count())
    if found != (how_many, how_many):
        sys.exit(f"{found} of {how_many} events were delivered and told.")


def _remove(connection: object, tenant_id: uuid.UUID, slug: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, false)", [str(tenant_id)])
        for table in (
            "web_notice",
            "events_eventdelivery",
            "events_outboxpending",
            "events_outboxevent",
            "customers_customer",
        ):
            cursor.execute(f"delete from {table} where tenant_id = %s", [tenant_id])
        cursor.execute("delete from tenancy_tenant where slug like %s", [f"{slug}-%"])
        cursor.execute("update tenancy_tenant set is_active = false where id = %s", [tenant_id])


if __name__ == "__main__":
    main()
