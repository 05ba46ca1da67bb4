"""Keyed search over what is encrypted: values are folded, cut into grams, and each gram becomes an HMAC.

A gram is (kind, text); its token is HMAC-SHA256 under the tenant's key for the kind, cut to 64 bits, as a signed
integer. Short grams leave false hits, so who searches checks the decrypted value by `accepts`. A gram that begins
with WHOLE is that of a whole name, so that those who are called just so are found before all who are called alike.
"""

import hmac
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from struct import Struct

import phonenumbers

from core.crypto.keys import TOKEN_KINDS, index_key, versions
from core.crypto.sounds import (
    LONGEST_SYLLABLE,
    SOUNDED,
    Sounds,
    Syllables,
    is_chinese,
    is_syllable,
    partings,
    sounds_of,
)
from core.crypto.variants import in_usual_form

Gram = tuple[str, str]
NAME, PHONE, EMAIL = "name", "phone", "email"
WHOLE = "="
LONGEST_NAME = 200
# Said of so many companies that it tells none apart; in front of the longer word stands the shorter.
STOP_WORDS = re.compile("股份有限公司|有限责任公司|有限公司|有限|公司")
LATIN_STOP_WORDS = frozenset({"ltd", "limited", "inc", "llc", "plc", "gmbh", "co", "corp", "company"})
# A longer sound is not typed to the end.
LONGEST_SOUND = 4
# A long word has many ways to be parted into syllables. The pairs that all have in common say enough if there are so
# many; of a short word so many ways are asked for.
LEAST_SURE, MOST_WAYS = 2, 6
LONGEST_SPOKEN = SOUNDED * LONGEST_SYLLABLE
TAIL = 4
LONGEST_QUERY = 200
_WORD = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[^\W_\u3400-\u9fff\U00020000-\U0003ffff]+")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9()\-. ]{3,24}")
_EIGHT_BYTES = Struct(">q")


@dataclass(frozen=True)
class Part:
    """One part of what was typed: some value of the kind (NAME, PHONE or EMAIL) must be one that `accepts` takes."""

    kind: str
    accepts: Callable[[str], bool]


@dataclass(frozen=True)
class Reading:
    """One way to read what was typed: all its grams must be there, and each part be true of the clear values."""

    kind: str
    grams: tuple[Gram, ...]
    parts: tuple[Part, ...]


def token(tenant_id: uuid.UUID, gram: Gram, *, version: int | None = None) -> int:
    """Return a gram's token, a signed integer of 64 bits; the tenant's scope is open.

    New tokens are of the newest version of the keys; searches ask for those of every one of `versions`.
    """
    kind, text = gram
    return _signed(index_key(tenant_id, kind, version or versions(tenant_id)[0]), text)


class Tokens:
    """Makes many tokens of one tenant, whose scope is open, under the newest version; each gram's but once."""

    def __init__(self, tenant_id: uuid.UUID) -> None:
        self.version = versions(tenant_id)[0]
        self._keys = {kind: index_key(tenant_id, kind, self.version) for kind in TOKEN_KINDS}
        self._known: dict[Gram, int] = {}

    def of(self, gram: Gram) -> int:
        """Return a gram's token, as `token` does."""
        known = self._known.get(gram)
        if known is None:
            known = self._known[gram] = _signed(self._keys[gram[0]], gram[1])
        return known


