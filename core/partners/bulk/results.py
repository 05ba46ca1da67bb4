"""The results of a job's rows: packed part by part, and read row by row."""

import gzip
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import F

from core.jobs.models import BackgroundJob
from core.partners.bulk.kinds import RowResult, RowStatus
from core.partners.models import BulkPart

Packed = list[Any]
STATUS, NUMBER, WARNINGS, PROBLEM, DIGEST = range(5)


def pack(results: Iterable[tuple[RowResult, str, int]]) -> bytes:
    """Return results, each with the number of its record and the digest of its row, as gzipped JSON."""
    packed = [
        [str(result.status), number, list(result.warnings), result.problem, digest]
        for result, number, digest in results
    ]
    return gzip.compress(json.dumps(packed, ensure_ascii=False).encode(), compresslevel=1, mtime=0)


def _unpacked(part: BulkPart) -> list[Packed]:
    return json.loads(gzip.decompress(part.result))


def seen_in(job: BackgroundJob) -> dict[str, int]:
    """Return the digests of the rows that are done and did not fail, by their numbers."""
    done = job.bulk_parts.filter(result__isnull=False).defer("content")
    rows = (row for part in done for row in _unpacked(part))
    return {row[NUMBER]: row[DIGEST] for row in rows if row[STATUS] != RowStatus.FAILED}


def results_of(
    job: BackgroundJob,
    *,
    statuses: Collection[str] = RowStatus.values,
    after: int | None = None,
    is_descending: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the results of the rows that are done and have one of the statuses, from after a row on, by row.

    Each part that is looked into is one query.
    """
    parts = job.bulk_parts.filter(result__isnull=False)
    if after is not None and is_descending:
        parts = parts.filter(row_before__lt=after - 1)
    elif after is not None:
        parts = parts.filter(row_before__gt=after - F("row_total"))
    numbers = parts.order_by("-number" if is_descending else "number").values_list("number", flat=True)
    for number in list(numbers):
        part = job.bulk_parts.defer("content").get(number=number)
        rows = list(enumerate(_unpacked(part), start=part.row_before + 1))
        for row, packed in reversed(rows) if is_descending else rows:
            is_past = after is None or (row < after if is_descending else row > after)
            if is_past and packed[STATUS] in statuses:
                yield _shown(job, row, packed)


def _shown(job: BackgroundJob, row: int, packed: Packed) -> dict[str, Any]:
    problem = packed[PROBLEM] and {**packed[PROBLEM], "request_id": job.parameters["request_id"]}
    return {
        "row": row,
        "status": packed[STATUS],
        "number": packed[NUMBER],
        "warnings": packed[WARNINGS],
        "problem": problem,
    }


def count_results(job: BackgroundJob, statuses: Collection[str]) -> int:
    """Return how many rows that are done have one of the statuses."""
    return sum(job.counts.get(status, 0) for status in statuses)
