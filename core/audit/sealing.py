"""The chain: committed events are sealed one after the other, apart from the requests that wrote them.

Chaining inside the writing transaction would make one long import freeze everybody else who writes.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from core.audit.models import AuditEvent, AuditPending, AuditSeal, Erasure
from core.audit.services import reason_digest
from core.crypto.errors import KeyUnavailable
from core.crypto.fields import Undecryptable
from core.crypto.models import RootKey
from core.tenancy.ids import made_at
from core.tenancy.scope import required_tenant_id, tenant_scope
from core.tenancy.turns import wait_for_turn

BATCH = 2000
START = bytes(32)
FIELDS = (
    "id",
    "tenant_id",
    "action",
    "subject_kind",
    "subject_id",
    "actor_kind",
    "actor_id",
    "changes",
    "details",
    "reason_digest",
    "request_id",
    "happened_at",
)

# Event by event (`offset 0`): a join might go through the whole trail for the few that wait.
AS_WRITTEN = """
    select p.id from audit_auditpending p cross join lateral (
        select from audit_auditevent e
        where e.tenant_id = p.tenant_id and e.id = p.id and audit_digest(e) = p.digest offset 0
    ) e
    where p.tenant_id = %s order by p.id limit %s"""
NOT_AS_WRITTEN = """
    select p.id, e.digest is null from audit_auditpending p left join lateral (
        select audit_digest(e) as digest from audit_auditevent e
        where e.tenant_id = p.tenant_id and e.id = p.id offset 0
    ) e on true
    where p.tenant_id = %s and e.digest is distinct from p.digest order by p.id limit %s"""
MOST_NAMED = 100


@dataclass(frozen=True)
class Finding:
    """What is wrong with the trail, and at which place of the chain (None: not sealed) and event."""

    problem: str
    sequence: int | None
    event_id: str


@dataclass(frozen=True)
class Verification:
    """What a check of one tenant's trail found; `head` is the last link as SEQUENCE:HEX, to be kept elsewhere."""

    sealed: int
    head: str
    findings: list[Finding]


def digest_of(previous: bytes, sequence: int, event: AuditEvent) -> bytes:
    """Return the link of an event: SHA-256 over the link before, its place, and the row, its reason by digest."""
    row = {name: getattr(event, name) for name in FIELDS}
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(previous + sequence.to_bytes(8) + text.encode()).digest()


def seal_events(*, at: datetime, batch: int = BATCH) -> int:
    """Chain up to `batch` waiting events of the active tenant; return how many. Two at once take turns.

    An event that was changed or deleted while it waited goes on waiting, for verify_trail to name it.
    """
    wait_for_turn("audit.seal")
    with connection.cursor() as cursor:
        cursor.execute(AS_WRITTEN, [required_tenant_id(), batch])
        waiting = [pk for (pk,) in cursor.fetchall()]
    if not waiting:
        return 0
    last = AuditSeal.objects.order_by("-sequence").first()
    previous, sequence = (bytes(last.digest), last.sequence) if last else (START, 0)
    seals = []
    for event in AuditEvent.objects.filter(pk__in=waiting).order_by("pk"):
        sequence += 1
        previous = digest_of(previous, sequence, event)
        seals.append(AuditSeal(sequence=sequence, event_id=event.pk, digest=previous, sealed_at=at))
    AuditSeal.objects.bulk_create(seals)
    AuditPending.objects.filter(pk__in=waiting).delete()
    return len(seals)


def seal_all_events(*, at: datetime) -> int:
    """Chain whatever waits, tenant by tenant; return how many. No scope may be open."""
    sealed = 0
    for tenant_id in AuditPending.all_tenants.order_by().values_list("tenant_id", flat=True).distinct():
        while True:
            with tenant_scope(tenant_id):
                done = seal_events(at=at)
            sealed += done
            if done < BATCH:
                break
    return sealed


def sealing_lag(*, at: datetime) -> timedelta:
    """Return how long the oldest of all tenants' events has waited for its seal; one query, and no scope may be open.

    One that was changed or deleted while it waited goes on waiting.
    """
    oldest = AuditPending.all_tenants.order_by("pk").values_list("pk", flat=True).first()
    return at - made_at(oldest) if oldest else timedelta(0)


def verify_trail(*, at: datetime, expected_head: str = "", patience: timedelta = timedelta(minutes=5)) -> Verification:
    """Check the active tenant's whole trail: every link, no gap, no event left out, changed or deleted unsealed.

    `expected_head` is a head printed earlier: the chain must still hold it, so a cut tail is found too. An
    event may wait for its seal for `patience`.
    """
    findings: list[Finding] = []
    previous, place = START, 0
    heads = {}
    for seal, event in _sealed_events():
        place += 1
        if seal.sequence != place:
            findings.append(Finding("gap", seal.sequence, str(seal.event_id)))
            place = seal.sequence
        if event is None:
            findings.append(Finding("event missing", seal.sequence, str(seal.event_id)))
        elif digest_of(previous, seal.sequence, event) != bytes(seal.digest):
            findings.append(Finding("event or link changed", seal.sequence, str(seal.event_id)))
        elif not _reason_holds(event):
            findings.append(Finding("reason changed", seal.sequence, str(seal.event_id)))
        # Go on from what is stored, so that one change is one finding.
        previous = bytes(seal.digest)
        if expected_head.partition(":")[0] == str(seal.sequence):
            heads[expected_head] = f"{seal.sequence}:{previous.hex()}"
    if expected_head and heads.get(expected_head) != expected_head:
        findings.append(Finding("the chain does not hold the expected head", place, ""))
    spoilt = _spoilt_while_waiting()
    findings += [Finding(problem, None, str(pk)) for pk, problem in spoilt.items()]
    findings += [Finding("never sealed", None, str(pk)) for pk in _left_out(at - patience) if pk not in spoilt]
    return Verification(sealed=place, head=f"{place}:{previous.hex()}", findings=findings)


def _reason_holds(event: AuditEvent) -> bool:
    """Say whether the reason is the one that was given; one that was erased, or whose key was, holds."""
    if not event.reason_digest:
        return event.__dict__["reason"] is None
    if event.__dict__["reason"] is None:
        return Erasure.objects.filter(subject_id=event.subject_id, happened_at__gte=event.happened_at).exists()
    try:
        return reason_digest(event.reason_salt, event.reason) == event.reason_digest
    except Undecryptable:
        return False
    except KeyUnavailable:
        # Of a tenant whose keys were destroyed nothing can be read; of any other, no key of this number ever was.
        return not RootKey.objects.filter(destroyed_at=None).exists()


def _sealed_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    """Yield each seal with its event, in the chain's order, batch by batch."""
    last = 0
    while seals := list(AuditSeal.objects.filter(sequence__gt=last).order_by("sequence")[:BATCH]):
        events = AuditEvent.objects.in_bulk([seal.event_id for seal in seals])
        for seal in seals:
            yield seal, events.get(seal.event_id)
        last = seals[-1].sequence


def _spoilt_while_waiting() -> dict[uuid.UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(NOT_AS_WRITTEN, [required_tenant_id(), MOST_NAMED])
        return {pk: "deleted unsealed" if is_gone else "changed unsealed" for pk, is_gone in cursor.fetchall()}


def _left_out(before: datetime) -> list[uuid.UUID]:
    sealed = AuditSeal.objects.values("event_id")
    unsealed = AuditEvent.objects.filter(happened_at__lt=before).exclude(pk__in=sealed)
    return list(unsealed.order_by("pk").values_list("pk", flat=True)[:MOST_NAMED])
