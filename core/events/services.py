import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.audit.services import record
from core.events.enums import DeliveryState
from core.events.models import EventDelivery, OutboxEvent, OutboxPending
from core.events.registry import event_type, is_received
from core.events.waking import WakeUp, wake_for
from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id

BATCH = 2000


class NotDead(DomainError):
    code = "event_not_dead"
    message = _("This event is no dead letter, or somebody else has sent it again already.")


def publish(name: str, *, subject_id: uuid.UUID, payload: dict[str, Any], at: datetime) -> OutboxEvent:
    """Write an event into the outbox, in the caller's transaction, and wake a worker after its commit.

    Raises KeyError for an undeclared event and ValueError for a payload that differs from the declared one.
    """
    return _publish(name, [(subject_id, payload)], at)[0]


def publish_many(name: str, happenings: Iterable[tuple[uuid.UUID, dict[str, Any]]], *, at: datetime) -> None:
    """Write many events of one name, given as (subject's id, payload), as `publish` does; a few statements in all.

    Writers in SQL use `statement.telling` instead.
    """
    _publish(name, happenings, at)


def _publish(name: str, happenings: Iterable[tuple[uuid.UUID, dict[str, Any]]], at: datetime) -> list[OutboxEvent]:
    declared = event_type(name)
    events = []
    for subject_id, payload in happenings:
        declared.check(payload)
        events.append(
            OutboxEvent(name=name, version=declared.version, subject_id=subject_id, payload=payload, occurred_at=at)
        )
    OutboxEvent.objects.bulk_create(events, batch_size=BATCH)
    if events and is_received(name):
        OutboxPending.objects.bulk_create([OutboxPending(pk=event.pk) for event in events], batch_size=BATCH)
        wake_for(name)
    return events


@transaction.atomic
def send_again(*, delivery: EventDelivery, by: Any, at: datetime) -> EventDelivery:
    """Make a dead letter due once more, with all its attempts. Raises NotDead."""
    delivery = EventDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if delivery.state != DeliveryState.DEAD:
        raise NotDead
    delivery.state = DeliveryState.DUE
    delivery.attempts = 0
    delivery.due_at = at
    delivery.settled_at = None
    delivery.save(update_fields=["state", "attempts", "due_at", "settled_at"])
    record("event.sent_again", of=delivery, by=by, at=at, details={"receiver": delivery.receiver})
    transaction.on_commit(WakeUp(required_tenant_id()))
    return delivery


@transaction.atomic
def send_all_again(*, deliveries: QuerySet[EventDelivery], by: Any, at: datetime) -> int:
    """Make all dead letters among `deliveries` due once more, in one statement; return how many there were."""
    dead = deliveries.order_by().filter(state=DeliveryState.DEAD)
    sent = dead.update(state=DeliveryState.DUE, attempts=0, due_at=at, settled_at=None)
    if sent:
        record("event.sent_again", by=by, at=at, details={"rows": sent})
        transaction.on_commit(WakeUp(required_tenant_id()))
    return sent
