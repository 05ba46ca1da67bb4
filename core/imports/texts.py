"""What the texts of a row mean to a form: the same fields and checks as on the page, for what files write."""

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Choices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core.imports.kinds import Row
from core.tenancy.errors import DomainError

YES = frozenset(("1", "yes", "y", "true", "x", "是", "对", "√", "✓"))
NO = frozenset(("0", "no", "n", "false", "否", "不是", "×"))
DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T]00?:00(?::00)?)?")
WRITTEN_DAY = re.compile(r"\s*([0-9]{4})\s*[年.]\s*([0-9]{1,2})\s*[月.]\s*([0-9]{1,2})\s*日?\s*")
BETWEEN = re.compile(r"[;；、,，|]")
NUMBER = re.compile(r"[¥￥$€£]?\s*([+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[+-]?[0-9]+(?:\.[0-9]+)?)")


class NeitherYesNorNo(DomainError):
    code = "neither_yes_nor_no"
    message = _("Write yes or no.")


class FormReader:
    """Reads rows by one form, which is filled anew for each; an empty cell says nothing of a fact.

    `finish(row, given)` does with the cleaned values of the filled cells what the form itself does not.
    """

    def __init__(
        self, form: forms.Form, *, present: Collection[str], finish: Callable[[Row, dict[str, Any]], None]
    ) -> None:
        self._form = form
        self._finish = finish
        self._meanings = {name: _meaning_of(form.fields[name]) for name in form.fields if name in present}
        # The form asks only for what the file has a column for; what is needed beyond is the kind's to say.
        for name in set(form.fields) - set(self._meanings):
            del form.fields[name]
        form.is_bound = True

    def __call__(self, row: Row) -> None:
        form = self._form
        data = {}
        for name, meaning in self._meanings.items():
            text = row.cells.get(name, "")
            try:
                data[name] = meaning(text) if text else text
            except DomainError as refusal:
                row.refuse(refusal, form.fields[name].label)
        if row.is_refused:
            return
        form.data = data
        form.full_clean()
        for name, errors in form.errors.as_data().items():
            for error in errors:
                row.refuse(error, form.fields[name].label if name in form.fields else "")
        if not row.is_refused:
            self._finish(row, {name: form.cleaned_data[name] for name in data if row.cells.get(name)})


def _meaning_of(field: forms.Field) -> Callable[[str], str]:
    """Return what turns the text of a cell into what the field's input would send."""
    if isinstance(field, forms.BooleanField):
        return _truth
    if isinstance(field, forms.DateField):
        return plain_day
    if isinstance(field, forms.DecimalField):
        return _plain_number
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return meaning_of_choices(field)
    return str


def meaning_of_choices(known: forms.ChoiceField | type[Choices], *, is_list: bool = False) -> Callable[[str], str]:
    """Return what turns a value of a choice, or its words in any language, into the value, and leaves other texts.

    Of a list, several stand in a cell; their values are parted by semicolons.
    """
    words = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            words |= {_folded(str(label)): str(value) for value, label in known.choices if value}
    words |= {_folded(str(value)): str(value) for value, _label in known.choices if value}
    if is_list:
        return lambda text: ";".join(words.get(_folded(each), each) for each in BETWEEN.split(text))
    return lambda text: words.get(_folded(text), text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _truth(text: str) -> str:
    word = _folded(text)
    if word not in YES | NO:
        raise NeitherYesNorNo
    return "True" if word in YES else ""


def plain_day(text: str) -> str:
    """Return a date such as 2026/3/1 or 2026年3月1日 as ISO 8601, and any other text as it is."""
    match = DAY.fullmatch(text.strip())
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}" if match else text


def plain_moment(text: str) -> str:
    """Return a time such as 2026年3月1日 8:00 or 2026.3.1 with its date as in ISO 8601, and any other text as it is."""
    match = WRITTEN_DAY.match(text)
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2} {text[match.end() :]}".strip() if match else text


def _plain_number(text: str) -> str:
    match = NUMBER.fullmatch(_folded(text))
    return match[1].replace(",", "") if match else text
