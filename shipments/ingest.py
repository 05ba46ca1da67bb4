"""Getting shipments in from a CSV file: read, check, write in chunks, and say what became of every row."""

import codecs
import csv
import io
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, BinaryIO, ClassVar

import uuid_utils
from django.db import connection
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.enums import CustomerKind
from customers.opening import Archive, open_archives
from customers.shipment_figures import add_shipments, set_shipments
from shipments.happenings import RETURNING, WRITTEN, telling_of_shipments, wake_for_shipments
from shipments.rows import (
    ACCEPTED,
    BLANKS,
    CUSTOMER,
    FIELDS,
    GOODS,
    KIND,
    NAME,
    REQUIRED,
    WARNINGS,
    WAYBILL,
    ParsedRow,
    RowParser,
    RowRefused,
    outlying_days,
)
from shipments.turns import wait_for_imports

CHUNK = 10_000
SAMPLE_ROWS = 3
# What ZIP archives and XLSX workbooks, old workbooks, gzip and PDF files begin with.
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")
OTHER_SEPARATORS = ";\t|"
DECODE_BYTES = 1 << 20
# The customer is written as customer_id, its name and kind not at all.
COLUMNS = tuple(name for name in FIELDS if name not in {"customer_number", "customer_name", "customer_kind"})
# Where the file has no column, the statement says what the field holds.
LITERALS = {None: "null", 0: "0", "": "''", "{}": "'{}'"}


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
    """What became of one row: created, updated, unchanged or failed, with codes and reasons."""

    line: int
    waybill_number: str
    status: str
    codes: Sequence[str] = ()
    reasons: Sequence[str | Promise] = ()

    @property
    def is_warned(self) -> bool:
        return self.status != "failed" and bool(self.codes)

    def warn(self, code: str) -> None:
        self.codes = [*self.codes, code]
        self.reasons = [*self.reasons, WARNINGS[code]]

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
    _require_utf8(stream)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        columns = _header(text.readline())
        _refuse_twins(columns)
        lines = [line for line in text if line.strip()]
    finally:
        text.detach()
    if not lines:
        raise EmptyFile
    return Outline(columns, _sample(lines, len(columns)), len(lines))


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


def import_shipments(
    *,
    stream: BinaryIO,
    tenant: Tenant,
    by: User | None,
    at: datetime,
    mapping: Mapping[str, str] | None = None,
    chunk: int = CHUNK,
) -> ImportResult:
    """Bring the shipments of a seekable CSV file in; `mapping` names the column of a field, "" to leave it out.

    Each chunk is one transaction, or a part of the caller's where the tenant's scope is open already. Columns
    that the file does not have leave stored values alone. Raises WrongEncoding, NotText, UnreadableFile,
    WrongSeparator, EmptyFile, MissingColumns or UnknownMapping before anything is written.
    """
    _require_utf8(stream)
    reading = _Reading(stream, tenant=tenant, mapping=mapping or {}, at=at)
    try:
        for rows in reading.chunks(chunk):
            with tenant_scope(tenant):
                _write_chunk(rows, tenant_id=tenant.pk, present=reading.present, at=at)
    finally:
        reading.release()
    return reading.result()


def _require_utf8(stream: BinaryIO) -> None:
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
class _Row:
    outcome: Outcome
    values: tuple[Any, ...]


class _Reading:
    """One pass over a file: numbers its lines, parses its rows and keeps their outcomes."""

    fields: ClassVar[Sequence[str]] = FIELDS
    required: ClassVar[Sequence[str]] = REQUIRED

    def __init__(self, stream: BinaryIO, *, tenant: Tenant, mapping: Mapping[str, str], at: datetime) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self._line = 0
        self._outcomes: list[Outcome] = []
        self._accepted: list[Outcome] = []
        self._days: list[int] = []
        self._uncategorised: list[Outcome] = []
        self._seen: dict[str, int] = {}
        try:
            self._line = 1
            self._header = _header(self._text.readline())
            positions = _positions(self._header, mapping, self.fields, self.required)
        except DomainError:
            self.release()
            raise
        self.present = frozenset(positions)
        self._waybill_place = positions["waybill_number"]
        self._parser = self._parser_of(positions, tenant.time_zone, at)

    def _parser_of(self, positions: Mapping[str, int], time_zone: str, at: datetime) -> Any:
        return RowParser(positions=positions, time_zone=time_zone, at=at)

    def release(self) -> None:
        """Give the stream back to the caller, who closes it."""
        if not self._text.closed:
            self._text.detach()

    def chunks(self, size: int) -> Iterator[list[_Row]]:
        rows: list[_Row] = []
        for cells in self._rows():
            row = self._take(cells)
            if row is not None:
                rows.append(row)
            if len(rows) >= size:
                yield rows
                rows = []
        if rows:
            yield rows
        self._warn_of_outliers()
        self._warn_of_missing_categories()

    def result(self) -> ImportResult:
        """Count the outcomes. Raises EmptyFile if there are none."""
        if not self._outcomes:
            raise EmptyFile
        counts = Counter(outcome.status for outcome in self._outcomes)
        return ImportResult(
            outcomes=self._outcomes,
            created=counts["created"],
            updated=counts["updated"],
            unchanged=counts["unchanged"],
            failed=counts["failed"],
            warned=sum(outcome.is_warned for outcome in self._outcomes),
        )

    def _whole_lines(self) -> Iterator[str]:
        """Yield lines whose quotes are in pairs: no value may hold a line break, and an open quote must not
        swallow the good rows after it.
        """
        for line in self._text:
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

    def _take(self, cells: list[str]) -> _Row | None:
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

    def _keep(self, parsed: ParsedRow) -> _Row | None:
        waybill = parsed.values[WAYBILL]
        content = hash(parsed.values)
        earlier = self._seen.get(waybill)
        if earlier is not None and earlier != content:
            reason = _("An earlier row of the file has this waybill number with other content.")
            self._fail(waybill, "duplicate_in_file", reason)
            return None
        outcome = Outcome(self._line, waybill, "unchanged")
        if earlier is not None:
            self._outcomes.append(outcome)
            return None
        self._seen[waybill] = content
        for code in parsed.warnings:
            outcome.warn(code)
        self._outcomes.append(outcome)
        self._accepted.append(outcome)
        self._days.append(parsed.values[ACCEPTED].toordinal())
        if not parsed.values[GOODS]:
            self._uncategorised.append(outcome)
        return _Row(outcome, parsed.values)

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
        self._outcomes.append(Outcome(self._line, shown, "failed", [code], [reason]))


