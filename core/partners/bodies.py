"""Bodies of requests: how much is read, and what is taken for JSON. Whatever comes in, the answer is no 5xx."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from core.partners.problems import Fault, Refused, Text, escaped

MOST_DEPTH = 20
MOST_DIGITS = 30
UTF8 = re.compile(r"utf-?8", re.IGNORECASE)


def read(request: HttpRequest) -> bytes:
    """Return the whole body. Raises Refused for one that is too long, of unknown length, encoded or cut off."""
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise Refused(411)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415, detail=_("This address takes no compressed body."))
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and len(length) < 20 and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise Refused(413)
    try:
        return request.body
    except RequestDataTooBig:
        raise Refused(413) from None
    except UnreadablePostError:
        raise Refused(400, code="body_cut_off", detail=_("The body ended too early.")) from None


class JsonParser(BaseParser):
    """JSON in UTF-8 (RFC 8259) without what programs read in different ways: a name twice, NaN, endless numbers."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        charset = re.search(r"charset\s*=\s*\"?([^\";]*)", media_type or "", re.IGNORECASE)
        if charset and not UTF8.fullmatch(charset[1].strip()):
            raise Refused(415)
        return parse(stream.read())


def parse(body: bytes) -> Any:
    """Return what the JSON text says. Raises Refused, naming the place where there is one."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        _refuse("not_utf8", _("The body is not UTF-8."))
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except RecursionError:
        _refuse("too_deep", _("The body nests deeper than any of ours."))
    except ValueError as error:
        place = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "–"
        _refuse("malformed_json", _("The body is not JSON; it ends making sense at %(place)s.") % {"place": place})
    _check(value)
    return value


def _refuse(code: str, detail: Text, pointer: str = "") -> NoReturn:
    raise Refused(400, code=code, detail=detail, faults=[Fault(pointer=pointer, code=code, detail=detail)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            _refuse("name_twice", _("A name stands twice in one object: %(name)s.") % {"name": _shown(name)})
        found[name] = value
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
