"""How Chinese words sound: their pinyin by syllables, and what syllables somebody may have typed."""

import unicodedata
from functools import lru_cache

from pypinyin import Style, pinyin
from pypinyin.pinyin_dict import pinyin_dict
from pypinyin.style import convert

# Of a long company name the first characters are what people type by sound.
SOUNDED = 6
# So many ways to part what was typed are tried: "xian" is xian, or xi and an.
MOST_PARTINGS = 3
LONGEST_SYLLABLE = 6

Syllables = tuple[str, ...]


def is_chinese(word: str) -> bool:
    return word[0] >= "\u3400" and "CJK" in unicodedata.name(word[0], "")


@lru_cache(maxsize=8192)
def sounds_of(word: str) -> tuple[Syllables, ...]:
    """Return the syllables of a Chinese word's beginning, once for each reading of its first character.

    The first is a surname more often than not, and surnames have readings of their own (\u5355 shan, \u66fe zeng).
    """
    first, *rest = (_readings(each) for each in word[:SOUNDED])
    return tuple((reading, *(each[0] for each in rest)) for reading in first)


def partings(typed: str) -> list[Syllables]:
    """Return the ways to part letters into syllables, those of the fewest first; the last may be but begun."""
    ways: list[list[Syllables]] = [[()]]
    for end in range(1, len(typed) + 1):
        known, begun = _syllables()
        allowed = known if end < len(typed) else begun
        found = [
            (*way, typed[start:end])
            for start in range(max(0, end - LONGEST_SYLLABLE), end)
            if typed[start:end] in allowed
            for way in ways[start]
        ]
        ways.append(sorted(found, key=len)[:MOST_PARTINGS])
    return ways[-1]


def is_syllable(text: str) -> bool:
    return text in _syllables()[0]


@lru_cache(maxsize=1)
def _syllables() -> tuple[frozenset[str], frozenset[str]]:
    """Return all syllables, and all beginnings of them."""
    written = {reading for readings in pinyin_dict.values() for reading in readings.split(",")}
    known = frozenset(convert(each, Style.NORMAL, strict=True) for each in written)
    return known, frozenset(each[:end] for each in known for end in range(1, len(each) + 1))


@lru_cache(maxsize=8192)
def _readings(character: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=True)[0]))
