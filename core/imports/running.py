"""What background jobs do to a file: check it, import it, undo it; part by part, each one transaction.

A part that is written is marked so in the transaction that writes it, so whoever goes on after a worker was killed
begins with the next one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.audit.services import record
from core.events.services import publish
from core.imports.enums import BatchState, RowStatus
from core.imports.kinds import ImportKind, Row, kind_of
from core.imports.models import COUNTED, ImportBatch, ImportedRecord, ImportMark, ImportPart
from core.imports.presets import preset_of
from core.imports.reading import PROBLEMS
from core.imports.results import before_of, counted, id_of, keep, pack, raw_rows, result_of, results
from core.jobs.background import Step
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.tenancy.copying import incoming
from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id

CHECK, RUN, UNDO = "imports.check", "imports.run", "imports.undo"
# Where a check is that goes through the rows once more.
WEIGHED = "weighed"
TOO_WIDE = gettext_lazy("The row has more cells than the first line.")
SAID_TWICE = gettext_lazy("An earlier row of the file is about the same, with other content.")
LEFT_OUT = gettext_lazy("Left out, because it may be there already.")
FORGOTTEN = gettext_lazy("What stood there before is not kept any more.")

# What earlier rows left of the same marks; the rest is left for later ones.
MEET = """
    with met as (
        select i.mark, s.line, s.row from incoming_imports_importmark i
        join imports_importmark s on s.tenant_id = %(tenant)s and s.batch_id = %(batch)s and s.mark = i.mark
    ), left_behind as (
        insert into imports_importmark (tenant_id, batch_id, mark, line, row)
        select %(tenant)s, %(batch)s, i.mark, i.line, i.row from incoming_imports_importmark i
        where i.mark not in (select mark from met)
    )
    select mark, line, row from met"""

REMEMBER = """
    insert into imports_importedrecord (tenant_id, record_id, part_id)
    select %s, i.record_id, i.part_id from incoming_imports_importedrecord i on conflict do nothing"""


class FileGone(DomainError):
    code = "file_gone"
    message = gettext_lazy("The file is not there any more. Send it again.")


@dataclass(frozen=True)
class Met:
    """The row that left a mark."""

    line: int
    row: int


def check_step(*, job: BackgroundJob, at: datetime) -> Step:
    """Say of the next part what would become of its rows; nothing of the archive is changed. Raises FileGone."""
    batch, kind = _held(job, BatchState.CHECKING)
    if job.position is None:
        _forget_marks(batch)
        batch.begin_counting()
    elif isinstance(job.position, dict):
        return _weigh_step(batch, kind, job.position[WEIGHED])
    part = batch.parts.filter(number__gte=job.position or 0).order_by("number").first()
    if part is None:
        is_odd = kind.weigh is not None and kind.weigh(batch.tally) is not None
        return Step(position={WEIGHED: 0}, done=0) if is_odd else _end_check(batch)
    rows = _read(batch, part, kind, at)
    read_in_part = [row for row in rows if row.is_refused and row.values]
    kind.plan(rows=[row for row in rows if not row.status], by=job.actor, at=at)
    if read_in_part:
        kind.plan(rows=read_in_part, by=job.actor, at=at)
        for row in read_in_part:
            row.status, row.hints = RowStatus.REFUSED, []
    # Only rows that go in stand in the way of later ones.
    _refuse_repeated(batch, rows)
    _remember(part, rows)
    _keep(batch, part, rows)
    return _next(batch, part, rows)


def _weigh_step(batch: ImportBatch, kind: ImportKind, number: int) -> Step:
    """Warn of those rows of a checked part that the whole file shows to be odd."""
    part = batch.parts.filter(number__gte=number).order_by("number").first()
    warnings = kind.weigh(batch.tally)
    if part is None or warnings is None:
        return _end_check(batch)
    before = results(part)
    said = [warnings(each.gist) if each.gist else [] for each in before]
    if any(said):
        keep(part, [each._replace(warnings=[*each.warnings, *new]) for each, new in zip(before, said, strict=True)])
        part.save(update_fields=["result", "noted_total"])
        batch.warned += sum(bool(new) and not each.warnings for each, new in zip(before, said, strict=True))
        odd = [each._replace(reasons=[], warnings=new) for each, new in zip(before, said, strict=True) if new]
        batch.problems = counted(batch.problems, odd)
        batch.save(update_fields=["warned", "problems"])
    return Step(position={WEIGHED: part.number + 1}, done=0)


def _end_check(batch: ImportBatch) -> Step:
    _forget_marks(batch)
    batch.state = BatchState.CHECKED
    batch.save(update_fields=["state"])
    return Step(position=None, done=0)


def run_step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the next part whose rows are not in yet, but for those that the check refused. Raises FileGone."""
    batch, kind = _held(job, BatchState.RUNNING)
    part = batch.parts.filter(is_written=False).order_by("number").first()
    if part is None:
        batch.state, batch.imported_at = BatchState.DONE, at
        batch.save(update_fields=["state", "imported_at"])
        told = _note_end("import.done", batch, job, at, "created", "updated", "refused")
        publish("import.done", subject_id=batch.pk, payload=told, at=at)
        return Step(position=None, done=0)
    checked = {each.line: each for each in results(part)}
    rows = _read(batch, part, kind, at)
    for row in rows:
        known = checked[row.line]
        row.hints, row.warnings = known.hints, known.warnings
        if row.status:
            row.reasons = known.reasons or row.reasons
            continue
        if known.status == RowStatus.REFUSED or (batch.skips_alike and known.hints):
            row.status, row.reasons = RowStatus.REFUSED, known.reasons
            if not row.reasons:
                row.refuse(LEFT_OUT)
        elif known.status == RowStatus.UNCHANGED and known.record_id is None:
            # It repeats an earlier row.
            row.status = RowStatus.UNCHANGED
    kind.write(rows=[row for row in rows if not row.status], by=job.actor, at=at)
    part.before = pack({row.line: row.before for row in rows if row.before is not None})
    part.is_written = True
    _remember(part, rows)
    _keep(batch, part, rows)
    return _next(batch, part, rows)


