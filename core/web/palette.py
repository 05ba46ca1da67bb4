"""The commands of the palette: what may be done on the open record, where to go, what to create."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from core.web import navigation, record_pages

CHINESE = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Command:
    """One line of the palette; `words` is what it is found by, in every language."""

    label: str
    url: str
    icon: str
    words: str
    keys: tuple[str, ...] = ()
    note: str = ""
    # The name of the record's action that it is.
    act: str = ""


@dataclass(frozen=True)
class Group:
    label: str
    commands: list[Command]


def groups_for(user: Any, *, path: str) -> list[Group]:
    """Return what the user may do from the page at `path`, one query where a record is open there."""
    record = record_pages.open_record(path, user)
    offers = record.offers if record else []
    acts = [
        replace(_command(offer.action.label, offer.starts_at, offer.action.icon), act=offer.action.name)
        for offer in offers
    ]
    areas = [_of_entry(entry, keys=("g", entry.letter) if entry.letter else ()) for entry in navigation.areas_for(user)]
    pages = [_of_entry(entry) for entry in navigation.pages_for(user)]
    settings_pages = navigation.settings_pages_for(user)
    parts = [
        Command(f"{page.label} · {part.label}", part.url, page.icon, in_all_languages([page.label, part.label]))
        for page in settings_pages
        for part in page.parts_for(user)
    ]
    groups = [
        Group(record.name if record else "", acts),
        Group(_("Create"), [_of_entry(entry) for entry in navigation.creations_for(user)]),
        Group(_("Go to"), [*areas, *pages]),
        Group(_("Settings"), [*map(_of_entry, settings_pages), *parts]),
    ]
    return [group for group in groups if group.commands]


def in_all_languages(texts: Iterable[str | Promise]) -> str:
    """Return the texts in each language of the product, folded, to be searched by whoever thinks in another; to a
    reader of Chinese also as they sound, in pinyin and its initials.
    """
    given = list(texts)
    words = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            words += [str(text) for text in given if text]
    if (get_language() or "").startswith("zh"):
        words += [sound for text in given if text for sound in _sounds_of(str(text))]
    return " ".join(dict.fromkeys(words)).casefold()


@lru_cache(maxsize=4096)
def _sounds_of(text: str) -> tuple[str, ...]:
    """Return the pinyin of each run of Chinese words in a text, and the initials of it."""
    runs = [lazy_pinyin(run, style=Style.NORMAL) for run in CHINESE.findall(text)]
    return tuple(word for run in runs for word in ("".join(run), "".join(syllable[0] for syllable in run)))


def matches(query: str, words: str) -> bool:
    """Tell whether all that was typed stands in the words, as the palette's script does."""
    return all(term in words for term in normalize("NFKC", query).casefold().split())


def _of_entry(entry: navigation.Entry, *, keys: tuple[str, ...] = ()) -> Command:
    return _command(entry.label, entry.url, entry.icon, keys=keys, note=entry.description)


def _command(
    label: str | Promise, url: str, icon: str, *, keys: tuple[str, ...] = (), note: str | Promise = ""
) -> Command:
    return Command(str(label), url, icon, in_all_languages([label, note]), keys, str(note))
