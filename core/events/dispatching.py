"""From the outbox to the receivers.

Events that somebody receives are dispatched: for each receiver a row says that it is owed the event. A worker locks
due rows, calls the receivers, and commits their effects with the rows' marks, so two workers, a killed one or a
message delivered twice make each effect once.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import F

from core.events.enums import UNSETTLED, DeliveryFault, DeliveryState
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.registry import receiver_named, receivers
from core.events.waking import WAKE_UP_SECONDS, WakeUp
from core.tenancy.errors import DomainError
from core.tenancy.ids import UUID7, made_at
from core.tenancy.scope import required_tenant_id, tenant_scope

DISPATCH_BATCH = 1000
DELIVERY_BATCH = 100
# A batch ends after so long even when there is more of it, so that slow receivers hold no lock for long, and whoever
# must be alone with the tenant need not wait.
BATCH_SECONDS = 1.0
# A receiver that hangs in the database is cut off by it: Python is told nothing while it waits for an answer. What all
# of them do takes milliseconds, and nothing of ours holds a lock for so long.
STATEMENT_SECONDS = 20.0
LOCK_SECONDS = 10.0
# A turn ends after so long and wakes the next one, so that what ends a task by its own limit is a receiver that hangs.
TURN_SECONDS = 60
LIMITS = "select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
CUT_OFF = {"57014": DeliveryFault.TOOK_TOO_LONG, "55P03": DeliveryFault.LOCKED_OUT}
MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
COUNT_CAP = 1000
BACKLOG_CAP = 100_000

log = structlog.get_logger(__name__)

DISPATCH = f"""
    with taken as (
        delete from events_outboxpending
        where tenant_id = %(tenant)s and id = any (array(
            select id from events_outboxpending where tenant_id = %(tenant)s
            order by id limit %(batch)s for update skip locked
        ))
        returning id
    ),
    owed as (
        insert into events_eventdelivery (id, tenant_id, event_id, receiver, state, attempts, due_at, error)
        select {UUID7}, %(tenant)s, e.id, r.receiver, 'due', 0, %(at)s, ''
        from taken t
        join events_outboxevent e on e.tenant_id = %(tenant)s and e.id = t.id
        join unnest(%(events)s::text[], %(receivers)s::text[]) as r(event, receiver) on r.event = e.name
        on conflict (tenant_id, event_id, receiver) do nothing
    )
    select count(*) from taken"""  # noqa: S608  constants of this module

# From tenant to tenant by the index, so that the cost is that of the tenants for whom something waits.
WAITING = """
    with recursive pending as (
        (select tenant_id, id from events_outboxpending order by tenant_id, id limit 1)
        union all
        select n.tenant_id, n.id from pending p cross join lateral (
            select tenant_id, id from events_outboxpending where tenant_id > p.tenant_id
            order by tenant_id, id limit 1
        ) n
    ),
    due as (
        (select tenant_id, due_at from events_eventdelivery where state = 'due' order by tenant_id, due_at limit 1)
        union all
        select n.tenant_id, n.due_at from due d cross join lateral (
            select tenant_id, due_at from events_eventdelivery where state = 'due' and tenant_id > d.tenant_id
            order by tenant_id, due_at limit 1
        ) n
    )
    select w.tenant_id, w.id, w.due_at
    from (
        select tenant_id, id, null::timestamptz as due_at from pending
        union all
        select tenant_id, null, due_at from due where due_at <= %s
    ) w
    join tenancy_tenant t on t.id = w.tenant_id and t.is_active"""

BACKLOG = """
    select (select count(*) from (select from events_outboxpending limit %s) p),
        (select count(*) from (select from events_eventdelivery where state = 'due' limit %s) d),
        (select count(*) from (
            select from events_eventdelivery where state in ('due', 'dead') and state = 'dead' limit %s
        ) f)"""


def work_off(*, tenant_id: uuid.UUID, now: Callable[[], datetime]) -> None:
    """Dispatch and deliver all that is due of one tenant, batch by batch; `now()` tells the time.

    Each batch is a transaction of its own. What another worker holds is left to it, and what is left after
    TURN_SECONDS to another turn, for which a worker is woken.
    """
    end = time.monotonic() + TURN_SECONDS
    more = True
    while more and time.monotonic() < end:
        with tenant_scope(tenant_id):
            more = dispatch(at=now()) == DISPATCH_BATCH
    more = True
    while more and time.monotonic() < end:
        with tenant_scope(tenant_id):
            more = deliver(now=now)
    if more:
        WakeUp(tenant_id)()


def dispatch(*, at: datetime) -> int:
    """Turn the oldest of the active tenant's waiting events into what each receiver is owed; return how many.

    An event that nobody receives any more owes nothing.
    """
    pairs = receivers()
    with connection.cursor() as cursor:
        cursor.execute(
            DISPATCH,
            {
                "tenant": required_tenant_id(),
                "batch": DISPATCH_BATCH,
                "at": at,
                "events": [event for event, _receiver in pairs],
                "receivers": [receiver for _event, receiver in pairs],
            },
        )
        return cursor.fetchone()[0]


def deliver(*, now: Callable[[], datetime]) -> bool:
    """Call the receivers of what is due to the active tenant, the longest due first; tell whether more may be due.

    It all is one transaction, but each receiver has a savepoint: what one raises undoes that one's effect alone. A
    statement of a receiver that takes longer than STATEMENT_SECONDS, or waits LOCK_SECONDS for a lock, is cut off and
    is a failure, as is one that the task's own time limit ends. A worker that is killed has made no attempt.
    """
    due = _lock_due(now())
    end = time.monotonic() + BATCH_SECONDS
    tried = []
    _limit_statements()
    for delivery in due:
        _attempt(delivery, now())
        tried.append(delivery)
        if time.monotonic() > end:
            break
    _mark(tried)
    return len(tried) < len(due) or len(due) == DELIVERY_BATCH


def _lock_due(at: datetime) -> list[EventDelivery]:
    """Lock the longest due, with their events: read apart, because a join might go through all events first."""
    due = list(
        EventDelivery.objects.select_for_update(skip_locked=True)
        .filter(state=DeliveryState.DUE, due_at__lte=at)
        .order_by("due_at", "pk")[:DELIVERY_BATCH]
    )
    events = OutboxEvent.objects.in_bulk([delivery.event_id for delivery in due])
    for delivery in due:
        delivery.event = events[delivery.event_id]
    return due


def _limit_statements() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LIMITS, [f"{seconds * 1000:.0f}" for seconds in (STATEMENT_SECONDS, LOCK_SECONDS)])


def _attempt(delivery: EventDelivery, at: datetime) -> None:
    delivery.attempts += 1
    try:
        with transaction.atomic():
            receiver_named(delivery.receiver)(event=delivery.event, at=at)
            _check_deferred_constraints()
    except DomainError as refusal:
        log.warning("events.refused", receiver=delivery.receiver, event_id=str(delivery.event_id), code=refusal.code)
        delivery.state = DeliveryState.DEAD
        delivery.settled_at = at
        delivery.error = refusal.code[:100]
    except Exception as failure:
        log.exception("events.receiver_failed", receiver=delivery.receiver, event_id=str(delivery.event_id))
        _note_failure(delivery, failure, at)
    else:
        delivery.state = DeliveryState.DONE
        delivery.settled_at = at


def _mark(tried: list[EventDelivery]) -> None:
    """Write how it went: those that are done in one plain statement, because they are nearly all."""
    done = [delivery for delivery in tried if delivery.state == DeliveryState.DONE]
    if done:
        EventDelivery.objects.filter(pk__in=[delivery.pk for delivery in done]).update(
            state=DeliveryState.DONE, attempts=F("attempts") + 1, settled_at=done[-1].settled_at, error=""
        )
    troubled = [delivery for delivery in tried if delivery.state != DeliveryState.DONE]
    EventDelivery.objects.bulk_update(troubled, ["state", "attempts", "due_at", "settled_at", "error"])


def _check_deferred_constraints() -> None:
    """Have a reference that points nowhere fail here, at the receiver's own savepoint, and not at the commit of all."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")


