"""Writing the trail: one line in a service, in the transaction of what it tells about."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from structlog.contextvars import get_contextvars

from core.audit.actions import is_declared
from core.audit.models import AuditEvent
from core.crypto.register import Kind, kind_of
from core.tenancy.models import TenantModel

# Counted up with every change, so it says nothing.
SILENT = frozenset({"version"})
SYSTEM = "system"
CREATED = "created"
BATCH = 1000


def record(
    action: str,
    *,
    subject: TenantModel | None = None,
    of: TenantModel | None = None,
    by: Any,
    at: datetime,
    details: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Add an event to the trail, with what changed of the subject since it was read.

    With `of`, the event is told about that record, of which the subject is a part; with `of` alone, the action says
    all there is. `by` is a user, an API key, or
    None for the system. `details` are business facts, never personal data. Raises KeyError for an undeclared action.
    """
    event = _event(action, subject=subject, of=of, by=by, at=at, details=details, reason=reason)
    event.save(force_insert=True)
    return event


def record_many(
    action: str,
    subjects: Iterable[TenantModel],
    *,
    of: Callable[[Any], TenantModel] | None = None,
    by: Any,
    at: datetime,
    details: Callable[[Any], dict[str, Any]] | None = None,
) -> list[AuditEvent]:
    """Add an event for each of the subjects, as `record` does, in few statements; `of` and `details` are of each."""
    events = [
        _event(
            action,
            subject=each,
            of=of and of(each),
            by=by,
            at=at,
            details=details and details(each),
            reason="",
        )
        for each in subjects
    ]
    return AuditEvent.objects.bulk_create(events, batch_size=BATCH)


def _event(
    action: str,
    *,
    subject: TenantModel | None,
    of: TenantModel | None,
    by: Any,
    at: datetime,
    details: dict[str, Any] | None,
    reason: str,
) -> AuditEvent:
    if not is_declared(action):
        raise KeyError(f"The action {action} is not declared.")
    whole = of or subject
    salt = secrets.token_hex(16) if reason else None
    return AuditEvent(
        action=action,
        subject_kind=whole._meta.label_lower if whole is not None else "",
        subject_id=whole.pk if whole is not None else None,
        actor_kind=by._meta.model_name if by is not None else SYSTEM,
        actor_id=by.pk if by is not None else None,
        changes=_take_changes(subject) if subject is not None else {},
        details=details or {},
        reason=reason or None,
        reason_salt=salt,
        reason_digest=reason_digest(salt, reason) if salt else "",
        request_id=get_contextvars().get("request_id", ""),
        happened_at=at,
    )


def reason_digest(salt: str, reason: str) -> str:
    """Return what the chain holds of a reason."""
    return hashlib.sha256(f"{salt}:{reason}".encode()).hexdigest()


def _take_changes(subject: TenantModel) -> dict[str, list[Any] | None]:
    """Return what differs from the row as it was read, and take the present state as read from here on."""
    read = subject.__dict__.get("as_read")
    changes: dict[str, list[Any] | None] = {}
    now: dict[str, Any] = {}
    for field in subject._meta.local_concrete_fields:
        name = field.attname
        if name not in subject.__dict__ or field.generated:
            continue
        value = now[name] = subject.__dict__[name]
        if read is None or name not in read or field.name in SILENT or value == read[name]:
            continue
        changes[field.name] = [_plain(read[name]), _plain(value)] if _may_be_told(field) else None
    subject.as_read = now
    return changes


def _may_be_told(field: models.Field) -> bool:
    return kind_of(field) == Kind.BUSINESS


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    return value