def undo_step(*, job: BackgroundJob, at: datetime) -> Step:
    """Undo the last part that is written, but for the rows that somebody touched since."""
    batch, kind = _held(job, BatchState.UNDOING)
    part = batch.parts.filter(is_written=True).order_by("-number").first()
    if part is None:
        batch.state = BatchState.UNDONE
        batch.save(update_fields=["state"])
        told = _note_end("import.undone", batch, job, at, "undone", "kept")
        publish("import.undone", subject_id=batch.pk, payload=told, at=at)
        return Step(position=None, done=0)
    before = before_of(part)
    rows = [
        Row(
            line=each.line,
            cells={},
            key=each.key,
            status=each.status,
            reasons=each.reasons,
            hints=each.hints,
            warnings=each.warnings,
            record_id=id_of(each.record_id),
            owner_id=id_of(each.owner_id),
            before=before.get(each.line),
        )
        for each in results(part)
    ]
    written = [row for row in rows if row.status in (RowStatus.CREATED, RowStatus.UPDATED)]
    for row in written:
        if row.before is None:
            keep_row(row, FORGOTTEN)
    kind.undo(rows=[row for row in reversed(written) if row.before is not None], by=job.actor, at=at)
    part.is_written, part.before = False, None
    _keep(batch, part, rows)
    return _next(batch, part, rows)


def keep_row(row: Row, reason: object) -> None:
    """Say of a row that it stays as it is, and why."""
    row.refuse(reason)
    row.status = RowStatus.KEPT


def _held(job: BackgroundJob, state: str) -> tuple[ImportBatch, ImportKind]:
    batch = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=job.parameters["batch"], state=state).first()
    if batch is None or batch.is_forgotten:
        raise FileGone
    return batch, kind_of(batch.kind)


def _read(batch: ImportBatch, part: ImportPart, kind: ImportKind, at: datetime) -> list[Row]:
    """Return the rows of a part with what their cells mean; those that cannot be read are refused."""
    if part.content is None:
        raise FileGone
    places = {name: place for place, name in enumerate(batch.mapping) if name}
    read = kind.reader(places.keys(), at)
    preset = preset_of(kind.name, batch.preset)
    # Decrypted but once.
    width = len(batch.columns)
    rows = []
    for raw in raw_rows(part):
        cells = {name: raw.cells[place] for name, place in places.items()} if raw.cells else {}
        for name in [name for name, cell in cells.items() if "\n" in cell and name not in kind.long_fields]:
            cells[name] = " ".join(cells[name].split())
        row = Row(raw.line, preset.meaning(cells) if preset else cells)
        row.key = row.cells.get(kind.key, "")
        if raw.cells is None:
            row.refuse(PROBLEMS[raw.problem])
        elif len(raw.cells) > width:
            row.refuse(TOO_WIDE)
        else:
            read(row)
        rows.append(row)
    return rows


