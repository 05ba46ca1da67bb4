import uuid
from datetime import datetime
from typing import Any

from core.events.models import OutboxEvent
from core.events.registry import event_type


def publish(name: str, *, subject_id: uuid.UUID, payload: dict[str, Any], at: datetime) -> OutboxEvent:
    """Write an event into the outbox, in the caller's transaction.

    Raises KeyError for an undeclared event and ValueError for a payload that differs from the declared one.
    """
    declared = event_type(name)
    if set(payload) != set(declared.payload):
        raise ValueError(f"{name} carries {sorted(declared.payload)}, not {sorted(payload)}.")
    return OutboxEvent.objects.create(
        name=name, version=declared.version, subject_id=subject_id, payload=payload, occurred_at=at
    )
