"""Any list as a CSV or XLSX file: the same filters, order, permission and masking, made by a background job."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.lists.page import CURSOR, ListPage
from core.web.lists.views import ListView

KIND = "export"
CHUNK = 1000
# What a sheet of Excel holds, less its head.
MOST_SHEET_ROWS = 1_048_575
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel"


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = _("An Excel sheet holds 1,048,575 rows at most. Choose CSV, or narrow the list.")


class ListChanged(DomainError):
    code = "list_changed"
    message = _("This list cannot be exported with these filters any more. Open it and start again.")


@dataclass(frozen=True)
class Column:
    """One column of the file: its head, and how a row's value is got; what pages mask is masked here too."""

    label: str | Promise
    value: Callable[[Any], Any]


_lists: dict[str, type[ListView]] = {}


def register(view: type[ListView]) -> None:
    """Let a list be exported by its `export_name`; raises ValueError for a name that is taken."""
    if _lists.setdefault(view.export_name, view) is not view:
        raise ValueError(f"There is an exported list {view.export_name!r} already.")


def find(name: str) -> type[ListView] | None:
    return _lists.get(name)


def permission_of(job: BackgroundJob) -> str:
    """Return the list's own permission: what may be seen may be exported."""
    return _lists[job.parameters["list"]].permission_required


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the next rows of the list after `job.position`, the cursor. Raises ListChanged or TooManyRows."""
    view = _lists[job.parameters["list"]]()
    page = _page(view, job)
    if not page.is_valid:
        raise ListChanged
    is_first = job.position is None
    rows = page.rows
    cells = [[_plain(column.value(row)) for column in view.export_columns] for row in rows]
    if is_first:
        cells.insert(0, [str(column.label) for column in view.export_columns])
    following = parse_qs(urlsplit(page.more_url).query).get(CURSOR, [None])[0]
    if job.parameters["format"] == ExportFormat.XLSX:
        if job.done + len(rows) > MOST_SHEET_ROWS:
            raise TooManyRows
        content = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in cells).encode()
    else:
        content = _as_csv(cells, with_mark=is_first)
    return Step(position=following, done=len(rows), content=content)


def _page(view: ListView, job: BackgroundJob) -> ListPage:
    params = QueryDict(job.parameters["query"], mutable=True)
    params.pop(CURSOR, None)
    if job.position:
        params[CURSOR] = job.position
    return ListPage(
        path=job.parameters["path"],
        params=params,
        queryset=view.get_queryset(),
        filters=view.filters,
        sorts=view.sorts,
        default_sort=view.default_sort,
        tenant=current_tenant(),
        size=CHUNK,
    )


def _plain(value: Any) -> str | float | int:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value if isinstance(value, int | float) else str(value)


def guarded(cell: Any) -> Any:
    """Keep a spreadsheet from running a cell that begins like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _as_csv(rows: Sequence[Sequence[Any]], *, with_mark: bool) -> bytes:
    """Return rows as CSV; the file begins with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig" if with_mark else "utf-8")


def as_workbook(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield an XLSX file of the rows that the parts hold, text as text, so that nothing is run."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for part in parts:
        for line in filter(None, part.decode().split("\n")):
            sheet.append([_text_cell(sheet, cell) for cell in json.loads(line)])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    yield from iter(lambda: file.read(65536), b"")


def _text_cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="".join(each for each in value if each.isprintable()))
    cell.data_type = "s"
    return cell
