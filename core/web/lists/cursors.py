"""Opaque signed cursors: a place in one list, good for that list's filters and order only."""

import hashlib
import json
from typing import Any

from django.core import signing
from django.utils.translation import gettext_lazy as _

from core.web.errors import BadInput

SALT = "core.web.lists.cursor"


class BadCursor(BadInput):
    def __init__(self) -> None:
        super().__init__(_("This place in the list does not exist. Go back to the start of the list."))


def binding(*parts: object) -> str:
    """Return a short digest of all that a cursor depends on: list, tenant, filters, order."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode(values: list[str], bound_to: str) -> str:
    return signing.dumps([bound_to, *values], salt=SALT, compress=True)


def decode(cursor: str, bound_to: str) -> list[str]:
    """Return the values of the place; raises BadCursor for one not made by us, or made for another list."""
    try:
        payload: Any = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        raise BadCursor from None
    if payload[0] != bound_to:
        raise BadCursor
    return payload[1:]
