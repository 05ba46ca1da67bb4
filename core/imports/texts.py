"""What the texts of a row mean to a form: the same fields and checks as on the page, for what files write."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Choices
from django.utils.functional import lazy
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from core.imports.kinds import Row
from core.tenancy.errors import DomainError

YES = frozenset(("1", "yes", "y", "true", "x", "是", "对", "√", "✓"))
NO = frozenset(("0", "no", "n", "false", "否", "不是", "×"))
DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T]00?:00(?::00)?)?")
WRITTEN_DAY = re.compile(r"\s*([0-9]{4})\s*[年.]\s*([0-9]{1,2})\s*[月.]\s*([0-9]{1,2})\s*日?\s*")
BETWEEN = re.compile(r"[;；、,，|]")
MOST_REMEMBERED = 50_000
MOST_CHOICES_SAID = 12
NUMBER = re.compile(r"[¥￥$€£]?\s*([+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[+-]?[0-9]+(?:\.[0-9]+)?)")


class NeitherYesNorNo(DomainError):
    code = "neither_yes_nor_no"
    message = _("Write yes or no.")


class FormReader:
    """Reads rows by one form; an empty cell says nothing of a fact.

    What a field and its own `clean_` method make of a text is remembered, because texts repeat; the form's `clean` is
    asked for each row. `finish(row, given)` does with the cleaned values of the filled cells what the form itself does
    not; of a row that the form refuses `glean(row, given, unread)` makes the values by which more may be said against
    it, from what could be read and the texts that could not.
    """

    def __init__(
        self,
        form: forms.Form,
        *,
        present: Collection[str],
        finish: Callable[[Row, dict[str, Any]], None],
        glean: Callable[[Row, dict[str, Any], dict[str, str]], None],
    ) -> None:
        self._form = form
        self._finish, self._glean = finish, glean
        # The form asks only for what the file has a column for; what is needed beyond is the kind's to say.
        for name in [each for each in form.fields if each not in present]:
            del form.fields[name]
        form.is_bound, form.data = True, {}
        self._cleaned = {name: _Cleaned(form, name) for name in form.fields}

    def __call__(self, row: Row) -> None:
        form, cells = self._form, row.cells
        found = {name: known[cells.get(name, "")] for name, known in self._cleaned.items()}
        refused = {name: each for name, each in found.items() if isinstance(each, ValidationError)}
        form.errors.clear()
        form.cleaned_data = {name: each for name, each in found.items() if name not in refused}
        try:
            form.cleaned_data = form.clean() or form.cleaned_data
        except ValidationError as refusal:
            row.refuse(refusal)
        for name, refusal in refused.items():
            for error in refusal.error_list:
                row.refuse(error, form.fields[name].label)
        for name, errors in form.errors.as_data().items():
            for error in errors:
                row.refuse(error, form.fields[name].label if name in form.fields else "")
        given = {name: value for name, value in form.cleaned_data.items() if cells.get(name)}
        if row.is_refused:
            self._glean(row, given, {name: cells[name] for name in form.fields.keys() - given if cells.get(name)})
        else:
            self._finish(row, given)


class _Cleaned(dict[str, Any]):
    """What a field of a form makes of each text, or the ValidationError that refuses it."""

    def __init__(self, form: forms.Form, name: str) -> None:
        super().__init__()
        self._form, self._name, self._field = form, name, form.fields[name]
        self._meaning = _meaning_of(self._field)
        self._hook = getattr(form, f"clean_{name}", None)
        self._say_what_is_right()

    def _say_what_is_right(self) -> None:
        """Let refusals of texts say what may stand in a cell, where the page offers it by itself."""
        field = self._field
        if isinstance(field, forms.DateField):
            field.error_messages["invalid"] = _("This is no date. Write it such as 2026-01-31.")
        elif isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            choices = [label for value, label in field.choices if value]
            if len(choices) <= MOST_CHOICES_SAID:
                field.error_messages["invalid_choice"] = lazy(_one_of, str)(choices)

    def __missing__(self, text: str) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        try:
            found = self._clean(self._meaning(text) if text else text)
        except DomainError as refusal:
            found = ValidationError(refusal.message, code=refusal.code)
        except ValidationError as refusal:
            found = refusal
        self[text] = found
        return found

    def _clean(self, text: str) -> Any:
        field = self._field
        data = field.widget.value_from_datadict({self._name: text}, {}, self._name)
        value = field.clean(data)
        if self._hook is None:
            return value
        self._form.cleaned_data = {self._name: value}
        return self._hook()


def _one_of(labels: Sequence[object]) -> str:
    told = gettext(", ").join(str(label).replace("%", "%%") for label in labels)
    return gettext("“%(value)s” is none of these: {choices}.").format(choices=told)


def _meaning_of(field: forms.Field) -> Callable[[str], Any]:
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


def plain_day(text: str) -> date | str:
    """Return a date such as 2026/3/1 or 2026年3月1日 as one, and what is none, as 30 February is, as the text it is."""
    match = DAY.fullmatch(text.strip())
    try:
        return date(*(int(part) for part in match.groups())) if match else text
    except ValueError:
        return text


def plain_moment(text: str) -> str:
    """Return a time such as 2026年3月1日 8:00 or 2026.3.1 with its date as in ISO 8601, and any other text as it is."""
    if "." not in text and "年" not in text:
        return text
    match = WRITTEN_DAY.match(text)
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2} {text[match.end() :]}".strip() if match else text


def _plain_number(text: str) -> str:
    match = NUMBER.fullmatch(_folded(text))
    return match[1].replace(",", "") if match else text