def _header(line: str) -> list[str]:
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


def _positions(
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


def _write_chunk(rows: list[_Row], *, tenant_id: uuid.UUID, present: frozenset[str], at: datetime) -> None:
    names: dict[str, str] = {}
    persons: set[str] = set()
    for row in rows:
        number = row.values[CUSTOMER]
        if row.values[KIND] == CustomerKind.INDIVIDUAL:
            persons.add(number)
        if not names.get(number):
            names[number] = row.values[NAME]
    with connection.cursor() as cursor:
        # Imports of one tenant go one after the other, so that each sees what the others wrote.
        wait_for_imports()
        ids = open_archives(
            (
                Archive(
                    number=number,
                    kind=CustomerKind.INDIVIDUAL if number in persons else CustomerKind.COMPANY,
                    name=name,
                )
                for number, name in names.items()
            ),
            at=at,
        )
        # The status is worked out where the file has none.
        sent = [name for name in COLUMNS if name in present or name == "status"]
        texts = [name for name in sent if isinstance(BLANKS[name], str) or name == "waybill_number"]
        names_sql = ", ".join(("id", "customer_id", *sent))
        cursor.execute(
            "create temp table incoming on commit drop as"  # noqa: S608  the names are our own
            f" select {names_sql} from shipments_shipment with no data"
        )
        cursor.execute(f"create temp table written ({WRITTEN}) on commit drop")
        cursor.copy_expert(
            f"copy incoming ({names_sql}) from stdin with (format csv, force_not_null ({', '.join(texts)}))",
            _as_csv(rows, ids, sent),
        )
        moved = _customers_of_moved_shipments(cursor, tenant_id)
        cursor.execute(_upsert(present, sent), [tenant_id])
        cursor.execute(f"with {telling_of_shipments()} select 1", {"tenant": tenant_id, "at": at})
        wake_for_shipments()
        cursor.execute(
            "select customer_id, count(*), min(accepted_at), max(accepted_at) from written"
            " where is_new group by customer_id order by customer_id"
        )
        add_shipments(cursor.fetchall())
        set_shipments(_figures(cursor, tenant_id, moved))
        cursor.execute("select waybill_number, is_new from written")
        statuses = {waybill: "created" if is_new else "updated" for waybill, is_new in cursor.fetchall()}
        cursor.execute("drop table incoming, written")
    for row in rows:
        row.outcome.status = statuses.get(row.values[WAYBILL], "unchanged")


def _as_csv(rows: list[_Row], ids: Mapping[str, uuid.UUID], sent: Sequence[str]) -> io.StringIO:
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    pick = itemgetter(*(FIELDS.index(name) for name in sent))
    for row in rows:
        values = row.values
        # As text only, which is a fifth of the cost of core's uuid7().
        write((uuid_utils.uuid7(), ids[values[CUSTOMER]], *pick(values)))
    buffer.seek(0)
    return buffer


def _upsert(present: frozenset[str], sent: Sequence[str]) -> str:
    """Return the statement that writes the chunk; only columns that the file has are changed."""
    columns = ", ".join(("id", "customer_id", *COLUMNS))
    incoming = ", ".join(("id", "customer_id", *(name if name in sent else LITERALS[BLANKS[name]] for name in COLUMNS)))
    changed = ["customer_id", *(name for name in COLUMNS if name in present and name != "waybill_number")]
    stored = ", ".join(f"s.{name}" for name in changed)
    replacing = ", ".join(f"excluded.{name}" for name in changed)
    return f"""
        with done as (
            insert into shipments_shipment as s (tenant_id, {columns})
            select %s, {incoming} from incoming
            on conflict (tenant_id, waybill_number) do update set ({", ".join(changed)}) = row({replacing})
            where ({stored}) is distinct from ({replacing})
            returning {RETURNING}
        )
        insert into written select * from done
    """  # noqa: S608  the names are our own


def _customers_of_moved_shipments(cursor: object, tenant_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the customers, old and new, of shipments that are about to change customer or date."""
    cursor.execute(
        "select s.customer_id, i.customer_id from incoming i"
        " join shipments_shipment s on s.tenant_id = %s and s.waybill_number = i.waybill_number"
        " where (s.customer_id, s.accepted_at) is distinct from (i.customer_id, i.accepted_at)",
        [tenant_id],
    )
    return sorted({customer_id for pair in cursor.fetchall() for customer_id in pair})


def _figures(cursor: object, tenant_id: uuid.UUID, customer_ids: list[uuid.UUID]) -> list[tuple]:
    if not customer_ids:
        return []
    cursor.execute(
        "select u.id, count(s.id), min(s.accepted_at), max(s.accepted_at) from unnest(%s::uuid[]) as u(id)"
        " left join shipments_shipment s on s.tenant_id = %s and s.customer_id = u.id group by u.id",
        [customer_ids, tenant_id],
    )
    return cursor.fetchall()
