"""What became of the rows of a file: kept part by part for every reader's language, and written as CSV."""

import codecs
import csv
import gzip
import io
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.imports.enums import PLANNED, BatchState, RowStatus
from core.imports.kinds import Row, Words
from core.imports.models import ImportBatch, ImportPart
from core.imports.reading import RawRow
from core.web.exports import guarded

PROBLEMS_SHOWN, EXAMPLES = 50, 5


class Result(NamedTuple):
    """What became of one row, as `Row` has it; `record_id` and `owner_id` are texts."""

    line: int
    key: str
    status: str
    reasons: list[Words]
    hints: list[Words]
    record_id: str | None
    owner_id: str | None
    warnings: list[Words]
    gist: str = ""

    @property
    def is_noted(self) -> bool:
        """Tell whether there is something to read of the row."""
        return bool(self.reasons or self.hints or self.warnings)

    def said(self, language: str) -> list[str]:
        """Return all that there is to read of the row, each by itself."""
        return [in_language(each, language) for each in (*self.reasons, *self.hints, *self.warnings)]

    def words(self, language: str) -> str:
        """Return all that there is to read of the row."""
        return " ".join(self.said(language))


def in_language(words: Words, language: str) -> str:
    """Return what is said in the language, or in the product's first one."""
    return words.get(language) or words[settings.LANGUAGE_CODE]


def pack(value: Any) -> bytes:
    """Return a JSON value as compressed text."""
    return gzip.compress(json.dumps(value, ensure_ascii=False).encode(), compresslevel=4, mtime=0)


def unpack(content: bytes) -> Any:
    return json.loads(gzip.decompress(content))


def pack_raw(rows: Sequence[RawRow]) -> bytes:
    return pack([[row.line, row.cells, row.problem] for row in rows])


def raw_rows(part: ImportPart) -> list[RawRow]:
    """Return the rows of a part as they were read."""
    return [RawRow(*each) for each in unpack(part.content)]


def results(part: ImportPart) -> list[Result]:
    """Return what became of the rows of a part."""
    return [Result(*each) for each in unpack(part.result)]


def result_of(row: Row) -> Result:
    """Return what is kept of a row. Its key may hold anything, and people and spreadsheets read it."""
    key = row.key[:60]
    if not key.isprintable():
        key = "".join(letter for letter in key if letter.isprintable())
    record_id, owner_id = (each and str(each) for each in (row.record_id, row.owner_id))
    warnings, gist = ([], "") if row.is_refused else (row.warnings, row.gist)
    return Result(row.line, key, row.status, row.reasons, row.hints, record_id, owner_id, warnings, gist)


def keep(part: ImportPart, kept: Sequence[Result]) -> None:
    """Put results into a part that is not stored yet."""
    part.result = pack([list(each) for each in kept])
    part.noted_total = sum(each.is_noted for each in kept)


def before_of(part: ImportPart) -> dict[int, dict[str, Any]]:
    """Return what stood in the archive before the rows of a part were written, by line."""
    return {int(line): value for line, value in unpack(part.before).items()} if part.before else {}


def noted(batch: ImportBatch, *, after: tuple[int, int], most: int) -> tuple[list[Result], str]:
    """Return up to `most` rows of which there is something to read, after a part and a line, and where more begin."""
    found: list[Result] = []
    place = after
    parts = batch.parts.filter(noted_total__gt=0, number__gte=after[0], result__isnull=False).order_by("number")
    for part in parts.defer("content", "before").iterator(chunk_size=1):
        for each in results(part):
            if (part.number, each.line) <= after or not each.is_noted:
                continue
            if len(found) == most:
                return found, f"{place[0]}-{place[1]}"
            found.append(each)
            place = (part.number, each.line)
    return found, ""


def counted(problems: Iterable[Mapping[str, Any]], kept: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the reasons of refusals, counted and with examples, with those counted before, then those of warnings.

    The frequent ones come first.
    """
    found = {(each["is_warning"], each["words"][settings.LANGUAGE_CODE]): dict(each) for each in problems}
    for result in kept:
        for is_warning, said in ((False, result.reasons), (True, result.warnings)):
            for words in said:
                new = {"words": words, "is_warning": is_warning, "count": 0, "lines": []}
                problem = found.setdefault((is_warning, words[settings.LANGUAGE_CODE]), new)
                problem["count"] += 1
                problem["lines"] = [*problem["lines"], result.line][:EXAMPLES]
    return sorted(found.values(), key=lambda each: (each["is_warning"], -each["count"]))[:PROBLEMS_SHOWN]


def result_file(batch: ImportBatch, language: str) -> Iterator[bytes]:
    """Yield what became of every row as CSV, part by part, each one query."""
    is_planned = batch.state in (BatchState.CHECKING, BatchState.CHECKED)
    labels = {
        status.value: str(PLANNED[status] if is_planned and status in PLANNED else status.label) for status in RowStatus
    }
    head = [_("Line"), pgettext("of a record in a file", "Record"), _("Result"), _("Reason")]
    yield codecs.BOM_UTF8 + _as_csv([head])
    for part in _parts(batch, "content", "before"):
        yield _as_csv(
            [str(each.line), each.key, labels.get(each.status, each.status), each.words(language)]
            for each in results(part)
        )


def refused_file(batch: ImportBatch, language: str) -> Iterator[bytes]:
    """Yield the refused rows as they stood in the file, with the reasons: to be mended and sent again."""
    yield codecs.BOM_UTF8 + _as_csv([[*batch.columns, _("Reason")]])
    for part in _parts(batch, "before", noted=True):
        refused = {each.line: each for each in results(part) if each.status == RowStatus.REFUSED}
        yield _as_csv(
            [*(row.cells or []), refused[row.line].words(language)] for row in raw_rows(part) if row.line in refused
        )


def _parts(batch: ImportBatch, *left_out: str, noted: bool = False) -> Iterator[ImportPart]:
    parts = batch.parts.filter(result__isnull=False)
    if noted:
        parts = parts.filter(noted_total__gt=0, content__isnull=False)
    for number in list(parts.order_by("number").values_list("number", flat=True)):
        yield parts.defer(*left_out).get(number=number)


def _as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def id_of(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None
