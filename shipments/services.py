"""Files of shipments: received and kept until their columns are known, imported, and remembered."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from shipments.ingest import import_shipments
from shipments.models import ImportedRow, ImportPart, ImportRun
from shipments.parts import KIND, PART_ROWS, AlreadyImported, FileGone, split
from shipments.reading import ImportResult, outline, positions_of
from shipments.results import counted, pack, rows_of

LARGEST_FILE = 200 * 1024 * 1024
# How long a file is kept that nobody had imported, and what is left of one whose import stopped.
KEPT_UNUSED = timedelta(days=7)
KEPT_STOPPED = timedelta(days=3)


class FileTooLarge(DomainError):
    code = "file_too_large"
    message = _("The file is larger than 200 MB. Split it, or use the command import_shipments on the server.")


@transaction.atomic
def receive_file(*, stream: BinaryIO, size: int, file_name: str, by: User, at: datetime) -> ImportRun:
    """Keep a seekable file until somebody says which column is which.

    Raises FileTooLarge, WrongEncoding, NotText, UnreadableFile, WrongSeparator or EmptyFile.
    """
    if size > LARGEST_FILE:
        raise FileTooLarge
    told = outline(stream)
    run = ImportRun.objects.create(
        file_name=_shown(file_name),
        received_by=by,
        received_at=at,
        columns=told.columns,
        sample=told.sample,
        row_total=told.row_count,
    )
    stream.seek(0)
    for part in split(stream):
        part.run = run
        part.save(force_insert=True)
    return run


@transaction.atomic
def start_import(*, run: ImportRun, mapping: Mapping[str, str], by: User, at: datetime) -> BackgroundJob:
    """Have a received file imported by a background job; what is in by then stays in if the job is cancelled.

    Raises AlreadyImported, FileGone, MissingColumns, UnknownMapping or NotAllowed.
    """
    run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.started_at is not None:
        raise AlreadyImported
    if not run.parts.exclude(content__isnull=True).exists():
        raise FileGone
    positions_of(run.columns, mapping)
    run.mapping = dict(mapping)
    run.started_at = at
    # Rows of the file in full: nobody needs to see them any more.
    run.sample = None
    run.job = start_job(
        kind=KIND, title=run.file_name, parameters={"run": str(run.pk)}, total=run.row_total, by=by, at=at
    )
    run.save(update_fields=["mapping", "started_at", "sample", "job"])
    return run.job


def import_file(
    *, stream: BinaryIO, tenant: Tenant, file_name: str, by: User | None, at: datetime, mapping: Mapping[str, str]
) -> ImportResult:
    """Import a seekable file chunk by chunk; a run that is stopped half-way stays unfinished in the list.

    Raises what import_shipments raises, and leaves no run then.
    """
    with tenant_scope(tenant):
        run = ImportRun.objects.create(file_name=_shown(file_name), received_by=by, received_at=at, started_at=at)
    try:
        result = import_shipments(stream=stream, tenant=tenant, by=by, at=at, mapping=mapping)
    except DomainError:
        with tenant_scope(tenant):
            run.delete()
        raise
    with tenant_scope(tenant):
        _keep(run, result, at)
    return result


def _keep(run: ImportRun, result: ImportResult, at: datetime) -> None:
    """Keep what became of every row of a file that the command imported."""
    run.is_finished = True
    run.created, run.updated, run.unchanged = result.created, result.updated, result.unchanged
    run.failed, run.warned = result.failed, result.warned
    run.row_total = len(result.outcomes)
    parts = []
    for number, start in enumerate(range(0, len(result.outcomes), PART_ROWS)):
        outcomes = result.outcomes[start : start + PART_ROWS]
        parts.append(
            ImportPart.objects.create(
                run=run,
                number=number,
                line_before=outcomes[0].line - 1,
                row_total=len(outcomes),
                result=pack(outcomes),
            )
        )
    run.problems = counted(row for part in parts for row in rows_of(part.result))
    run.save()
    record("shipments.imported", of=run, by=run.received_by, at=at, details=run.counts)


def forget_files(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Drop the files that nobody came back to, and what is left of those whose import stopped; return how many."""
    unfinished = ImportRun.objects.filter(is_finished=False)
    unused = unfinished.filter(started_at=None, received_at__lt=at - KEPT_UNUSED)
    stopped = unfinished.filter(job__finished_at__lt=at - KEPT_STOPPED, parts__content__isnull=False).distinct()
    waiting, left = list(unused.values_list("pk", flat=True)), list(stopped.values_list("pk", flat=True))
    unused.delete()
    ImportPart.objects.filter(run__in=left).exclude(content__isnull=True).update(content=None)
    ImportedRow.objects.filter(run_id__in=left)._raw_delete(ImportedRow.objects.db)
    return {"imports": len(waiting) + len(left)}


def _shown(file_name: str) -> str:
    return "".join(letter for letter in file_name if letter.isprintable())[:200]


def erase_files() -> dict[str, int]:
    """Remove every imported file and its result of the active tenant; return how many there were."""
    runs = ImportRun.objects.filter(parts__isnull=False).distinct().count()
    ImportPart.objects.all().delete()
    ImportedRow.objects.all()._raw_delete(ImportedRow.objects.db)
    ImportRun.objects.update(sample=None, problems=None)
    return {"imports": runs}
