"""Publishing by writers in SQL: parts of their own statement, so that what happened and its telling are one."""

from collections.abc import Mapping

from core.events.registry import event_type, is_received
from core.tenancy.ids import UUID7


def telling(name: str, *, of: str, subject: str, payload: Mapping[str, str]) -> str:
    """Return parts of a `with` that publish the event once for each row of `of`, a table with or without a `where`.

    `subject` and the values of `payload` are expressions over it. The statement's parameters are %(tenant)s and
    %(at)s; its writer calls `wake_for` beside it. Raises KeyError for an undeclared event and ValueError for a
    payload that differs from the declared one.
    """
    declared = event_type(name)
    if set(payload) != set(declared.payload):
        raise ValueError(f"{name} carries {sorted(declared.payload)}, not {sorted(payload)}.")
    facts = ", ".join(f"'{fact}', {expression}" for fact, expression in payload.items())
    part = f"told_{name.replace('.', '_')}"
    told = f"""{part} as (
        insert into events_outboxevent (id, tenant_id, name, version, subject_id, payload, occurred_at)
        select {UUID7}, %(tenant)s::uuid, '{name}', {declared.version}, {subject}, jsonb_build_object({facts}), %(at)s
        from {of}
        returning id
    )"""  # noqa: S608  constants of the caller
    if not is_received(name):
        return told
    return f"""{told},
    waiting_{part} as (
        insert into events_outboxpending (tenant_id, id) select %(tenant)s::uuid, id from {part}
    )"""  # noqa: S608  constants of the caller
