"""Receiving many rows: cut apart as text, so that memory holds the body and never all that it describes."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NoReturn

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_at_once, start_job
from core.partners import bodies
from core.partners.bulk.kinds import BulkKind
from core.partners.models import ApiKey, BulkPart
from core.partners.problems import Fault, Refused, Text

MOST_ROWS = 10_000
MOST_AWAITED = 500
JSON, NDJSON = "application/json", "application/x-ndjson"
BLANK = re.compile(r"[ \t\n\r]*")
# Finds where a value ends; what it says is read later, row by row and more strictly.
OUTLINE = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@dataclass(frozen=True)
class Rows:
    """The parts of a request, not stored yet, and how many rows they hold together."""

    parts: list[BulkPart]
    total: int


def read_rows(request: HttpRequest, *, body: bytes, rows_per_part: int) -> Rows:
    """Return the rows of a request whose body was read. Raises Refused."""
    content_type = request.headers.get("Content-Type", "")
    bodies.require_utf8(content_type)
    cut = {JSON: _elements, NDJSON: _lines}.get(content_type.partition(";")[0].strip().lower())
    if cut is None:
        raise Refused(415, detail=_("This address reads application/json and application/x-ndjson, in UTF-8."))
    if bodies.encoding_of(request) == bodies.GZIP:
        body = bodies.unpack(body)
    return _in_parts(cut(bodies.decode(body)), rows_per_part)


@transaction.atomic
def receive(
    *, kind: BulkKind, rows: Rows, is_awaited: bool, request_id: str, by: ApiKey, at: datetime
) -> BackgroundJob:
    """Keep the rows and have a job do them; or do them at once, where the caller waits.

    Raises Refused for more rows than anybody may wait for, or NotAllowed.
    """
    if is_awaited and rows.total > MOST_AWAITED:
        detail = _("Wait for at most %(most)s rows; send more without wait.") % {"most": MOST_AWAITED}
        fault = Fault(parameter="wait", code="too_many_to_wait_for", detail=detail)
        raise Refused(400, code="too_many_to_wait_for", detail=detail, faults=[fault])
    job = start_job(
        kind=kind.name,
        title=str(kind.label),
        parameters={"key": str(by.pk), "language": get_language(), "request_id": request_id},
        total=rows.total,
        by=by,
        at=at,
        is_awaited=is_awaited,
    )
    for part in rows.parts:
        part.job = job
        part.save(force_insert=True)
    return perform_at_once(job=job, actor=by, at=at) if is_awaited else job


def _in_parts(rows: Iterator[str], rows_per_part: int) -> Rows:
    parts: list[BulkPart] = []
    total = 0
    rows = _at_most(rows)
    while True:
        content, count = _packed(islice(rows, rows_per_part))
        if not count:
            break
        parts.append(BulkPart(number=len(parts), row_before=total, row_total=count, content=content))
        total += count
    if not total:
        _refuse("no_rows", _("The body holds no rows."))
    return Rows(parts, total)


def _at_most(rows: Iterator[str]) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            detail = _("A request holds at most %(most)s rows.") % {"most": MOST_ROWS}
            raise Refused(413, code="too_many_rows", detail=detail)
        yield row


def _packed(rows: Iterable[str]) -> tuple[bytes, int]:
    """Return rows as gzipped NDJSON, without keeping their texts, and how many there are."""
    packer = zlib.compressobj(level=1, wbits=zlib.MAX_WBITS | 16)
    pieces, count = [], 0
    for row in rows:
        pieces.append(packer.compress(f"{row}\n".encode()))
        count += 1
    return b"".join([*pieces, packer.flush()]), count


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of NDJSON that hold anything."""
    start = _after_blank(text, 0)
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end].rstrip(" \t\r")
        start = _after_blank(text, end)


def _elements(text: str) -> Iterator[str]:
    """Yield the elements of a JSON array, each as the text it is written in, on one line."""
    place = _after_blank(text, 0)
    if text[place : place + 1] != "[":
        _refuse("not_an_array", _("Send the rows as a JSON array, or as NDJSON."))
    place = _after_blank(text, place + 1)
    if text[place : place + 1] == "]":
        _end(text, place + 1)
        return
    while True:
        end = _end_of_value(text, place)
        yield text[place:end].replace("\n", " ").replace("\r", " ")
        place = _after_blank(text, end)
        if text[place : place + 1] == "]":
            _end(text, place + 1)
            return
        if text[place : place + 1] != ",":
            _malformed(place)
        place = _after_blank(text, place + 1)


def _end_of_value(text: str, place: int) -> int:
    try:
        return OUTLINE.raw_decode(text, place)[1]
    except RecursionError:
        _refuse("too_deep", _("The body nests deeper than any of ours."))
    except json.JSONDecodeError as error:
        _malformed(error.pos)


def _after_blank(text: str, place: int) -> int:
    return BLANK.match(text, place).end()


def _end(text: str, place: int) -> None:
    if _after_blank(text, place) < len(text):
        _malformed(place)


def _malformed(place: int) -> NoReturn:
    _refuse("malformed_json", _("The body is not JSON; it ends making sense at %(place)s.") % {"place": place})


def _refuse(code: str, detail: Text) -> NoReturn:
    raise Refused(400, code=code, detail=detail, faults=[Fault(code=code, detail=detail)])