def _note_failure(delivery: EventDelivery, failure: Exception, at: datetime) -> None:
    delivery.error = _fault_of(failure) or type(failure).__name__[:100]
    if delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = DeliveryState.DEAD
        delivery.settled_at = at
    else:
        delivery.due_at = at + pause_after(delivery.attempts)


def _fault_of(failure: Exception) -> str:
    if isinstance(failure, SoftTimeLimitExceeded):
        return DeliveryFault.TOOK_TOO_LONG
    return CUT_OFF.get(getattr(failure.__cause__, "pgcode", None), "")


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: doubled each time, half as long up to half as long again.

    By chance, so that what failed together is not tried again together.
    """
    pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return pause * random.uniform(0.5, 1.5)  # noqa: S311  nothing secret


def waiting_since(*, at: datetime) -> dict[uuid.UUID, datetime]:
    """Return for each active tenant with events or deliveries that are due since when the oldest waits.

    One query, whose cost grows with the number of these tenants alone; no scope may be open.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [at])
        rows = cursor.fetchall()
    oldest: dict[uuid.UUID, datetime] = {}
    for tenant_id, event_id, due_at in rows:
        since = due_at or made_at(event_id)
        oldest[tenant_id] = min(since, oldest.get(tenant_id, since))
    return oldest


