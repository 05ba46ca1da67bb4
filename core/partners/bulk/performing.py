"""Doing what was received, part by part: each is one transaction, so that every row is done once, whoever is killed."""

import gzip
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.audit.services import record
from core.jobs import background
from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.partners import bodies
from core.partners.bulk.kinds import BulkKind, RowResult, RowStatus, keep
from core.partners.bulk.results import pack, seen_in
from core.partners.models import ApiKey
from core.partners.problems import Fault, Refused
from core.partners.selectors import live_key_of

DUPLICATE = gettext_lazy("An earlier row of the request has this number with other content.")


@dataclass(slots=True)
class Row:
    """One row at work: what it says, what names its record, a digest of its text, and its result."""

    value: Mapping[str, Any] | None
    number: str = ""
    digest: int = 0
    result: RowResult | None = None


def register(name: str, *, label: str | Promise, permission: str, **facts: Any) -> None:
    """Add a kind of rows (see BulkKind), and the background job that does them."""
    kind = BulkKind(name=name, label=label, permission=permission, **facts)
    keep(kind)
    background.register(
        name,
        label=label,
        permission=lambda _job: permission,
        step=partial(step, kind),
        counts=dict(RowStatus.choices),
        may_repeat=lambda _job: False,
        actor=key_of,
    )


def key_of(job: BackgroundJob) -> ApiKey | None:
    """Return the key that sent a job's rows, None when it is not taken any more."""
    return live_key_of(uuid.UUID(job.parameters["key"]), at=timezone.now())


def step(kind: BulkKind, *, job: BackgroundJob, at: datetime) -> Step:
    """Do the next part of a job's rows."""
    waiting = job.bulk_parts.filter(result__isnull=True).order_by("number")
    part = waiting.first()
    if part is None:
        return _end(job, {}, at)
    lines = gzip.decompress(part.content).decode().removesuffix("\n").split("\n")
    rows = [_read(kind, line) for line in lines]
    _write(kind, rows, seen=seen_in(job) if kind.one_per_number and part.number else {}, by=job.actor, at=at)
    part.result = pack((row.result, row.number, row.digest) for row in rows)
    part.content = None
    part.save(update_fields=["content", "result"])
    counts = dict(Counter(str(row.result.status) for row in rows))
    if not waiting.exists():
        return _end(job, counts, at, done=part.row_total)
    return Step(position=part.number + 1, done=part.row_total, counts=counts)


def _end(job: BackgroundJob, counts: Mapping[str, int], at: datetime, *, done: int = 0) -> Step:
    totals = Counter(job.counts) + Counter(counts)
    told = {name: totals[name] for name in (RowStatus.CREATED, RowStatus.UPDATED, RowStatus.FAILED)}
    record("bulk.done", subject=job, by=job.actor, at=at, details={"job": job.kind, **told})
    return Step(position=None, done=done, counts=dict(counts))


def _read(kind: BulkKind, line: str) -> Row:
    try:
        value = bodies.parse(line)
    except Refused as refusal:
        return Row(None, result=RowResult.of(refusal, {}))
    if not isinstance(value, dict):
        fault = Fault(code="invalid", detail=_("Expected an object."))
        return Row(None, result=RowResult.failed(code="invalid_body", errors=[fault.as_document()]))
    digest = blake2b(line.encode(), digest_size=8).digest()
    return Row(value, kind.number_of(value), int.from_bytes(digest, signed=True))


def _write(kind: BulkKind, rows: Sequence[Row], *, seen: dict[str, int], by: ApiKey, at: datetime) -> None:
    """Give every row its result: those of numbers that were not met yet first, then what repeats them."""
    waiting = [row for row in rows if row.result is None]
    while waiting:
        first, later = [], []
        met: set[str] = set()
        for row in waiting:
            if kind.one_per_number and row.number in seen:
                row.result = _repeated(row, seen[row.number])
            elif kind.one_per_number and row.number in met:
                later.append(row)
            else:
                first.append(row)
                met |= {row.number} - {""}
        if first:
            for row, result in zip(first, kind.write(rows=[row.value for row in first], by=by, at=at), strict=True):
                row.result = result
                if result.status != RowStatus.FAILED:
                    seen[row.number] = row.digest
        waiting = later


def _repeated(row: Row, digest: int) -> RowResult:
    if row.digest == digest:
        return RowResult(RowStatus.UNCHANGED)
    return RowResult.failed(409, code="duplicate_in_request", detail=DUPLICATE)
