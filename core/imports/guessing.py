"""Finding out which column holds which field: by its head in either language, else by what stands in it."""

import re
import unicodedata
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import override

from core.imports.kinds import ImportField

# So much of a column's values must look like a field's.
MOSTLY = 0.8
# What people add to the head of a column.
_ADDED = re.compile(r"[\s_\-*:：./()（）\[\]【】]|必填|选填")


def guess(columns: Sequence[str], values: Sequence[Sequence[str]], fields: Sequence[ImportField]) -> list[str]:
    """Return the name of the field that each column holds, "" for none; `values` are some of each column's."""
    found = [""] * len(columns)
    left = {field.name: field for field in fields}
    heads = {head: field.name for field in reversed(fields) for head in _heads_of(field)}
    for place, column in enumerate(columns):
        name = heads.get(plain_head(column), "")
        if name in left:
            found[place] = name
            del left[name]
    for place, told in enumerate(values):
        if found[place] or not told:
            continue
        fits = [name for name, field in left.items() if field.looks_like and _mostly(field.looks_like, told)]
        if fits:
            found[place] = fits[0]
            del left[fits[0]]
    return found


def _mostly(looks_like: object, values: Sequence[str]) -> bool:
    return sum(bool(looks_like(value)) for value in values) >= MOSTLY * len(values)


def _heads_of(field: ImportField) -> set[str]:
    heads = {field.name, *field.names}
    for language, _name in settings.LANGUAGES:
        with override(language):
            heads.add(str(field.label))
    return {plain_head(head) for head in heads}


def plain_head(head: str) -> str:
    """Return the head of a column as it is compared: without signs and blanks, in plain small letters."""
    return _ADDED.sub("", unicodedata.normalize("NFKC", head)).casefold()
