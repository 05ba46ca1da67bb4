"""Any list as a CSV or XLSX file: the same filters, order, permission and masking, made by a background job."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.tenancy.errors import DomainError
from core.web.lists.filters import NO, YES
from core.web.lists.page import CURSOR, ListPage
from core.web.lists.views import ListView
from core.web.sheets import MOST_ROWS, SheetTooLarge, SheetWriter

KIND = "export"
CHUNK = 1000
# What a spreadsheet takes for the beginning of a formula, in either width.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class ExportFormat(TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel"


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = _("An Excel sheet holds 1,048,575 rows at most. Choose CSV, or narrow the list.")


class ListChanged(DomainError):
    code = "list_changed"
    message = _("This list cannot be exported with these filters any more. Open it and start again.")


_lists: dict[str, type[ListView]] = {}


def register(view: type[ListView]) -> None:
    """Let a list be exported by its `export_name`; raises ValueError for a name that is taken."""
    if _lists.setdefault(view.export_name, view) is not view:
        raise ValueError(f"There is an exported list {view.export_name!r} already.")


def find(name: str) -> type[ListView] | None:
    return _lists.get(name)


def titles() -> dict[str, str | Promise]:
    """Return what each list is called, by its name."""
    return {name: view.export_title for name, view in _lists.items()}


def permission_of(job: BackgroundJob) -> str:
    """Return the list's own permission: what may be seen may be exported."""
    return _lists[job.parameters["list"]].permission_required


def file_name(job: BackgroundJob, at: datetime) -> str:
    """Name the file by its list and the minute."""
    return f"{job.parameters['list']}-{timezone.localtime(at):%Y%m%d-%H%M}.{job.parameters['format']}"


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the next rows of the list after the cursor in `job.position`. Raises ListChanged or TooManyRows.

    The first step counts the rows, as far as a sheet reaches.
    """
    view = _lists[job.parameters["list"]]()
    position = job.position or {"cursor": None, "sheet": []}
    page = _page(view, job, position["cursor"])
    if not page.is_valid:
        raise ListChanged
    is_first = job.position is None
    is_sheet = job.parameters["format"] == ExportFormat.XLSX
    total = _count(page) if is_first else None
    if is_sheet and max(total or 0, job.done + len(page.rows)) > MOST_ROWS:
        raise TooManyRows
    heads = [str(column.label) for column in page.file_columns] if is_first else []
    rows = view.get_export_rows(page.rows, user=job.owner)
    cells = [[_local(column.value(row)) for column in page.file_columns] for row in rows]
    following = parse_qs(urlsplit(page.more_url).query).get(CURSOR, [None])[0]
    sheet = SheetWriter(*position["sheet"])
    content = _as_sheet(sheet, heads, cells, is_last=not following) if is_sheet else _as_csv(heads, cells)
    return Step(
        position=following and {"cursor": following, "sheet": sheet.state},
        done=len(cells),
        total=None if total is None or total > MOST_ROWS else total,
        content=content,
    )


def whole_file(heads: Sequence[str], rows: Sequence[Sequence[Any]], *, file_format: str) -> bytes:
    """Return a file of a few rows, which are no list, in the forms of an export. Raises TooManyRows."""
    cells = [[_local(value) for value in row] for row in rows]
    if file_format == ExportFormat.XLSX:
        return _as_sheet(SheetWriter(), heads, cells, is_last=True)
    return _as_csv(heads, cells)


def _page(view: ListView, job: BackgroundJob, cursor: str | None) -> ListPage:
    params = QueryDict(job.parameters["query"], mutable=True)
    params.pop(CURSOR, None)
    if cursor:
        params[CURSOR] = cursor
    return view.page_of(params, path=job.parameters["path"], size=CHUNK)


def _count(page: ListPage) -> int:
    """Count the rows, up to one more than a sheet holds."""
    return page.matching.order_by()[: MOST_ROWS + 1].count()


def _local(value: Any) -> Any:
    """Return a value as people read it: moments in the active time zone, yes and no in words."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, bool):
        return str(YES if value else NO)
    return value if value is None or isinstance(value, int | float | Decimal | date) else str(value)


def _as_sheet(sheet: SheetWriter, heads: Sequence[str], rows: Sequence[Sequence[Any]], *, is_last: bool) -> bytes:
    try:
        content = (sheet.begin(heads) if heads else b"") + sheet.add(rows)
    except SheetTooLarge:
        raise TooManyRows from None
    return content + sheet.end() if is_last else content


def _as_csv(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows as CSV; with the heads, the file begins with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([_csv_cell(cell) for cell in row] for row in [*([heads] if heads else []), *rows])
    return text.getvalue().encode("utf-8-sig" if heads else "utf-8")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def guarded(text: str) -> str:
    """Keep a spreadsheet from running text that begins like a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
