"""Adding to the trail by writers in SQL: a part of their own statement, so that the change and its telling are one."""

from typing import Any

from structlog.contextvars import get_contextvars

from core.audit.actions import is_declared
from core.audit.services import SYSTEM
from core.tenancy.ids import UUID7

RECORDING = f"""
    insert into audit_auditevent
        (id, tenant_id, action, subject_kind, subject_id, actor_kind, actor_id, changes, details, reason_digest,
        request_id, happened_at)
    select {UUID7}, %(tenant)s::uuid, '{{action}}', '{{kind}}', {{subject}}, %(actor_kind)s, %(actor_id)s::uuid,
        {{changes}}, {{details}}, '', %(request_id)s, %(at)s
    from {{of}}"""  # noqa: S608  constants of the caller


def recording(action: str, *, of: str, kind: str, subject: str, changes: str = "'{}'", details: str = "'{}'") -> str:
    """Return a statement that adds an event for each row of `of`, a table with or without a `where`.

    `kind` is the subject's ("shipments.shipment"); `subject`, `changes` and `details` are expressions over the row, the
    latter jsonb as `record` would write it. The parameters are %(tenant)s, %(at)s, and those of `actor`. Raises
    KeyError for an undeclared action.
    """
    if not is_declared(action):
        raise KeyError(f"The action {action} is not declared.")
    return RECORDING.format(action=action, of=of, kind=kind, subject=subject, changes=changes, details=details)


def actor(by: Any) -> dict[str, Any]:
    """Return the parameters that say who does it: a user, an API key, or None for the system."""
    return {
        "actor_kind": by._meta.model_name if by is not None else SYSTEM,
        "actor_id": by.pk if by is not None else None,
        "request_id": get_contextvars().get("request_id", ""),
    }
