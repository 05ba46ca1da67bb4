"""A received file, imported part by part: what a background job does, each part one transaction.

What only the whole file shows is found out across parts: a repeated waybill by the digests that earlier parts left
in a table, days far from all others and missing categories by a last pass over the results.
"""

import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import BinaryIO

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.audit.services import record
from core.jobs.background import Step
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.tenancy.copying import incoming
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id
from shipments.models import ImportedRow, ImportPart, ImportRun
from shipments.reading import DUPLICATE, Outcome, Reading, Row, text_of
from shipments.results import CODES, MARK, counted, pack, pack_rows, rows_of, warn
from shipments.rows import ACCEPTED, GOODS, WAYBILL, outlying_days
from shipments.writing import write_chunk

KIND = "shipments.import"
# Small, so that agents who work on the same customers wait for a moment only.
PART_ROWS = 2000
COUNTS = {
    "created": pgettext_lazy("rows", "Created"),
    "updated": _("Updated"),
    "unchanged": _("Unchanged"),
    "failed": _("Failed"),
    "warned": _("With a warning"),
}
SEEN = ImportedRow._meta.db_table

# What an earlier part left of the same waybill; the rest is left for later parts.
MEET = f"""
    with met as (
        select i.waybill, s.row from incoming_{SEEN} i
        join {SEEN} s on s.tenant_id = %(tenant)s and s.run_id = %(run)s and s.waybill = i.waybill
    ),
    left_behind as (
        insert into {SEEN} (tenant_id, run_id, waybill, row)
        select %(tenant)s, %(run)s, i.waybill, i.row from incoming_{SEEN} i
        where i.waybill not in (select waybill from met)
    )
    select waybill, row from met"""  # noqa: S608  names of our own tables


class FileGone(DomainError):
    code = "file_gone"
    message = _("The file is not there any more. Send it again: rows that are in already are left as they are.")


class AlreadyImported(DomainError):
    code = "already_imported"
    message = _("This file is imported already.")


def split(stream: BinaryIO) -> Iterator[ImportPart]:
    """Yield the parts of a checked CSV file in its order, without its first line; they are not stored yet."""
    with text_of(stream) as text:
        text.readline()
        line, number = 1, 0
        while True:
            lines, rows = [], 0
            for each in text:
                lines.append(each)
                rows += bool(each.strip())
                if rows == PART_ROWS:
                    break
            if not rows:
                return
            content = gzip.compress("".join(lines).encode(), compresslevel=1, mtime=0)
            yield ImportPart(number=number, line_before=line, row_total=rows, content=content)
            line, number = line + len(lines), number + 1


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Import the next part of the job's file, or end the file. Raises FileGone or AlreadyImported."""
    run = ImportRun.objects.select_for_update(of=("self",)).filter(pk=job.parameters["run"]).first()
    if run is None:
        raise FileGone
    if run.is_finished:
        raise AlreadyImported
    run.job = job
    part = run.parts.filter(result__isnull=True).order_by("number").first()
    if part is None:
        _finish(run, job, at)
        return Step(position=None, done=0)
    if part.content is None:
        raise FileGone
    total = None
    if job.position is None:
        total = run.parts.filter(result__isnull=True).aggregate(rows=Sum("row_total"))["rows"]
    counts = _import(run, part, by=job.owner, at=at)
    return Step(position=part.number + 1, done=part.row_total, total=total, counts=counts)


def _import(run: ImportRun, part: ImportPart, *, by: User | None, at: datetime) -> dict[str, int]:
    lines = io.StringIO(gzip.decompress(part.content).decode(), newline="")
    reading = Reading(lines, run.columns, tenant=current_tenant(), mapping=run.mapping, at=at, line=part.line_before)
    rows = [row for chunk in reading.chunks(PART_ROWS) for row in chunk]
    rows = _without_repeated(run, rows, reading.outcomes)
    if rows:
        write_chunk(rows, tenant_id=run.tenant_id, present=reading.present, by=by, at=at)
    marks = {row.outcome.line: (row.values[ACCEPTED].toordinal(), not row.values[GOODS]) for row in rows}
    part.result = pack(reading.outcomes, marks)
    part.content = None
    part.save(update_fields=["result", "content"])
    counts = Counter(outcome.status for outcome in reading.outcomes)
    counts["warned"] = sum(outcome.is_warned for outcome in reading.outcomes)
    for name, count in counts.items():
        setattr(run, name, getattr(run, name) + count)
    run.save(update_fields=["job", *counts])
    return dict(counts)