def _signed(key: bytes, text: str) -> int:
    return _EIGHT_BYTES.unpack_from(hmac.digest(key, text.encode(), "sha256"))[0]


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return text as it is compared: NFKC, simplified, lower case, words parted by one blank, no punctuation.

    Every character is folded by itself, so a part of a name is folded as it is within the name.
    """
    plain = text if text.isascii() else in_usual_form(unicodedata.normalize("NFKC", text))
    return " ".join(_WORD.findall(_without_accents(plain.casefold())))


def _told(folded: str) -> list[str]:
    """Return the words of a folded name that tell it from others: without the stop-words, if others are left."""
    words = [word for word in STOP_WORDS.sub(" ", folded).split() if word not in LATIN_STOP_WORDS]
    return words or folded.split()


def compared_name(text: str) -> str:
    """Return a name as it is compared with others: folded, without what is said of many companies, its words in order
    of letters, so that （深圳）顺达有限公司 is 顺达（深圳）有限责任公司.
    """
    return " ".join(sorted(_told(fold(text)[:LONGEST_NAME])))


def _whole(words: Iterable[str]) -> str:
    return WHOLE + " ".join(sorted(words))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parted = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(each for each in parted if not unicodedata.combining(each)))


def as_phone(text: str, region: str) -> str:
    """Return a number in E.164, or its bare digits where it is none; full-width digits are digits."""
    if _E164.fullmatch(text):
        return text
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


def unique_gram(text: str) -> Gram:
    """Return what tells whether two values of one kind are the same, without regard to case and width."""
    return "unique", unicodedata.normalize("NFKC", text).strip().casefold()


def email_grams(text: str) -> set[Gram]:
    """Return the whole address, without regard to case."""
    address = unicodedata.normalize("NFKC", text).strip().casefold()
    return {("email", address)} if address else set()


def name_grams(text: str) -> set[Gram]:
    """Return the grams of a name: of one and two characters, of three Latin letters, of its pinyin by syllables and
    pairs of them, of its pinyin's initials by two and three, and of the whole.
    """
    words = _told(fold(text)[:LONGEST_NAME])
    grams: set[Gram] = {("name", _whole(words))} if words else set()
    for word in words:
        grams |= _word_grams(word)
    return grams | _sound_grams(_sounded(words))


# The same words stand in many names: trades, places, what people are called.
@lru_cache(maxsize=1024)
def _word_grams(word: str) -> frozenset[Gram]:
    longest = 2 if is_chinese(word) else 3
    runs = {word[0]}.union(*(_runs(word, length) for length in range(longest - 1, longest + 1)))
    return frozenset(("name", each) for each in runs)


def _sounded(words: Iterable[str]) -> Sounds:
    """Return how the Chinese words of a folded name sound, one after the other, as they are said."""
    return tuple(each for word in words if is_chinese(word) for each in sounds_of(word))[:SOUNDED]


@lru_cache(maxsize=1024)
def _sound_grams(sounds: Sounds) -> frozenset[Gram]:
    initials = _initials(sounds)
    grams = {("pinyin", " ".join(run)) for length in (1, 2) for run in _neighbours(sounds, length)}
    grams |= {("initials", "".join(run)) for length in (2, 3) for run in _neighbours(initials, length)}
    if 1 < len(sounds) <= LONGEST_SOUND:
        grams |= {("pinyin", WHOLE + "".join(way)) for way in product(*sounds)}
        grams |= {("initials", WHOLE + "".join(way)) for way in product(*initials)}
    return frozenset(grams)


def _initials(sounds: Sounds) -> Sounds:
    return tuple(tuple(dict.fromkeys(reading[0] for reading in readings)) for readings in sounds)


def _neighbours(sounds: Sounds, length: int) -> Iterator[Syllables]:
    """Give every run of so many neighbours, in all their readings."""
    for at in range(len(sounds) - length + 1):
        yield from product(*sounds[at : at + length])


def _runs(text: str, length: int) -> set[str]:
    """Return every run of so many neighbours."""
    return {text[at : at + length] for at in range(len(text) - length + 1)}


def readings_of(query: str, *, region: str) -> list[Reading]:
    """Return every way to read what was typed, the surest first; none for what holds nothing to search by."""
    query = unicodedata.normalize("NFKC", query.strip()[:LONGEST_QUERY])
    found: list[Reading] = []
    if "@" in query:
        address = query.casefold()
        is_it = Part(EMAIL, lambda value: value.strip().casefold() == address)
        found.append(Reading("email", (("email", address),), (is_it,)))
    if _PHONE.fullmatch(query) and len(_digits(query)) >= TAIL:
        found.append(_phone_reading(query, region))
    words = fold(query).split()
    if words and "@" not in query:
        found += _mixed_readings(words, region)
        found += _name_readings(_told(" ".join(words)))
    return found


def _phone_reading(query: str, region: str) -> Reading:
    if len(_digits(query)) == TAIL:
        tail = _digits(query)
        return Reading("phone_tail", (("phone_tail", tail),), (_ends_in(tail, region),))
    number = as_phone(query, region)
    is_it = Part(PHONE, lambda value: as_phone(value, region) == number)
    return Reading("phone", (("phone", number),), (is_it,))


def _ends_in(tail: str, region: str) -> Part:
    return Part(PHONE, lambda value: as_phone(value, region).endswith(tail))


def _mixed_readings(words: list[str], region: str) -> list[Reading]:
    """Read what a caller says of himself: a name, or a part of it, and the last four digits of his phone."""
    tails = [word for word in words if len(word) == TAIL and word.isascii() and word.isdigit()]
    others = _told(" ".join(word for word in words if word not in tails))
    if len(tails) != 1 or not others:
        return []
    tail = tails[0]
    return [
        Reading("phone_tail", (("phone_tail", tail), *reading.grams), (_ends_in(tail, region), *reading.parts))
        for reading in _name_readings(others)
    ]


def _name_readings(words: list[str]) -> list[Reading]:
    if not words:
        return []
    whole = _whole(words)
    is_it = Part(NAME, lambda value: _whole(_told(fold(value))) == whole)
    holds = Part(NAME, lambda value: _holds(value, words))
    found = [Reading("name", (("name", whole),), (is_it,)), Reading("name", _spelled(words), (holds,))]
    typed = "".join(words)
    if len(typed) > 1 and typed.isascii() and typed.isalpha():
        found += _sound_readings(typed)
    return found


def _holds(value: str, words: list[str]) -> bool:
    told = " ".join(_told(fold(value)))
    return all(word in told for word in words)


def _spelled(words: list[str]) -> tuple[Gram, ...]:
    grams: set[str] = set()
    for word in words:
        longest = 2 if is_chinese(word) else 3
        grams |= _runs(word, min(longest, len(word)))
    return tuple(("name", each) for each in sorted(grams))


def _sound_readings(typed: str) -> list[Reading]:
    ways = partings(typed) if len(typed) <= LONGEST_SPOKEN else []
    found = []
    if ways:
        whole = _sounding(lambda sounds: _is_said(sounds, typed, to_the_end=True))
        found.append(Reading("pinyin", (("pinyin", WHOLE + typed),), (whole,)))
    # No syllable begins with one of these.
    are_initials = len(typed) <= SOUNDED and set(typed).isdisjoint("iuv")
    if are_initials and len(typed) <= LONGEST_SOUND:
        whole = _sounding(lambda sounds: len(sounds) == len(typed) and _begins(_initials(sounds), typed))
        found.append(Reading("initials", (("initials", WHOLE + typed),), (whole,)))
    said = _sounding(lambda sounds: any(_is_said(sounds[at:], typed) for at in range(len(sounds))))
    found += [Reading("pinyin", grams, (said,)) for grams in _of_ways(ways)]
    if are_initials:
        grams = tuple(("initials", each) for each in sorted(_runs(typed, min(3, len(typed)))))
        begun = _sounding(lambda sounds: any(_begins(_initials(sounds[at:]), typed) for at in range(len(sounds))))
        found.append(Reading("initials", grams, (begun,)))
    return found


def _sounding(accepts: Callable[[Sounds], bool]) -> Part:
    return Part(NAME, lambda value: accepts(_sounded(_told(fold(value)))))


def _is_said(sounds: Sounds, typed: str, *, to_the_end: bool = False) -> bool:
    """Say whether what was typed is how a name sounds, or begins to: its last syllable may be but begun."""
    if not sounds or not typed:
        return not typed and not (to_the_end and sounds)
    return any(
        (not to_the_end and reading.startswith(typed))
        or (typed.startswith(reading) and _is_said(sounds[1:], typed[len(reading) :], to_the_end=to_the_end))
        for reading in sounds[0]
    )


def _begins(initials: Sounds, typed: str) -> bool:
    return len(typed) <= len(initials) and all(letter in each for letter, each in zip(typed, initials, strict=False))


def _of_ways(ways: list[Syllables]) -> list[tuple[Gram, ...]]:
    """Return the grams that all ways to part what was typed have; where they are too few, each likely way's before."""
    grams = [_of_way(way) for way in ways]
    sure = tuple(sorted(set(grams[0]).intersection(*grams[1:]))) if grams else ()
    if len(sure) >= LEAST_SURE:
        return [sure]
    return [each for each in (*grams[:MOST_WAYS], *([sure] if len(grams) > MOST_WAYS else [])) if each]


def _of_way(way: Syllables) -> tuple[Gram, ...]:
    """Return the grams of typed syllables; one that is but begun at the end is left to the check."""
    whole = way if is_syllable(way[-1]) else way[:-1]
    if len(whole) < 2:
        return tuple(("pinyin", each) for each in whole)
    return tuple(("pinyin", " ".join(pair)) for pair in pairwise(whole))
