"""Names in the order in which a reader looks for them: for one of Chinese, by how they sound."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import get_language
from pypinyin import Style, pinyin

from core.accounts.models import User

Named = TypeVar("Named")
# Surnames that sound otherwise than the word they are written like.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
    "盖": "ge", "缪": "miao", "覃": "qin", "翟": "zhai", "乐": "yue", "华": "hua", "纪": "ji", "洗": "xian",
}  # fmt: skip


def in_reading_order(rows: Iterable[Named], name: Callable[[Named], str] = str) -> list[Named]:
    """Return few rows in the order of their names: by pinyin in Chinese, Latin names first, else as they came."""
    found = list(rows)
    if not (get_language() or "").startswith("zh"):
        return found
    return sorted(found, key=lambda row: sound_of(name(row), is_person=isinstance(row, User)))


@lru_cache(maxsize=8192)
def sound_of(name: str, *, is_person: bool = False) -> tuple[tuple[int, str, str], ...]:
    """Return what a name is sorted by, character by character: its sound, then the character itself."""
    order = []
    for place, character in enumerate(name.casefold()):
        sound = SURNAMES.get(character) if is_person and place == 0 else None
        sound = sound or pinyin(character, style=Style.NORMAL)[0][0]
        order.append((int(sound != character), sound, character))
    return tuple(order)


class _InOrder(ModelChoiceIterator):
    def __iter__(self) -> Iterator[tuple[Any, str]]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for each in in_reading_order(self.queryset.all()):
            yield self.choice(each)


class NamedChoiceField(forms.ModelChoiceField):
    """One of few records by its name, such as a colleague or a department, in the reader's order."""

    iterator = _InOrder


class NamedMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Some of few records by their names, in the reader's order."""

    iterator = _InOrder
