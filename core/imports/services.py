"""Files of any kind: received, their columns told, checked, imported, undone, and forgotten."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.imports.enums import AT_WORK, BatchState, RowStatus
from core.imports.guessing import guess
from core.imports.kinds import ImportKind, kind_of
from core.imports.models import COUNTED, ImportBatch, ImportedRecord, ImportMark, ImportPart, ImportTemplate
from core.imports.presets import preset_of, recognise
from core.imports.reading import RawRow, Table
from core.imports.results import pack_raw
from core.imports.running import CHECK, RUN, UNDO, FileGone
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError

LARGEST_FILE = 200 << 20
VALUES_KEPT = 10
# What a check may say of rows that can go in.
GOOD = (RowStatus.CREATED, RowStatus.UPDATED, RowStatus.UNCHANGED)
# How long a file is kept that nobody had imported, and what undoes one that was.
KEPT_UNUSED, KEPT_TO_UNDO = timedelta(days=7), timedelta(days=30)


class FileTooLarge(DomainError):
    code = "file_too_large"
    message = _("The file is larger than 200 MB. Split it.")


class WrongStage(DomainError):
    code = "import_wrong_stage"
    message = _("The file has got further in the meantime. Load the page again.")


class NothingToImport(DomainError):
    code = "nothing_to_import"
    message = _("No row of the file can go in. Mend it, and send it again.")


class UndoTooLate(DomainError):
    code = "undo_too_late"
    message = _("What stood there before is kept for 30 days only.")


class BadMapping(DomainError):
    """The columns do not say what is needed, or one thing twice; `places` are those of the columns concerned."""

    code = "bad_mapping"

    def __init__(self, message: Any, places: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.places = places


@transaction.atomic
def receive_file(
    *, kind: ImportKind, stream: BinaryIO, size: int, file_name: str, encoding: str = "", by: User, at: datetime
) -> ImportBatch:
    """Keep a seekable file until somebody says which column is which; what is guessed of that is its mapping.

    Raises FileTooLarge, or what `reading.Table` does.
    """
    if size > LARGEST_FILE:
        raise FileTooLarge
    table = Table(stream, encoding=encoding)
    batch = ImportBatch.objects.create(
        kind=kind.name,
        file_name="".join(letter for letter in file_name if letter.isprintable())[:200],
        received_by=by,
        received_at=at,
        columns=table.columns,
    )
    values: list[list[str]] = [[] for _column in table.columns]
    for number, rows in enumerate(_parts(table.rows(), kind.rows_per_part)):
        ImportPart.objects.create(batch=batch, number=number, row_total=len(rows), content=pack_raw(rows))
        batch.row_total += len(rows)
        _note_values(values, rows)
    template = template_for(batch)
    batch.values = values
    preset = recognise(kind.name, table.columns)
    batch.preset = preset.name if preset else ""
    batch.mapping = list(template.mapping) if template else mapping_of(batch, batch.preset)
    batch.save(update_fields=["values", "mapping", "preset", "row_total"])
    return batch


def mapping_of(batch: ImportBatch, preset_name: str) -> list[str]:
    """Return which field each column of a file holds: by a preset, or as it is guessed from heads and values."""
    preset = preset_of(batch.kind, preset_name)
    fields = kind_of(batch.kind).fields()
    if preset is None:
        return guess(batch.columns, batch.values or [], fields)
    found = preset.mapping(batch.columns)
    # A head that is written otherwise than the system does; not where cells mean something else there.
    sought = [field for field in fields if field.name in preset.columns.keys() - preset.meanings.keys() - {*found}]
    guessed = guess(["" if name else column for column, name in zip(batch.columns, found, strict=True)], [], sought)
    return [name or other for name, other in zip(found, guessed, strict=True)]


def _parts(rows: Iterator[RawRow], size: int) -> Iterator[list[RawRow]]:
    while part := list(islice(rows, size)):
        yield part


def _note_values(values: list[list[str]], rows: Sequence[RawRow]) -> None:
    """Keep the first values of each column that are not empty, each once."""
    for place, kept in enumerate(values):
        if len(kept) == VALUES_KEPT:
            continue
        for row in rows:
            cell = row.cells[place][:100] if row.cells and place < len(row.cells) else ""
            if cell and cell not in kept:
                kept.append(cell)
                if len(kept) == VALUES_KEPT:
                    break


def template_for(batch: ImportBatch) -> ImportTemplate | None:
    """Return the newest template for files with the same first line whose fields are all still there; two queries."""
    known = {field.name for field in kind_of(batch.kind).fields()}
    templates = ImportTemplate.objects.filter(kind=batch.kind).order_by("-saved_at", "-id")
    same = (each for each in templates if each.columns == batch.columns)
    return next((each for each in same if set(filter(None, each.mapping)) <= known), None)


@transaction.atomic
def start_check(
    *, batch: ImportBatch, mapping: Sequence[str], preset: str = "", template_name: str = "", by: User, at: datetime
) -> BackgroundJob:
    """Have a background job say what would become of each row; `mapping` names the field of each column, "" for none.

    The cells are read as those of the system that `preset` names; "" reads them as they stand. With a `template_name`
    the mapping is kept under it for files with the same first line.
    Raises BadMapping, WrongStage, FileGone or NotAllowed.
    """
    batch = _in_stage(batch, BatchState.WAITING, BatchState.CHECKED, BatchState.CHECKING)
    check_mapping(kind_of(batch.kind), batch.columns, mapping)
    if preset and preset_of(batch.kind, preset) is None:
        raise BadMapping(_("There is no such preset."))
    if template_name:
        _save_template(batch, template_name, mapping, by, at)
    batch.mapping, batch.preset = list(mapping), preset
    return _start(batch, CHECK, BatchState.CHECKING, by=by, at=at)


def _save_template(batch: ImportBatch, name: str, mapping: Sequence[str], by: User, at: datetime) -> None:
    """Keep the mapping under a name, in the place of another one of the name."""
    same = [each.pk for each in ImportTemplate.objects.filter(kind=batch.kind) if each.name == name]
    ImportTemplate.objects.filter(pk__in=same).delete()
    ImportTemplate.objects.create(
        kind=batch.kind, name=name, columns=batch.columns, mapping=list(mapping), saved_by=by, saved_at=at
    )
    record("import_template.saved", by=by, at=at, details={"kind_of_import": batch.kind})


def check_mapping(kind: ImportKind, columns: Sequence[str], mapping: Sequence[str]) -> None:
    """Raise BadMapping where a field is told twice, is not there, or is needed and not told."""
    fields = {field.name: field for field in kind.fields()}
    if len(mapping) != len(columns) or set(filter(None, mapping)) - fields.keys():
        raise BadMapping(_("There is no such field."))
    for name, times in Counter(filter(None, mapping)).items():
        if times > 1:
            places = [place for place, each in enumerate(mapping) if each == name]
            raise BadMapping(
                _("Several columns are to be: %(field)s. Choose one of them.") % {"field": fields[name].label}, places
            )
    missing = [str(field.label) for field in fields.values() if field.is_required and field.name not in mapping]
    if missing:
        raise BadMapping(_("Say which column holds: %(fields)s.") % {"fields": ", ".join(missing)})


@transaction.atomic
def start_import(*, batch: ImportBatch, skips_alike: bool = False, by: User, at: datetime) -> BackgroundJob:
    """Have the rows of a checked file written by a background job; `skips_alike` leaves out what may be there already.

    Raises NothingToImport, WrongStage, FileGone or NotAllowed.
    """
    batch = _in_stage(batch, BatchState.CHECKED)
    if not any(batch.counts.get(status) for status in GOOD):
        raise NothingToImport
    batch.skips_alike = skips_alike
    # Nobody needs to see rows of the file any more.
    batch.values = None
    return _start(batch, RUN, BatchState.RUNNING, by=by, at=at)


@transaction.atomic
def start_undo(*, batch: ImportBatch, by: User, at: datetime) -> BackgroundJob:
    """Have all that a file brought undone, but for what somebody touched since; also of one that was stopped half-way.

    Raises UndoTooLate, WrongStage or NotAllowed.
    """
    if batch.is_forgotten or (batch.imported_at and batch.imported_at < at - KEPT_TO_UNDO):
        raise UndoTooLate
    batch = _in_stage(batch, BatchState.DONE, BatchState.RUNNING)
    return _start(batch, UNDO, BatchState.UNDOING, by=by, at=at)


@transaction.atomic
def go_on(*, batch: ImportBatch, by: User, at: datetime) -> BackgroundJob:
    """Start what a stopped job left undone again, from where it was. Raises WrongStage, FileGone or NotAllowed."""
    stages = {BatchState.CHECKING: CHECK, BatchState.RUNNING: RUN, BatchState.UNDOING: UNDO}
    batch = _in_stage(batch, *AT_WORK)
    return _start(batch, stages[BatchState(batch.state)], batch.state, by=by, at=at)


def _in_stage(batch: ImportBatch, *states: str) -> ImportBatch:
    """Return the batch, held, if it is at one of the stages and nobody works at it."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("job").get(pk=batch.pk)
    is_at_work = batch.state in AT_WORK and batch.job is not None and batch.job.is_unfinished
    if batch.state not in states or is_at_work:
        raise WrongStage
    if batch.is_forgotten:
        raise FileGone
    return batch