def _without_repeated(run: ImportRun, rows: list[Row], outcomes: Iterable[Outcome]) -> list[Row]:
    """Leave out the rows whose waybill stood in an earlier part: the same again is unchanged, another is refused."""
    digests = [(_digest(row.values[WAYBILL]), _digest(repr(row.values))) for row in rows]
    with incoming(SEEN, ("waybill", "row"), digests), connection.cursor() as cursor:
        cursor.execute(MEET, {"tenant": required_tenant_id(), "run": run.pk})
        met = dict(cursor.fetchall())
    if not met:
        return rows
    refused = {
        row.outcome.waybill_number
        for row, (waybill, content) in zip(rows, digests, strict=True)
        if met.get(waybill, content) != content
    }
    for outcome in outcomes:
        if outcome.waybill_number in refused and outcome.status != "failed":
            outcome.fail(*DUPLICATE)
    return [row for row, (waybill, _content) in zip(rows, digests, strict=True) if waybill not in met]


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _finish(run: ImportRun, job: BackgroundJob, at: datetime) -> None:
    """Warn of what the whole file shows, count the problems, and tell that the file is through."""
    marks = [row[MARK] for rows in _results(run) for row in rows if row[MARK]]
    odd = outlying_days([day for day, _uncategorised in marks])
    warns_of_goods = sum(uncategorised for _day, uncategorised in marks) * 2 < len(marks)

    def warned_rows() -> Iterator[list]:
        for part in run.parts.order_by("number"):
            rows = rows_of(part.result)
            before = sum(bool(row[CODES]) for row in rows)
            changed = [row for row in rows if row[MARK] and _warn(row, odd, warns_of_goods)]
            run.warned += sum(bool(row[CODES]) for row in rows) - before
            if changed:
                part.result = pack_rows(rows)
                part.save(update_fields=["result"])
            yield from rows

    run.problems = counted(warned_rows())
    run.is_finished = True
    run.save(update_fields=["job", "problems", "is_finished", "warned"])
    ImportedRow.objects.filter(run_id=run.pk)._raw_delete(ImportedRow.objects.db)
    record("shipments.imported", of=run, by=job.owner, at=at, details=run.counts)


def note_stop(*, job: BackgroundJob, at: datetime) -> None:
    """Tell the trail of an import that ended before its file was through."""
    if job.kind != KIND or job.state == BackgroundState.DONE:
        return
    run = ImportRun.objects.filter(pk=job.parameters["run"], is_finished=False).first()
    if run is not None:
        details = {"ended": str(job.state), **run.counts}
        record("shipments.import_stopped", of=run, by=job.owner, at=at, details=details)


def may_go_on(job: BackgroundJob) -> bool:
    """Tell whether all that a stopped import has still to read is kept."""
    unfinished = ImportRun.objects.filter(pk=job.parameters["run"], is_finished=False)
    lost = ImportPart.objects.filter(run=job.parameters["run"], content__isnull=True, result__isnull=True)
    return unfinished.exists() and not lost.exists()


def _warn(row: list, odd: set[int], warns_of_goods: bool) -> bool:
    """Warn a packed row of what the whole file says of it; tell whether it says anything."""
    day, is_uncategorised = row[MARK]
    if day in odd:
        warn(row, "date_outlier")
    if is_uncategorised and warns_of_goods:
        warn(row, "missing_category")
    return day in odd or (is_uncategorised and warns_of_goods)


def _results(run: ImportRun) -> Iterator[list[list]]:
    for part in run.parts.order_by("number").iterator():
        yield rows_of(part.result)
