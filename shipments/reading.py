"""Reading a file of shipments: what it holds, its lines, and what becomes of each row."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, ClassVar, TextIO

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from shipments.rows import (
    ACCEPTED,
    FIELDS,
    GOODS,
    REQUIRED,
    WARNINGS,
    WAYBILL,
    ParsedRow,
    RowParser,
    RowRefused,
    outlying_days,
)

SAMPLE_ROWS = 3
DUPLICATE = ("duplicate_in_file", _("An earlier row of the file has this waybill number with other content."))
# What ZIP archives and XLSX workbooks, old workbooks, gzip and PDF files begin with.
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")
OTHER_SEPARATORS = ";\t|"
DECODE_BYTES = 1 << 20


class WrongEncoding(DomainError):
    code = "wrong_encoding"
    message = _("The file is not UTF-8 text. Save it as CSV in UTF-8 and send it again.")


class NotText(DomainError):
    code = "not_text"
    message = _("This is a workbook, an archive or another file that is not text. Save the sheet as CSV in UTF-8.")


class EmptyFile(DomainError):
    code = "empty_file"
    message = _("The file has no rows below its first line.")


class UnreadableFile(DomainError):
    code = "unreadable_file"
    message = _("The first line of the file cannot be read as CSV.")


class WrongSeparator(DomainError):
    code = "wrong_separator"
    message = _("The cells of the file are not separated by commas. Save it as CSV with commas.")


class MissingColumns(DomainError):
    code = "missing_columns"


class UnknownMapping(DomainError):
    code = "unknown_mapping"


@dataclass(slots=True)
class Outcome:
    """What became of one row: created, updated, unchanged or failed, with codes and reasons.

    `fields` are those that made it fail, each by its code, where they are known.
    """

    line: int
    waybill_number: str
    status: str
    codes: Sequence[str] = ()
    reasons: Sequence[str | Promise] = ()
    fields: Sequence[str] = ()

    @property
    def is_warned(self) -> bool:
        return self.status != "failed" and bool(self.codes)

    def warn(self, code: str) -> None:
        self.codes = [*self.codes, code]
        self.reasons = [*self.reasons, WARNINGS[code]]

    def fail(self, code: str, reason: str | Promise, *fields: str) -> None:
        self.status, self.fields = "failed", fields
        self.codes, self.reasons = [code] * max(1, len(fields)), [reason] * max(1, len(fields))

    @property
    def reason(self) -> str:
        """All reasons in the active language."""
        return " ".join(str(reason) for reason in self.reasons)

    def as_cells(self) -> list[str]:
        """Return line, waybill number, status, code and reason."""
        return [str(self.line), self.waybill_number, self.status, ";".join(self.codes), self.reason]


@dataclass(frozen=True)
class ImportResult:
    """The outcomes of all rows in the file's order, and how many there are of each kind."""

    outcomes: list[Outcome]
    created: int
    updated: int
    unchanged: int
    failed: int
    warned: int


@dataclass(frozen=True)
class Outline:
    """What a file holds, before anybody says which column is which."""

    columns: list[str]
    sample: list[list[str]]
    row_count: int


def outline(stream: BinaryIO) -> Outline:
    """Return the columns, the first rows and the number of rows of a seekable CSV file.

    Raises WrongEncoding, NotText, UnreadableFile, WrongSeparator or EmptyFile.
    """
    require_utf8(stream)
    with text_of(stream) as text:
        columns = header_of(text.readline())
        _refuse_twins(columns)
        lines, count = [], 0
        for line in text:
            if line.strip():
                count += 1
                if count <= SAMPLE_ROWS:
                    lines.append(line)
    if not count:
        raise EmptyFile
    return Outline(columns, _sample(lines, len(columns)), count)