def _start(batch: ImportBatch, work: str, state: str, *, by: User, at: datetime) -> BackgroundJob:
    parts = batch.parts.all()
    if work == RUN:
        parts = parts.filter(is_written=False)
    if work != UNDO and parts.filter(content__isnull=True).exists():
        raise FileGone
    if state != batch.state:
        batch.begin_counting()
    batch.state = state
    batch.job = start_job(
        kind=work,
        title=batch.file_name,
        parameters={"batch": str(batch.pk), "kind": batch.kind},
        total=sum(parts.values_list("row_total", flat=True)),
        by=by,
        at=at,
    )
    batch.save(update_fields=["mapping", "preset", "skips_alike", "values", "state", "job", *COUNTED])
    return batch.job


@transaction.atomic
def remove_template(*, template: ImportTemplate, by: User, at: datetime) -> None:
    """Forget which column holds which field; files that were read by it stay as they are."""
    template.delete()
    record("import_template.removed", by=by, at=at, details={"kind_of_import": template.kind})


def forget_files(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Drop the files that nobody came back to, and what undoes old ones; the counts of those stay."""
    unused = ImportBatch.objects.filter(
        state__in=[BatchState.WAITING, BatchState.CHECKING, BatchState.CHECKED], received_at__lt=at - KEPT_UNUSED
    )
    dropped, _by_model = unused.delete()
    since = Coalesce("imported_at", "received_at")
    old = ImportBatch.objects.filter(is_forgotten=False).alias(since=since).filter(since__lt=at - KEPT_TO_UNDO)
    ids = list(old.exclude(state__in=AT_WORK, job__finished_at=None).values_list("pk", flat=True))
    parts = ImportPart.objects.filter(batch__in=ids)
    ImportedRecord.objects.filter(part_id__in=parts.values("pk"))._raw_delete(ImportedRecord.objects.db)
    parts.update(content=None, before=None)
    ImportBatch.objects.filter(pk__in=ids).update(is_forgotten=True)
    return {"imports": len(ids), "rows": dropped}


def count_of_owner(owner_id: uuid.UUID) -> int:
    """Count the parts of files that tell of a record."""
    return ImportedRecord.objects.filter(record_id=owner_id).count()


def forget_owner(owner_id: uuid.UUID) -> None:
    """Drop the rows of every part of a file that tells of a record, and what undoes them; what became of them stays."""
    parts = list(ImportedRecord.objects.filter(record_id=owner_id).values_list("part_id", flat=True))
    ImportPart.objects.filter(pk__in=parts).update(content=None, before=None)
    ImportedRecord.objects.filter(part_id__in=parts)._raw_delete(ImportedRecord.objects.db)


def erase_files() -> Mapping[str, int]:
    """Remove every file of the active tenant, and what became of its rows; return how many there were."""
    count = ImportBatch.objects.count()
    ImportBatch.objects.all().delete()
    for model in (ImportMark, ImportedRecord):
        model.objects.all()._raw_delete(model.objects.db)
    ImportTemplate.objects.all().delete()
    return {"imports": count}
