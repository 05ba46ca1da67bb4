"""Keyed search over what is encrypted: values are folded, cut into grams, and each gram becomes an HMAC.

A gram is (kind, text); its token is HMAC-SHA256 under the tenant's key for the kind, cut to 64 bits, as a signed
integer. Grams of two letters leave false hits, so who searches checks the decrypted value by `accepts`.
"""

import hashlib
import hmac
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from opencc import OpenCC
from pypinyin import Style, pinyin

from core.crypto.keys import index_key, versions

Gram = tuple[str, str]
# Of a long company name the first characters are what people type by sound.
SOUNDED = 6
LONGEST_NAME = 60
TAIL = 4
LONGEST_QUERY = 64
_WORD = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[^\W_\u3400-\u9fff\U00020000-\U0003ffff]+")
_PHONE = re.compile(r"\+?[0-9()\-. ]{3,24}")
_simplified = OpenCC("t2s")


@dataclass(frozen=True)
class Reading:
    """One way to read what was typed: all its grams must be there, and `accepts` decides on the clear value."""

    kind: str
    grams: tuple[Gram, ...]
    accepts: Callable[[str], bool]


def token(tenant_id: uuid.UUID, gram: Gram, *, version: int | None = None) -> int:
    """Return a gram's token, a signed integer of 64 bits; the tenant's scope is open.

    New tokens are of the newest version of the keys; searches ask for those of every one of `versions`.
    """
    kind, text = gram
    key = index_key(tenant_id, kind, version or versions(tenant_id)[0])
    digest = hmac.digest(key, text.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], signed=True)


def fold(text: str) -> str:
    """Return text as it is compared: NFKC, simplified, lower case, words parted by one blank, no punctuation."""
    plain = _simplified.convert(unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(_WORD.findall(_without_accents(plain)))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parted = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(each for each in parted if not unicodedata.combining(each)))


def as_phone(text: str, region: str) -> str:
    """Return a number in E.164, or its bare digits where it is none; full-width digits are digits."""
    text = unicodedata.normalize("NFKC", text)
    try:
        number = phonenumbers.parse(text, region)
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    return _digits(text)


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isascii() and each.isdigit())


def phone_grams(text: str, region: str) -> set[Gram]:
    """Return the whole number and its last four digits."""
    number = as_phone(text, region)
    return {("phone", number), ("phone_tail", number[-TAIL:])} if len(number) >= TAIL else set()


def email_grams(text: str) -> set[Gram]:
    """Return the whole address, without regard to case."""
    address = unicodedata.normalize("NFKC", text).strip().casefold()
    return {("email", address)} if address else set()


def name_grams(text: str) -> set[Gram]:
    """Return grams of one and two characters of a name, of its pinyin, and of its pinyin's initials."""
    grams: set[Gram] = set()
    for word in fold(text)[:LONGEST_NAME].split():
        grams |= {("name", each) for each in _cut(word)}
        if _is_chinese(word):
            for sound, initials in _sounds(word):
                grams |= {("pinyin", each) for each in _pairs(sound)}
                grams |= {("initials", each) for each in _pairs(initials)}
    return grams


def _cut(word: str) -> set[str]:
    """Return pairs of neighbours, and single characters: of Chinese all, of other scripts the first."""
    return _pairs(word) | (set(word) if _is_chinese(word) else {word[0]})


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _is_chinese(word: str) -> bool:
    return word[0] >= "\u3400" and not word[0].isascii() and "CJK" in unicodedata.name(word[0], "")


def _sounds(word: str) -> list[tuple[str, str]]:
    """Return pinyin and initials of a Chinese word, one for each reading of its first character.

    The first is a surname more often than not, and surnames have readings of their own (\u5355 shan, \u66fe zeng).
    """
    first, *rest = (_readings(each) for each in word[:SOUNDED])
    tail = "".join(each[0] for each in rest)
    initials = "".join(each[0][:1] for each in rest)
    return [(reading + tail, reading[:1] + initials) for reading in first]


@lru_cache(maxsize=8192)
def _readings(character: str) -> tuple[str, ...]:
    return tuple(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


def readings_of(query: str, *, region: str) -> list[Reading]:
    """Return every way to read what was typed, the surest first; none for what holds nothing to search by."""
    query = unicodedata.normalize("NFKC", query.strip()[:LONGEST_QUERY])
    found: list[Reading] = []
    if "@" in query:
        address = query.casefold()
        found.append(Reading("email", (("email", address),), lambda value: value.strip().casefold() == address))
    if _PHONE.fullmatch(query) and len(_digits(query)) >= TAIL:
        found.append(_phone_reading(query, region))
    words = fold(query).split()
    if words and "@" not in query:
        found += _name_readings(words)
    return found


def _phone_reading(query: str, region: str) -> Reading:
    if len(_digits(query)) == TAIL:
        tail = _digits(query)
        return Reading("phone_tail", (("phone_tail", tail),), lambda value: as_phone(value, region).endswith(tail))
    number = as_phone(query, region)
    return Reading("phone", (("phone", number),), lambda value: as_phone(value, region) == number)


def _name_readings(words: list[str]) -> list[Reading]:
    def spelled(value: str) -> bool:
        folded = fold(value)
        return all(word in folded for word in words)

    grams = {gram for word in words for gram in (_pairs(word) or {word})}
    found = [Reading("name", _named("name", grams), spelled)]
    typed = "".join(words)
    if len(typed) > 1 and typed.isascii() and typed.isalpha():
        found.append(Reading("pinyin", _named("pinyin", _pairs(typed)), lambda value: _sounds_like(value, typed, 0)))
        found.append(
            Reading("initials", _named("initials", _pairs(typed)), lambda value: _sounds_like(value, typed, 1))
        )
    return found


def _sounds_like(value: str, typed: str, form: int) -> bool:
    words = [word for word in fold(value).split() if _is_chinese(word)]
    return any(typed in sounds[form] for word in words for sounds in _sounds(word))


def _named(kind: str, texts: Iterable[str]) -> tuple[Gram, ...]:
    return tuple((kind, text) for text in sorted(texts))
