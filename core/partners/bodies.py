"""Bodies of requests: how much is read, and what is taken for JSON. Whatever comes in, the answer is no 5xx."""

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from core.partners.problems import Fault, Refused, Text, escaped

GZIP = "gzip"
MOST_DEPTH = 20
MOST_DIGITS = 30
MOST_COMMAS = 20_000
# How many times as long as the longest body one that is refused may be to be read to its end, piece by piece.
MOST_PASSED = 5
PIECE_BYTES = 65536
ODD_ESCAPE = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
UTF8 = re.compile(r"utf-?8", re.IGNORECASE)


def read(request: HttpRequest, *, may_be_gzip: bool = False) -> bytes:
    """Return the whole body as it was sent.

    Raises Refused for one that is too long, of unknown length, cut off or encoded, but for gzip where that may be.
    """
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise Refused(411)
    encoding = encoding_of(request)
    if encoding != "identity" and not (may_be_gzip and encoding == GZIP):
        raise Refused(415, detail=_("This address takes no body that is compressed so."))
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and len(length) < 20 and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        _let_pass(request, int(length))
        raise Refused(413)
    try:
        body = request.body
    except RequestDataTooBig:
        raise Refused(413) from None
    except UnreadablePostError:
        body = b""
    # Web servers give what came before a connection was cut, of which NDJSON may be whole lines.
    if length.isdigit() and len(body) < int(length):
        raise Refused(400, code="body_cut_off", detail=_("The body ended too early."))
    return body


def _let_pass(request: HttpRequest, length: int) -> None:
    """Read a body that is too long and forget it: who still sends hears of a broken connection, and of no refusal.

    One that is longer by far is not waited for.
    """
    if length > MOST_PASSED * settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return
    with suppress(UnreadablePostError):
        while request.read(PIECE_BYTES):
            pass


def encoding_of(request: HttpRequest) -> str:
    return request.headers.get("Content-Encoding", "identity").strip().lower()


def unpack(body: bytes) -> bytes:
    """Return what was gzipped. Raises Refused for what is no gzip or holds more than a body may.

    No more than that is ever unpacked, whatever the bytes claim.
    """
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error:
        _refuse("bad_gzip", _("The body is not gzip."))
    if len(unpacked) > most:
        raise Refused(413, detail=_("Unpacked, the body holds more than 10 MiB."))
    if not unpacker.eof or unpacker.unused_data:
        _refuse("bad_gzip", _("The body is not one whole gzip."))
    return unpacked


class JsonParser(BaseParser):
    """JSON in UTF-8 (RFC 8259) without what programs read in different ways: a name twice, NaN, endless numbers."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        require_utf8(media_type or "")
        return parse(decode(stream.read()))


def require_utf8(content_type: str) -> None:
    """Raise Refused where the content type names another encoding than UTF-8."""
    charset = re.search(r"charset\s*=\s*\"?([^\";]*)", content_type, re.IGNORECASE)
    if charset and not UTF8.fullmatch(charset[1].strip()):
        raise Refused(415)


def decode(body: bytes) -> str:
    """Return the text of a body. Raises Refused."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        _refuse("not_utf8", _("The body is not UTF-8."))


def parse(text: str) -> Any:
    """Return what the JSON text says. Raises Refused, naming the place where there is one."""
    # Commas within texts count, too; no record of ours has room for so many.
    if text.count(",") > MOST_COMMAS:
        _refuse("too_many_values", _("The body holds more values than any of ours."))
    try:
        value = STRICT.decode(text)
    except RecursionError:
        _refuse("too_deep", _("The body nests deeper than any of ours."))
    except ValueError as error:
        place = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "–"
        _refuse("malformed_json", _("The body is not JSON; it ends making sense at %(place)s.") % {"place": place})
    # NUL and halves of letters come by escapes alone, and depth by brackets: most texts need no second look.
    if ODD_ESCAPE.search(text) or text.count("[") + text.count("{") > MOST_DEPTH:
        _check(value)
    return value


def _refuse(code: str, detail: Text, pointer: str = "") -> NoReturn:
    raise Refused(400, code=code, detail=detail, faults=[Fault(pointer=pointer, code=code, detail=detail)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _value in pairs)
        twice = names.most_common(1)[0][0]
        _refuse("name_twice", _("A name stands twice in one object: %(name)s.") % {"name": _shown(twice)})
    return found


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        _refuse("number_too_long", _("A number has more digits than any of ours."))
    return int(text)


def _number(text: str) -> Decimal:
    if len(text) > MOST_DIGITS:
        _refuse("number_too_long", _("A number has more digits than any of ours."))
    number = Decimal(text)
    # Written out, 1e999999 would fill the memory.
    if number.adjusted() > MOST_DIGITS or number.adjusted() < -MOST_DIGITS:
        _refuse("number_too_long", _("A number has more digits than any of ours."))
    return number


def _constant(text: str) -> NoReturn:
    _refuse("malformed_json", _("The body is not JSON: it holds %(text)s.") % {"text": text})


STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant)


def _check(value: Any) -> None:
    """Look at every text and every level: no letter that the database or UTF-8 refuses, no nesting without end."""
    waiting: list[tuple[Any, str, int]] = [(value, "", 1)]
    while waiting:
        each, pointer, depth = waiting.pop()
        if depth > MOST_DEPTH:
            _refuse("too_deep", _("The body nests deeper than any of ours."))
        if isinstance(each, str):
            _check_text(each, pointer)
        else:
            waiting += [(below, place, depth + 1) for below, place in _parts(each, pointer)]


def _parts(value: Any, pointer: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, dict):
        for name, below in value.items():
            _check_text(name, pointer)
            yield below, f"{pointer}/{escaped(name[:100])}"
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield below, f"{pointer}/{place}"


def _check_text(text: str, pointer: str) -> None:
    if "\x00" in text:
        _refuse("nul_character", _("A text holds the character U+0000."), pointer)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            _refuse("lone_surrogate", _("A text holds half of a character (a lone surrogate)."), pointer)


def _shown(name: str) -> str:
    return name[:100].encode(errors="replace").decode().replace("\x00", "?")
