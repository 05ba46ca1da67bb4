"""Passwords that are known from breaches, in a filter of a million bytes that `script/known_passwords.py` makes.

A Bloom filter: it never lets a password of its list pass, and refuses one in 300 others. With 600,000 entries,
8,000,000 bits and 9 hashes a look-up is wrong once in 600 (Bloom 1970), and each password is looked up twice: as it is,
and without the digits and signs around it, because "Iloveyou2026!" is as well known as "iloveyou".
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FILE = Path(__file__).with_name("known_passwords.bloom")
HASHES = 9
SHORTEST_STEM = 8
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class LengthValidator(MinimumLengthValidator):
    """Says in our own words what is too short: Django's are not in every language."""

    def get_error_message(self) -> str:
        return ngettext(
            "This password is too short: it needs %(count)s character or more.",
            "This password is too short: it needs %(count)s characters or more.",
            self.min_length,
        ) % {"count": self.min_length}

    def get_help_text(self) -> str:
        return ngettext("At least %(count)s character.", "At least %(count)s characters.", self.min_length) % {
            "count": self.min_length
        }


class KnownPasswordValidator:
    """Refuses what stands in lists of stolen passwords; asks nobody for it."""

    def validate(self, password: str, user: Any = None) -> None:
        if is_known(password):
            raise ValidationError(
                _("This password, or one very much like it, is known from stolen lists. Choose another."),
                code="password_known",
            )

    def get_help_text(self) -> str:
        return _("It must not be known from stolen lists.")


def is_known(password: str) -> bool:
    """Tell whether the password, or what is left without digits and signs around it, stands in the filter."""
    bits = _bits()
    folded = password.casefold()
    return any(_holds(bits, entry) for entry in (folded, stem_of(folded)) if entry)


def stem_of(folded: str) -> str:
    """Return the password without what people put around it, or nothing where too little would be left."""
    stem = AROUND.sub("", folded)
    return stem if len(stem) >= SHORTEST_STEM else ""


def places_of(entry: str, size: int) -> Iterator[int]:
    """Yield the bits of an entry in a filter of `size` bits (double hashing: Kirsch and Mitzenmacher 2006)."""
    digest = hashlib.blake2b(entry.encode(), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8]), int.from_bytes(digest[8:]) | 1
    return ((first + turn * step) % size for turn in range(HASHES))


def _holds(bits: bytes, entry: str) -> bool:
    return all(bits[place >> 3] >> (place & 7) & 1 for place in places_of(entry, len(bits) * 8))


@cache
def _bits() -> bytes:
    return FILE.read_bytes()