def _refuse_repeated(batch: ImportBatch, rows: Sequence[Row]) -> None:
    """Settle rows that are about the same as an earlier one; hint at others that may be about the same."""
    good = [(row, *_digests_of(row)) for row in rows if not row.is_refused]
    asked: dict[int, Met] = {}
    for row, marks, alike, content in good:
        for mark in (*marks, *alike):
            asked.setdefault(mark, Met(row.line, content))
    if not asked:
        return
    columns = ("mark", "line", "row")
    with (
        incoming("imports_importmark", columns, [(mark, met.line, met.row) for mark, met in asked.items()]),
        connection.cursor() as cursor,
    ):
        cursor.execute(MEET, {"tenant": required_tenant_id(), "batch": batch.pk})
        asked |= {mark: Met(line, row) for mark, line, row in cursor.fetchall()}
    for row, marks, alike, content in good:
        first = next((met for mark in marks if (met := asked[mark]).line != row.line), None)
        if first is not None and first.row == content:
            row.status, row.record_id, row.hints = RowStatus.UNCHANGED, None, []
        elif first is not None:
            row.refuse(SAID_TWICE)
            row.hints = []
        for mark in alike:
            other = asked[mark].line
            if other != row.line and first is None:
                row.hint(lambda other=other: _("May be the same as line %(line)s of the file.") % {"line": other})


def _digests_of(row: Row) -> tuple[list[int], list[int], int]:
    """Return the digests of a row's marks, of those that others may have, and of its cells."""
    content = _digest("\x1f".join(row.cells.values()))
    return [_digest(mark) for mark in row.marks], [_digest(mark) for mark in row.alike], content


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _forget_marks(batch: ImportBatch) -> None:
    ImportMark.objects.filter(batch_id=batch.pk)._raw_delete(ImportMark.objects.db)


def _remember(part: ImportPart, rows: Sequence[Row]) -> None:
    """Note of whom the part tells, for their erasure."""
    part_id = str(part.pk)
    pairs = sorted((str(owner), part_id) for owner in {row.owner_id for row in rows if row.owner_id is not None})
    with incoming(ImportedRecord._meta.db_table, ("record_id", "part_id"), pairs), connection.cursor() as cursor:
        cursor.execute(REMEMBER, [required_tenant_id()])


def _keep(batch: ImportBatch, part: ImportPart, rows: Sequence[Row]) -> None:
    """Store what became of the rows of a part, and add it up."""
    kept = [result_of(row) for row in rows]
    keep(part, kept)
    part.save(update_fields=["result", "noted_total", "before", "is_written"])
    counts = Counter(batch.counts) + Counter(row.status for row in rows)
    batch.counts = dict(counts)
    batch.alike += sum(bool(row.hints) for row in rows)
    batch.warned += sum(bool(each.warnings) for each in kept)
    batch.problems = counted(batch.problems or [], kept)
    batch.tally = Counter(batch.tally) + Counter(each.gist for each in kept if each.gist)
    batch.save(update_fields=COUNTED)


def _next(batch: ImportBatch, part: ImportPart, rows: Sequence[Row]) -> Step:
    return Step(position=part.number + 1, done=len(rows), counts=dict(Counter(row.status for row in rows)))


def _note_end(action: str, batch: ImportBatch, job: BackgroundJob, at: datetime, *names: str) -> dict[str, Any]:
    """Tell the trail that all parts are through; return what the event tells."""
    counts = {each: count for each in RowStatus.values if (count := batch.counts.get(each))}
    record(action, of=batch, by=job.actor, at=at, details={"kind_of_import": batch.kind, **counts})
    return {"kind": batch.kind, **{each: batch.counts.get(each, 0) for each in names}}


def note_stop(*, job: BackgroundJob, at: datetime) -> None:
    """Tell the trail of an import or an undoing that ended before its file was through."""
    if job.kind not in (RUN, UNDO) or job.state == BackgroundState.DONE:
        return
    batch = ImportBatch.objects.filter(pk=job.parameters["batch"], job=job).first()
    if batch is not None:
        counts = {each: count for each in RowStatus.values if (count := batch.counts.get(each))}
        details = {"kind_of_import": batch.kind, "ended": str(job.state), **counts}
        record("import.stopped", of=batch, by=job.owner, at=at, details=details)


def position_of(text: str) -> tuple[int, int]:
    """Return the part and the line after which a page of rows begins. Raises ValueError."""
    part, _dash, line = text.partition("-")
    return (int(part), int(line)) if text else (0, 0)
