"""Reading files of any kind of rows: text in three encodings with any separator, and Excel workbooks, row by row.

Nothing is kept of a file but the row at hand, except for what a workbook has in its table of texts.
"""

import codecs
import csv
import io
import zipfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from typing import Any, BinaryIO, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.imports.enums import Encoding
from core.tenancy.errors import DomainError

# What ZIP archives and so XLSX workbooks, old or locked workbooks, gzip, PDF and images begin with.
ZIP = b"PK\x03\x04"
NOT_TEXT = (b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SEPARATORS = ",;\t|"
BLOCK = 1 << 20
SNIFFED_BYTES, SNIFFED_LINES = 1 << 16, 20
MOST_COLUMNS = 200
MOST_LINES_OF_A_ROW = 50
# What a workbook may grow to when it is unpacked.
MOST_UNPACKED = 2 << 30
# Where the frequent characters of each encoding stand (GB 2312 level 1, Big5 level 1), by the first byte of a pair.
FREQUENT = {Encoding.GBK: range(0xB0, 0xD8), Encoding.BIG5: range(0xA4, 0xC7)}

BROKEN_QUOTES = "broken_quotes"
PROBLEMS = {BROKEN_QUOTES: _("The quotes of this line are not in pairs.")}


class NotATable(DomainError):
    code = "not_a_table"
    message = _("This is neither a text file nor an Excel workbook (.xlsx). Save the sheet as CSV or XLSX.")


class WrongEncoding(DomainError):
    code = "wrong_encoding"
    message = _(
        "The letters of the file are neither UTF-8 nor GBK nor Big5. Save it as CSV in UTF-8 and send it again."
    )


class NotThisEncoding(DomainError):
    code = "not_this_encoding"
    message = _("The letters of the file are not written in this encoding. Choose another one.")


class BrokenWorkbook(DomainError):
    code = "broken_workbook"
    message = _("The workbook is damaged, locked or too large. Open it, and save it anew as XLSX or CSV.")


class WrongSeparator(DomainError):
    code = "wrong_separator"
    message = _(
        "Only one column was found. The cells must be separated by commas, semicolons, tabs or vertical bars, the same"
        " in every line."
    )


class BadHeader(DomainError):
    code = "bad_header"
    message = _("The first line of the file cannot be read. It must name the columns.")


class EmptyFile(DomainError):
    code = "empty_file"
    message = _("The file has no rows below its first line.")


class RawRow(NamedTuple):
    """The cells of a row as text, or None and a key of PROBLEMS."""

    line: int
    cells: list[str] | None
    problem: str = ""


class _Ahead:
    """Lines one after the other, of which the next may be looked at before they are taken."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._waiting: deque[tuple[int, str]] = deque()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        return self._waiting.popleft() if self._waiting else next(self._lines)

    def coming(self, most: int) -> Iterator[tuple[int, str]]:
        """Yield the next lines, so many at most, and keep them."""
        for place in range(most):
            if place == len(self._waiting):
                line = next(self._lines, None)
                if line is None:
                    return
                self._waiting.append(line)
            yield self._waiting[place]

    def skip(self, count: int) -> None:
        for _place in range(count):
            self._waiting.popleft()


class Table:
    """A seekable file with rows: `columns` are the names in its first row, `rows()` yields the others.

    Raises NotATable, WrongEncoding, NotThisEncoding, BrokenWorkbook, WrongSeparator or BadHeader; `rows()` EmptyFile.
    """

    def __init__(self, stream: BinaryIO, *, encoding: str = "") -> None:
        self._stream = stream
        stream.seek(0)
        self.is_workbook = stream.read(4) == ZIP
        if self.is_workbook:
            self._check_workbook()
            self.columns = _header(next((cells for _line, cells in self._sheet()), []))
        else:
            self._encoding = _encoding_of(stream, encoding)
            self._separator = self._sniffed()
            self.columns = _header(self._first_line())

    def rows(self) -> Iterator[RawRow]:
        """Yield all rows that hold anything, as wide as the first row where they are too short. Raises EmptyFile."""
        is_empty = True
        for row in self._sheet_rows() if self.is_workbook else self._text_rows():
            if row.cells is not None and not any(row.cells):
                continue
            is_empty = False
            yield row
        if is_empty:
            raise EmptyFile

    def _sheet_rows(self) -> Iterator[RawRow]:
        rows = self._sheet()
        next(rows, None)
        for line, cells in rows:
            yield RawRow(line, self._fitted(cells))

    def _text_rows(self) -> Iterator[RawRow]:
        lines = _Ahead(self._lines())
        for line, text in lines:
            if line == 1 or not text.strip():
                continue
            cells = self._cells_of(text)
            if cells is None:
                cells = self._broken_cells(text, lines)
            yield RawRow(line, None, BROKEN_QUOTES) if cells is None else RawRow(line, self._fitted(cells))

    def _broken_cells(self, text: str, lines: "_Ahead") -> list[str] | None:
        """Return the cells of a row that goes on in the next lines, because one of them holds line breaks.

        It is one only if it is as wide as the header when its quotes are closed: an open quote swallows no good rows.
        """
        if text.count('"') % 2 == 0:
            return None
        for taken, (_line, more) in enumerate(lines.coming(MOST_LINES_OF_A_ROW), start=1):
            text += more
            if more.count('"') % 2:
                cells = self._cells_of(text)
                if cells is None or len(cells) != len(self.columns):
                    return None
                lines.skip(taken)
                return cells
        return None

    def _fitted(self, cells: list[str]) -> list[str]:
        """Return cells as wide as the header; what stands beyond it stays, for the row to be refused."""
        width = len(self.columns)
        while len(cells) > width and not cells[-1]:
            cells.pop()
        return cells + [""] * (width - len(cells))

    # Text

    def _lines(self) -> Iterator[tuple[int, str]]:
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, encoding=self._encoding, newline=None)
        try:
            yield from enumerate(text, start=1)
        finally:
            text.detach()

    def _cells_of(self, line: str) -> list[str] | None:
        if '"' not in line:
            return [cell.strip() for cell in line.split(self._separator)]
        if line.count('"') % 2:
            return None
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=self._separator, strict=True), [])]
        except csv.Error:
            return None

    def _sniffed(self) -> str:
        """Return the separator that parts the first lines most evenly. Raises WrongSeparator."""
        with closing(self._lines()) as lines:
            first = [text for _line, text in zip(range(SNIFFED_LINES), lines, strict=False)]
        texts = [text for _line, text in first if text.strip()]
        if not texts:
            raise EmptyFile
        found = {}
        for separator in SEPARATORS:
            self._separator = separator
            widths = [len(cells) for text in texts if (cells := self._cells_of(text))]
            if widths and widths[0] > 1:
                found[separator] = (sum(width == widths[0] for width in widths), widths[0])
        if not found:
            raise WrongSeparator
        return max(found, key=lambda separator: found[separator])

    def _first_line(self) -> list[str]:
        with closing(self._lines()) as lines:
            cells = self._cells_of(next(lines)[1])
        if cells is None:
            raise BadHeader
        return cells

    # Workbooks

    def _check_workbook(self) -> None:
        try:
            with zipfile.ZipFile(self._stream) as archive:
                names = set(archive.namelist())
                unpacked = sum(member.file_size for member in archive.infolist())
        except zipfile.BadZipFile:
            raise BrokenWorkbook from None
        if "xl/workbook.xml" not in names:
            raise NotATable
        if unpacked > MOST_UNPACKED:
            raise BrokenWorkbook

    def _sheet(self) -> Iterator[tuple[int, list[str]]]:
        self._stream.seek(0)
        try:
            book = load_workbook(self._stream, read_only=True, data_only=True, keep_links=False)
            with closing(book):
                sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
                for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                    yield line, [_as_text(value) for value in values]
        # What the library meets in a file that is none: it has no error of its own for most of it.
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError, StopIteration, EOFError):
            raise BrokenWorkbook from None


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MOST_COLUMNS or not all(name.isprintable() for name in names):
        raise BadHeader
    twice = sorted(name for name, times in Counter(names).items() if times > 1 and name)
    if twice:
        raise BadHeader(format_lazy(_("The file has a column twice: {}."), ", ".join(twice)))
    return names


def _as_text(value: Any) -> str:
    """Return a cell of a workbook as people would write it: whole numbers without a point, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def _encoding_of(stream: BinaryIO, wanted: str) -> str:
    """Read the whole file once and return its encoding, so that a wrong byte near its end does not spoil half of it."""
    stream.seek(0)
    start = stream.read(SNIFFED_BYTES)
    if start.startswith(UTF_16):
        fits = ["utf-16"] if _decodes(stream, "utf-16") else []
    elif start.startswith(NOT_TEXT) or b"\0" in start:
        raise NotATable
    else:
        fits = [each for each in ([wanted] if wanted else Encoding.values) if _decodes(stream, each)]
    if not fits:
        raise NotThisEncoding if wanted else WrongEncoding
    chosen = fits[0]
    if len(fits) > 1 and chosen != Encoding.UTF_8:
        chosen = max(fits, key=lambda encoding: _frequent_pairs(start, FREQUENT[Encoding(encoding)]))
    return "utf-8-sig" if chosen == Encoding.UTF_8 else chosen


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := stream.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _frequent_pairs(sample: bytes, leads: range) -> int:
    """Count the pairs of bytes that are frequent characters of an encoding."""
    count = at = 0
    while at < len(sample) - 1:
        if sample[at] < 0x80:
            at += 1
            continue
        count += sample[at] in leads
        at += 2
    return count
