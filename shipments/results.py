"""What became of the rows of a file: kept for every reader's language, and written as CSV."""

import codecs
import csv
import errno
import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.utils.translation import override

from core.web.exports import guarded
from shipments.models import ImportRun
from shipments.reading import Outcome
from shipments.rows import WARNINGS

HEADER = ("line", "waybill_number", "status", "code", "reason")
PROBLEMS_SHOWN = 50
EXAMPLES = 5
# Where a packed row has them.
CODES, WORDS, MARK = 3, 4, 5
# The day of acceptance as an ordinal, and whether the goods have no category.
Mark = tuple[int, bool]


@contextmanager
def result_file(path: Path | None) -> Iterator[TextIO | None]:
    """Give a file that becomes `path` at the end and leaves what is there alone if anything fails; None for None.

    Made before the import starts, so that a place that cannot be written to stops it.
    """
    if path is None:
        yield None
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # Devices and pipes are written to as they are.
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_result(stream: TextIO, rows: Iterable[Sequence[str]], *, with_header: bool = True) -> None:
    """Write rows of five cells, below the header if they are the first."""
    writer = csv.writer(stream)
    if with_header:
        writer.writerow(HEADER)
    for cells in rows:
        writer.writerow([guarded(cell) for cell in cells])


def pack(outcomes: Sequence[Outcome], marks: Mapping[int, Mark] | None = None) -> bytes:
    """Return outcomes as gzipped JSON, with what `marks` keeps of accepted lines until the whole file is through.

    Reasons are kept in every language of the product.
    """
    reasons: list[dict[str, list[str]]] = [{} for _outcome in outcomes]
    for language, _name in settings.LANGUAGES:
        with override(language):
            for outcome, words in zip(outcomes, reasons, strict=True):
                if outcome.codes:
                    words[language] = [str(reason) for reason in outcome.reasons]
    return pack_rows(
        [outcome.line, outcome.waybill_number, outcome.status, outcome.codes, words, (marks or {}).get(outcome.line)]
        for outcome, words in zip(outcomes, reasons, strict=True)
    )


def pack_rows(rows: Iterable[list[Any]]) -> bytes:
    """Return packed rows, as `rows_of` gives them, as gzipped JSON."""
    return gzip.compress(json.dumps(list(rows), ensure_ascii=False).encode(), compresslevel=6, mtime=0)


def rows_of(content: bytes) -> list[list[Any]]:
    """Return packed rows: line, waybill number, status, codes, words by language, and the mark or None."""
    return json.loads(gzip.decompress(content))


def warn(row: list[Any], code: str) -> None:
    """Add a warning to a packed row, in every language."""
    row[CODES] = [*row[CODES], code]
    for language, _name in settings.LANGUAGES:
        with override(language):
            row[WORDS][language] = [*row[WORDS].get(language, ()), str(WARNINGS[code])]


def counted(rows: Iterable[list[Any]]) -> list[dict[str, Any]]:
    """Return the failures and warnings of packed rows by reason, counted and with examples, failures first."""
    problems: dict[tuple[bool, str], dict[str, Any]] = {}
    for line, waybill, status, codes, words, _mark in rows:
        for index, code in enumerate(codes):
            reasons = {language: said[index] for language, said in words.items()}
            problem = problems.setdefault(
                (status == "failed", reasons[settings.LANGUAGE_CODE]),
                {"is_failure": status == "failed", "code": code, "reasons": reasons, "count": 0, "examples": []},
            )
            problem["count"] += 1
            if len(problem["examples"]) < EXAMPLES:
                problem["examples"].append({"line": line, "waybill": waybill})
    ordered = sorted(problems.values(), key=lambda problem: (not problem["is_failure"], -problem["count"]))
    return ordered[:PROBLEMS_SHOWN]


def unpack(content: bytes, language: str) -> Iterator[list[str]]:
    """Yield the cells of every packed row, with its reason in the language."""
    for line, waybill, status, codes, words, _mark in rows_of(content):
        yield [str(line), waybill, status, ";".join(codes), " ".join(in_language(words, language) or ())]


def as_file(run: ImportRun, language: str) -> Iterator[bytes]:
    """Yield what became of every row so far as CSV, part by part, each one query."""
    # Spreadsheets take a file for UTF-8 by the mark at its beginning.
    yield codecs.BOM_UTF8
    numbers = run.parts.exclude(result__isnull=True).order_by("number").values_list("number", flat=True)
    for place, number in enumerate(list(numbers)):
        text = io.StringIO(newline="")
        write_result(text, unpack(run.parts.get(number=number).result, language), with_header=place == 0)
        yield text.getvalue().encode()


def in_language(words: Mapping[str, Any], language: str) -> Any:
    """Return what is kept in the language, or in the product's first one; None where nothing is."""
    return words.get(language) or words.get(settings.LANGUAGE_CODE)