@dataclass(frozen=True)
class Standing:
    """How it stands with one tenant's events; counted up to one more than COUNT_CAP."""

    waiting: int
    due: int
    later: int
    dead: int
    since: datetime | None

    def shown(self) -> dict[str, str]:
        """Return the counts as a page shows them."""
        counts = {"waiting": self.waiting, "due": self.due, "later": self.later, "dead": self.dead}
        return {name: f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}" for name, count in counts.items()}


def standing(*, at: datetime) -> Standing:
    """Return how many of the active tenant's events wait to be dispatched, are due, due later, and dead; and since
    when the oldest of what is due waits. Six small queries.
    """
    pending = OutboxPending.objects.order_by("pk")
    due = EventDelivery.objects.filter(state=DeliveryState.DUE)
    overdue = due.filter(due_at__lte=at)
    dead = EventDelivery.objects.filter(state__in=UNSETTLED).filter(state=DeliveryState.DEAD)
    counts = [rows.order_by()[: COUNT_CAP + 1].count() for rows in (pending, overdue, due.filter(due_at__gt=at), dead)]
    oldest = [made_at(pk) for pk in pending.values_list("pk", flat=True)[:1]]
    oldest += overdue.order_by("due_at").values_list("due_at", flat=True)[:1]
    return Standing(*counts, since=min(oldest, default=None))


def lag(*, at: datetime) -> timedelta:
    """Return how long the oldest of all tenants' due events has waited."""
    return max((at - since for since in waiting_since(at=at).values()), default=timedelta(0))


def backlog() -> dict[str, int]:
    """Return how many events of all tenants wait to be dispatched, deliveries are due now or later, and are dead.

    Each is counted up to BACKLOG_CAP; one query, and no scope may be open.
    """
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [BACKLOG_CAP] * 3)
        return dict(zip(("pending", "due", "dead"), cursor.fetchone(), strict=True))


def wake_workers(*, at: datetime) -> int:
    """Send a wake-up for each tenant for whom something waits; return how many."""
    from core.events.tasks import deliver_events_task  # noqa: PLC0415  the task is an interface to this module

    waiting = waiting_since(at=at)
    for tenant_id in waiting:
        deliver_events_task.apply_async(kwargs={"tenant_id": str(tenant_id)}, expires=WAKE_UP_SECONDS)
    return len(waiting)
