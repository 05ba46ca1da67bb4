"""How Chinese words sound: their pinyin by syllables, and what syllables somebody may have typed."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

from pypinyin import Style, pinyin
from pypinyin.contrib.mmseg import seg
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict
from pypinyin.style import convert

# A longer name is not typed by sound to its end.
SOUNDED = 20
# So many ways to part what was typed are kept: "xian" is xian, or xi and an.
MOST_PARTINGS = 32
LONGEST_SYLLABLE = 6
# A reading that fewer than one in so many words of the dictionary has is not asked for.
COMMON_READING = 10
VOWELS = frozenset("aeiouvê")
# Under these forms characters of another sound are compared, too: \u4e7e as \u5e72, \u8457 as \u7740.
ALSO_SOUND = {"\u5e72": ("qian",), "\u7740": ("zhu",)}

Syllables = tuple[str, ...]
# For each character its readings, as it is read in the word first.
Sounds = tuple[Syllables, ...]


def is_chinese(word: str) -> bool:
    return word[0] >= "\u3400" and "CJK" in unicodedata.name(word[0], "")


@lru_cache(maxsize=8192)
def sounds_of(word: str) -> Sounds:
    """Return how the characters of a Chinese word, those of its beginning, are read: within the word, and otherwise.

    The first is a surname more often than not, and surnames have readings of their own (\u5355 shan, \u66fe zeng), so
    all of its readings count, rare ones too.
    """
    word = word[:SOUNDED]
    said = [reading for part in seg.cut(word) for reading in _as_said(part)]
    others = (_readings(word[0]), *map(_common_readings, word[1:]))
    return tuple(_once(reading, *also) for reading, also in zip(said, others, strict=True))


@lru_cache(maxsize=8192)
def _as_said(word: str) -> Syllables:
    """Return how a word of the dictionary is read, or each character of what is none: as `lazy_pinyin`, many times as
    fast.
    """
    readings = phrases_dict.get(word)
    return tuple(_plain(each[0]) for each in readings) if readings else tuple(_readings(each)[0] for each in word)


@lru_cache(maxsize=8192)
def _once(*readings: str) -> Syllables:
    return tuple(dict.fromkeys(readings))


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
        ways.append(sorted(found, key=_likeliness)[:MOST_PARTINGS])
    return ways[-1]


def _likeliness(way: Syllables) -> tuple[int, int]:
    """Put ways of few syllables first, and of those the ones that part before a consonant, as pinyin is written."""
    return len(way), sum(each[0] in VOWELS for each in way)


def is_syllable(text: str) -> bool:
    return text in _syllables()[0]


@lru_cache(maxsize=1)
def _syllables() -> tuple[frozenset[str], frozenset[str]]:
    """Return all syllables, and all beginnings of them; but for grunts (\u55ef ng), which would part every word."""
    written = {reading for readings in pinyin_dict.values() for reading in readings.split(",")}
    spoken = set(map(_plain, written))
    known = frozenset(each for each in spoken if not VOWELS.isdisjoint(each))
    return known, frozenset(each[:end] for each in known for end in range(1, len(each) + 1))


@lru_cache(maxsize=8192)
def _readings(character: str) -> Syllables:
    return _once(*pinyin(character, style=Style.NORMAL, heteronym=True)[0], *ALSO_SOUND.get(character, ()))


@lru_cache(maxsize=8192)
def _common_readings(character: str) -> Syllables:
    """Return those readings that many a word of the dictionary has."""
    known = _in_words().get(character)
    return (*known, *ALSO_SOUND.get(character, ())) if known else _readings(character)[:1]


@lru_cache(maxsize=8192)
def _plain(reading: str) -> str:
    return convert(reading, Style.NORMAL, strict=True)


@lru_cache(maxsize=1)
def _in_words() -> Mapping[str, Syllables]:
    """Return, by character, the readings that at least one in COMMON_READING of its words in the dictionary has."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for word, readings in phrases_dict.items():
        for character, (reading, *_others) in zip(word, readings, strict=True):
            counted[character][_plain(reading)] += 1
    return {
        character: tuple(each for each, times in readings.most_common() if times * COMMON_READING >= readings.total())
        for character, readings in counted.items()
    }
