"""Files of customers and their like, brought in as the pages do it; a scope must be open."""

import io
from datetime import datetime

from openpyxl import Workbook

from core.accounts.models import User
from core.imports.kinds import kind_of
from core.imports.models import ImportBatch
from core.imports.results import Result, results
from core.imports.services import receive_file, start_check, start_import, start_undo
from tests.factories.imports import work_off


def received(
    content: str | bytes, *, by: User, at: datetime, kind: str = "customers", name: str = "f.csv", encoding: str = ""
) -> ImportBatch:
    data = content.encode() if isinstance(content, str) else content
    return receive_file(
        kind=kind_of(kind),
        stream=io.BytesIO(data),
        size=len(data),
        file_name=name,
        encoding=encoding,
        by=by,
        at=at,
    )


def checked(content: str | bytes, *, by: User, at: datetime, kind: str = "customers") -> ImportBatch:
    batch = received(content, by=by, at=at, kind=kind)
    work_off(start_check(batch=batch, mapping=batch.mapping, by=by, at=at), at=at)
    batch.refresh_from_db()
    return batch


def imported(
    content: str | bytes, *, by: User, at: datetime, kind: str = "customers", skips_alike: bool = False
) -> ImportBatch:
    batch = checked(content, by=by, at=at, kind=kind)
    work_off(start_import(batch=batch, skips_alike=skips_alike, by=by, at=at), at=at)
    batch.refresh_from_db()
    return batch


def undone(batch: ImportBatch, *, by: User, at: datetime) -> ImportBatch:
    work_off(start_undo(batch=batch, by=by, at=at), at=at)
    batch.refresh_from_db()
    return batch


def rows_of(batch: ImportBatch) -> list[Result]:
    return [each for part in batch.parts.order_by("number") for each in results(part)]


def outcomes(batch: ImportBatch) -> list[tuple[int, str, str]]:
    """Return line, status and words in English of every row."""
    return [(each.line, each.status, each.words("en")) for each in rows_of(batch)]


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
