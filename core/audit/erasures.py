"""The erasure log: what was erased is noted in the same transaction, and can be done again after a restore.

Rooms register what they erase in AppConfig.ready(). The export is one JSON object a line, in the order of time.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from core.audit.models import AuditEvent, Erasure
from core.audit.services import SYSTEM
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import alone

Again = Callable[..., None]
Part = Callable[[], dict[str, int]]
_kinds: dict[str, Again] = {}
_parts_of_tenants: list[Part] = []


class BadErasureLog(DomainError):
    code = "bad_erasure_log"


@dataclass(frozen=True)
class Replay:
    """How many entries were done again, were there already, or name a tenant or a kind that is not known here."""

    done: int
    known: int
    unknown: int


def register(kind: str, again: Again) -> None:
    """Have `again(subject_id=…, at=…)` repeat an erasure of this kind inside its tenant, where anything is left.

    It is called `alone`; the log is brought up to date for it.
    """
    _kinds[kind] = again


def register_part_of_tenant(part: Part) -> None:
    """Have `part()` remove what a room keeps of the active tenant in clear, when that is erased; it returns counts."""
    _parts_of_tenants.append(part)


def erase_parts_of_tenant() -> dict[str, int]:
    """Remove what all rooms keep of the active tenant in clear; return counts by name."""
    return {name: count for part in _parts_of_tenants for name, count in part().items()}


def log_erasure(kind: str, *, subject_id: uuid.UUID, by: Any = None, operator: str = "", at: datetime) -> Erasure:
    """Note an erasure in the active tenant: `by` a user, or by an operator of the platform."""
    return Erasure.objects.create(
        kind=kind,
        subject_id=subject_id,
        actor_kind=by._meta.model_name if by is not None else SYSTEM,
        actor_id=by.pk if by is not None else None,
        operator=operator[:100],
        happened_at=at,
    )


def erase_reasons(subject_id: uuid.UUID) -> int:
    """Take the words people gave as reasons out of the trail of one subject; return how many there were."""
    reasons = AuditEvent.objects.filter(subject_id=subject_id, reason__isnull=False)
    return reasons.update(reason=None, reason_salt=None)


def export_log() -> Iterator[str]:
    """Yield every erasure of every tenant as a line of JSON; no scope may be open."""
    for row in Erasure.all_tenants.order_by("happened_at", "pk").values():
        yield json.dumps(row, default=str, sort_keys=True)


def replay_log(lines: Iterable[str], *, at: datetime) -> Replay:
    """Do every erasure of an exported log again that the database does not know of. Raises BadErasureLog.

    The whole file is read before anything is done.
    """
    done = known = unknown = 0
    for tenant_id, facts in [_entry_of(line, number) for number, line in enumerate(lines, 1) if line.strip()]:
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if tenant is None or facts["kind"] not in _kinds:
            unknown += 1
        elif alone(tenant, partial(_again, facts, at)):
            done += 1
        else:
            known += 1
    return Replay(done, known, unknown)


def _again(facts: dict[str, Any], at: datetime) -> bool:
    if Erasure.objects.filter(pk=facts["pk"]).exists():
        return False
    _kinds[facts["kind"]](subject_id=facts["subject_id"], at=at)
    Erasure.objects.create(**facts)
    return True


def _entry_of(line: str, number: int) -> tuple[uuid.UUID, dict[str, Any]]:
    try:
        entry = json.loads(line)
        facts = {
            "pk": uuid.UUID(entry["id"]),
            "kind": str(entry["kind"]),
            "subject_id": uuid.UUID(entry["subject_id"]),
            "actor_kind": str(entry["actor_kind"]),
            "actor_id": uuid.UUID(entry["actor_id"]) if entry["actor_id"] else None,
            "operator": str(entry["operator"]),
            "happened_at": datetime.fromisoformat(entry["happened_at"]),
        }
        return uuid.UUID(entry["tenant_id"]), facts
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadErasureLog(f"Line {number} is no entry of an erasure log.") from error
