"""What became of the rows of a file: kept for every reader's language, and written as CSV."""

import csv
import errno
import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.utils.translation import override

from shipments.ingest import Outcome

HEADER = ("line", "waybill_number", "status", "code", "reason")
# A spreadsheet would run a cell that begins so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
PROBLEMS_SHOWN = 50
EXAMPLES = 5


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


def write_result(stream: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of five cells below the header."""
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    for cells in rows:
        writer.writerow(["'" + cell if cell.startswith(FORMULA_STARTS) else cell for cell in cells])


def pack(outcomes: Sequence[Outcome]) -> tuple[bytes, list[dict[str, Any]]]:
    """Return all outcomes as gzipped JSON, and their failures and warnings counted, failures first.

    Reasons are kept in every language of the product.
    """
    reasons: list[dict[str, list[str]]] = [{} for _outcome in outcomes]
    for language, _name in settings.LANGUAGES:
        with override(language):
            for outcome, words in zip(outcomes, reasons, strict=True):
                if outcome.codes:
                    words[language] = [str(reason) for reason in outcome.reasons]
    rows = [
        [outcome.line, outcome.waybill_number, outcome.status, outcome.codes, words]
        for outcome, words in zip(outcomes, reasons, strict=True)
    ]
    content = gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), compresslevel=6, mtime=0)
    return content, _counted(rows)


def _counted(rows: Iterable[list[Any]]) -> list[dict[str, Any]]:
    problems: dict[tuple[bool, str], dict[str, Any]] = {}
    for line, waybill, status, codes, words in rows:
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
    for line, waybill, status, codes, words in json.loads(gzip.decompress(content)):
        yield [str(line), waybill, status, ";".join(codes), " ".join(in_language(words, language) or ())]


def in_language(words: Mapping[str, Any], language: str) -> Any:
    """Return what is kept in the language, or in the product's first one; None where nothing is."""
    return words.get(language) or words.get(settings.LANGUAGE_CODE)
