"""Files of customers and their like, brought in as the pages do it; a scope must be open."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from openpyxl import Workbook

from core.accounts.models import User
from core.imports import kinds
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


def checked(
    content: str | bytes,
    *,
    by: User,
    at: datetime,
    kind: str = "customers",
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Have a file checked; `mapping` names the columns of fields that differ from what is guessed."""
    batch = received(content, by=by, at=at, kind=kind)
    told = dict(zip(batch.columns, batch.mapping, strict=True))
    for field, column in (mapping or {}).items():
        told = {each: "" if name == field else name for each, name in told.items()} | {column: field}
    work_off(start_check(batch=batch, mapping=list(told.values()), preset=batch.preset, by=by, at=at), at=at)
    batch.refresh_from_db()
    return batch


def imported(
    content: str | bytes,
    *,
    by: User,
    at: datetime,
    kind: str = "customers",
    mapping: Mapping[str, str] | None = None,
    skips_alike: bool = False,
) -> ImportBatch:
    batch = checked(content, by=by, at=at, kind=kind, mapping=mapping)
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


def in_parts_of(monkeypatch: pytest.MonkeyPatch, rows: int, *names: str) -> None:
    """Have files of these kinds cut into parts of so few rows."""
    for name in names:
        monkeypatch.setitem(kinds._kinds, name, replace(kind_of(name), rows_per_part=rows))


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