@contextmanager
def text_of(stream: BinaryIO) -> Iterator[TextIO]:
    """Give the text of a file, and the file back to the caller at the end."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _sample(lines: Sequence[str], width: int) -> list[list[str]]:
    sample = []
    for line in lines[:SAMPLE_ROWS]:
        try:
            cells = next(csv.reader([line], strict=True))
        except csv.Error:
            continue
        if len(cells) == width:
            sample.append(cells)
    return sample


def require_utf8(stream: BinaryIO) -> None:
    """Read the whole file once, so that a wrong byte near its end does not leave half of it written."""
    is_text = not stream.read(4).startswith(NOT_TEXT)
    stream.seek(0)
    if not is_text:
        raise NotText
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := stream.read(DECODE_BYTES):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise WrongEncoding from None
    stream.seek(0)


@dataclass(slots=True)
class Row:
    outcome: Outcome
    values: tuple[Any, ...]


class Reading:
    """One pass over the lines of a file: numbers them, parses the rows and keeps their outcomes.

    `line` is the number of the line before the first. Raises UnknownMapping, MissingColumns or UnreadableFile.
    """

    fields: ClassVar[Sequence[str]] = FIELDS
    required: ClassVar[Sequence[str]] = REQUIRED

    def __init__(
        self,
        lines: Iterable[str],
        header: Sequence[str],
        *,
        tenant: Tenant,
        mapping: Mapping[str, str],
        at: datetime,
        line: int = 1,
    ) -> None:
        self._lines = lines
        self._line = line
        self._header = header
        self.outcomes: list[Outcome] = []
        self._accepted: list[Outcome] = []
        self._days: list[int] = []
        self._uncategorised: list[Outcome] = []
        self._seen: dict[str, int] = {}
        positions = positions_of(header, mapping, self.fields, self.required)
        self.present = frozenset(positions)
        self._waybill_place = positions["waybill_number"]
        self._parser = self._parser_of(positions, tenant.time_zone, at)

    def _parser_of(self, positions: Mapping[str, int], time_zone: str, at: datetime) -> Any:
        return RowParser(positions=positions, time_zone=time_zone, at=at)

    def chunks(self, size: int) -> Iterator[list[Row]]:
        rows: list[Row] = []
        for cells in self._rows():
            row = self._take(cells)
            if row is not None:
                rows.append(row)
            if len(rows) >= size:
                yield rows
                rows = []
        if rows:
            yield rows

    def warn_of_the_whole(self) -> None:
        """Warn of what only the whole file shows: days far from all others, categories that most rows have."""
        self._warn_of_outliers()
        self._warn_of_missing_categories()

    def result(self) -> ImportResult:
        """Count the outcomes. Raises EmptyFile if there are none."""
        if not self.outcomes:
            raise EmptyFile
        counts = Counter(outcome.status for outcome in self.outcomes)
        return ImportResult(
            outcomes=self.outcomes,
            created=counts["created"],
            updated=counts["updated"],
            unchanged=counts["unchanged"],
            failed=counts["failed"],
            warned=sum(outcome.is_warned for outcome in self.outcomes),
        )

    def _whole_lines(self) -> Iterator[str]:
        """Yield lines whose quotes are in pairs: no value may hold a line break, and an open quote must not
        swallow the good rows after it.
        """
        for line in self._lines:
            self._line += 1
            if '"' in line and line.count('"') % 2:
                self._fail("", "broken_quotes", _("The quotes of this line are not in pairs."))
            else:
                yield line

    def _rows(self) -> Iterator[list[str]]:
        reader = csv.reader(self._whole_lines(), strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._fail("", "broken_quotes", _("This line is not well-formed CSV."))
                continue
            if cells:
                yield cells

    def _take(self, cells: list[str]) -> Row | None:
        waybill = cells[self._waybill_place].strip() if self._waybill_place < len(cells) else ""
        if len(cells) != len(self._header):
            self._fail(waybill, "wrong_column_count", _("The row has not as many cells as the first line."))
            return None
        try:
            parsed = self._parser.parse(cells)
        except RowRefused as refusal:
            self._fail(waybill, refusal.code, refusal.message)
            return None
        return self._keep(parsed)

    def _keep(self, parsed: ParsedRow) -> Row | None:
        waybill = parsed.values[WAYBILL]
        content = hash(parsed.values)
        earlier = self._seen.get(waybill)
        if earlier is not None and earlier != content:
            self._fail(waybill, *DUPLICATE)
            return None
        outcome = Outcome(self._line, waybill, "unchanged")
        if earlier is not None:
            self.outcomes.append(outcome)
            return None
        self._seen[waybill] = content
        for code in parsed.warnings:
            outcome.warn(code)
        self.outcomes.append(outcome)
        self._accepted.append(outcome)
        self._days.append(parsed.values[ACCEPTED].toordinal())
        if not parsed.values[GOODS]:
            self._uncategorised.append(outcome)
        return Row(outcome, parsed.values)

    def _warn_of_outliers(self) -> None:
        odd = outlying_days(self._days)
        for day, outcome in zip(self._days if odd else (), self._accepted, strict=False):
            if day in odd:
                outcome.warn("date_outlier")

    def _warn_of_missing_categories(self) -> None:
        if len(self._uncategorised) * 2 < len(self._accepted):
            for outcome in self._uncategorised:
                outcome.warn("missing_category")

    def _fail(self, waybill: str, code: str, reason: str | Promise) -> None:
        # A refused number may hold anything, and the result is read by people and spreadsheets.
        shown = "".join(letter for letter in waybill[:40] if letter.isprintable())
        self.outcomes.append(Outcome(self._line, shown, "failed", [code], [reason]))


def header_of(line: str) -> list[str]:
    """Return the names in the first line. Raises UnreadableFile or WrongSeparator."""
    try:
        if line.count('"') % 2 or not line.rstrip("\r\n").replace("\t", " ").isprintable():
            raise UnreadableFile
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        raise UnreadableFile from None
    if len(cells) == 1 and any(separator in line for separator in OTHER_SEPARATORS):
        raise WrongSeparator
    return cells


def _refuse_twins(header: Sequence[str]) -> None:
    twice = sorted(name for name, times in Counter(header).items() if times > 1 and name)
    if twice:
        raise UnreadableFile(format_lazy(_("The file has a column twice: {}."), ", ".join(twice)))


def positions_of(
    header: Sequence[str],
    mapping: Mapping[str, str],
    fields: Sequence[str] = FIELDS,
    required: Sequence[str] = REQUIRED,
) -> dict[str, int]:
    """Return where each field stands. Raises UnknownMapping, MissingColumns, UnreadableFile."""
    _refuse_twins(header)
    for name, column in mapping.items():
        if name not in fields:
            raise UnknownMapping(format_lazy(_("There is no field {}."), name))
        if column and column not in header:
            raise UnknownMapping(format_lazy(_("The file has no column {}."), column))
    shared = sorted(column for column, fields in Counter(mapping.values()).items() if column and fields > 1)
    if shared:
        raise UnknownMapping(format_lazy(_("Several fields take the same column: {}."), ", ".join(shared)))
    places = {column: place for place, column in enumerate(header)}
    taken = set(mapping.values())
    positions = {name: places[name] for name in fields if name in places and name not in taken | mapping.keys()}
    positions.update({name: places[column] for name, column in mapping.items() if column})
    missing = [name for name in required if name not in positions]
    if missing:
        raise MissingColumns(format_lazy(_("The file lacks these columns: {}."), ", ".join(missing)))
    return positions
