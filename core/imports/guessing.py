"""Finding out which column holds which field: by its head in either language, else by what stands in it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.utils.translation import override

from core.imports.kinds import ImportField

# So much of a column's values must look like a field's.
MOSTLY = 0.8
# What people add to the head of a column.
_NEEDED = re.compile(
    r"[(\[【<]\s*(?:非?必填|必录|选填|可选|required|mandatory|optional)\s*[)\]】>]|非?必填|必录|选填", re.IGNORECASE
)
_ADDED = re.compile(r"[\s_\-*:：./()（）\[\]【】<>《》#\"'|、,，]")
# What is said besides, in brackets, and the number of one of several.
_BESIDES = re.compile(r"[(\[【<《].*?[)\]】>》]|[0-9]+\s*$|[一二三]\s*$")


def guess(columns: Sequence[str], values: Sequence[Sequence[str]], fields: Sequence[ImportField]) -> list[str]:
    """Return the name of the field that each column holds, "" for none; `values` are some of each column's.

    A head says more than values do; of heads, the one that is written out more than one with a number behind it.
    """
    found = [""] * len(columns)
    left = {field.name: field for field in fields}
    known = _fields_by_head(fields)
    for fold in (plain_head, _bare_head):
        for place, column in enumerate(columns):
            _take(found, left, place, known.get(fold(column), ()) if not found[place] else ())
    for place, told in enumerate(values):
        if not found[place] and told:
            _take(found, left, place, [name for name, field in left.items() if _holds(field, told)])
    return found


def recognised(columns: Sequence[str], fields: Sequence[ImportField]) -> list[str]:
    """Return the columns whose heads name one of the fields."""
    known = _fields_by_head(fields)
    return [column for column in columns if plain_head(column) in known or _bare_head(column) in known]


def _take(found: list[str], left: dict[str, ImportField], place: int, names: Sequence[str]) -> None:
    """Let a column hold the first of the fields that no other one holds."""
    name = next((name for name in names if name in left), "")
    if name:
        found[place] = name
        del left[name]


def _holds(field: ImportField, values: Sequence[str]) -> bool:
    looks_like = field.looks_like
    return looks_like is not None and sum(map(looks_like, values)) >= MOSTLY * len(values)


def _fields_by_head(fields: Sequence[ImportField]) -> dict[str, list[str]]:
    """Return what a head may mean, the likeliest first."""
    known: dict[str, list[str]] = {}
    for field in fields:
        for head in _heads_of(field):
            known.setdefault(head, []).append(field.name)
    return known


def _heads_of(field: ImportField) -> set[str]:
    heads = {field.name, *field.names}
    for language, _name in settings.LANGUAGES:
        with override(language):
            heads.add(str(field.label))
    return {plain_head(head) for head in heads}


@lru_cache(maxsize=1 << 15)
def plain_head(head: str) -> str:
    """Return the head of a column as it is compared: without signs and blanks, in plain small letters."""
    return _ADDED.sub("", _NEEDED.sub("", unicodedata.normalize("NFKC", head))).casefold()


def _bare_head(head: str) -> str:
    """Return a head without what is said besides: 电话 of 电话1 and of 电话（含区号）."""
    text = unicodedata.normalize("NFKC", head).strip()
    return plain_head(_BESIDES.sub("", _NEEDED.sub("", text).rstrip("*： :")))
