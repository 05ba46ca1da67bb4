from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from core.tenancy.models import TenantModel
from core.web.records.conflicts import (
    MINE,
    MOST_LETTERS,
    THEIRS,
    Began,
    Conflict,
    Difference,
    choice_of,
    digest_of,
    open_began,
    seal_began,
)
from core.web.trail import last_change_of

CARRIED = ("version", "began")


class RecordForm(forms.Form):
    """The facts of one record: all of them, or the one that the form was limited to.

    A subclass says what stands in the record. The form notices by the record's `version` that somebody else wrote
    meanwhile; `began` brings back, sealed, what stood there when it was opened.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    began = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: TenantModel, **kwargs: Any) -> None:
        self.record = record
        super().__init__(*args, **kwargs)
        self.conflict: Conflict | None = None
        self._left_out: frozenset[str] = frozenset()
        self.initial = {**self.stored(), "version": record.version, "began": self._seal_began, **self.initial}

    def stored(self) -> Mapping[str, Any]:
        """Return the facts that may be shown as they are, by the names of their fields."""
        raise NotImplementedError

    def masked(self) -> Mapping[str, tuple[Any, str]]:
        """Return the facts that are not sent to the browser: the value, and how it is shown. Empty input keeps them."""
        return {}

    def name_in_trail(self, name: str) -> str:
        """Return the name by which the audit trail tells of a fact."""
        return name

    def began_beside(self) -> Began:
        """Return what stands now in what the form asks for beside its fields."""
        return {}

    def differences_beside(self, began: Began) -> list[Difference]:
        """Return in what of that the typed differs."""
        return []

    # The actions of the audit trail that tell of this record, where others of the same subject do not.
    told_by: Collection[str] = ()

    @property
    def told_of(self) -> TenantModel:
        """The record whose history tells of this one."""
        return self.record

    @property
    def asks_for(self) -> list[str]:
        """The names of the facts that somebody fills in."""
        return [name for name, field in self.fields.items() if not field.widget.is_hidden]

    def limit_to(self, name: str) -> None:
        """Ask for one fact alone; what else the checks and the service need is as it is stored.

        Raises KeyError for a name that the form does not ask for.
        """
        names = self.asks_for
        if name not in names:
            raise KeyError(name)
        self.leave_out(*(frozenset(names) - {name}))
        self.fields[name].widget.attrs["autofocus"] = True

    def leave_out(self, *names: str) -> None:
        """Ask for everything but these facts, which stay as they are stored."""
        self._left_out |= frozenset(names)
        for name in names:
            del self.fields[name]

    def sent_for(self, name: str) -> dict[str, str] | None:
        """Return what the form would be sent for a fact to be what is stored; None where nothing says so."""
        field, masked = self.fields[name], self.masked()
        value = masked[name][0] if name in masked else self.stored()[name]
        if hasattr(field, "sent_for"):
            return field.sent_for(name, value)
        if name in masked and not value:
            return None
        prepared = field.prepare_value(value)
        if isinstance(prepared, bool):
            return {name: "on"} if prepared else {}
        shown = field.widget.format_value(prepared) if isinstance(prepared, datetime) else prepared
        return {name: str(_plain(shown))}

    def add_error(self, field: str | None, error: Any) -> None:
        """Say of a fact that is not asked for what is wrong with it above the others."""
        if field in self._left_out:
            error, field = f"{self.base_label(field)}: {error}", None
        super().add_error(field, error)

    def base_label(self, name: str) -> str:
        return str(self.base_fields[name].label) if name in self.base_fields else name

    def _clean_fields(self) -> None:
        super()._clean_fields()
        masked, stored = self.masked(), self.stored()
        given_up = {name for name in self.asks_for if self.choice(name) == THEIRS}
        for name in self._left_out | given_up:
            self._errors.pop(name, None)
            self.cleaned_data[name] = "" if name in masked else stored[name]
        # What is left are the facts.
        self._carried = {name: self.cleaned_data.pop(name, "") for name in CARRIED}

    def compare(self) -> None:
        """Find what is to be decided before this may be written; of a valid form."""
        if self._carried["version"] == self.record.version:
            return
        began = open_began(self.record, self._carried["began"])
        differences = [each for name in self.asks_for if (each := self._difference(name, began))]
        differences += self.differences_beside(began)
        if any(each.has_moved and not self.choice(each.name) for each in differences):
            self.conflict = Conflict(differences, self.record.version)

    def _difference(self, name: str, began: Began) -> Difference | None:
        field, data = self.fields[name], self[name].data
        typed = self._typed(name, data)
        digest, words = began.get(name, ("", None))
        if name in self.masked():
            typed_digest, differs = "", field.has_changed(None, data)
        else:
            typed_digest = digest_of(_plain(field.prepare_value(typed)))
            differs = typed_digest != self.digest(name)
        if not differs:
            return None
        if words and name in self.masked() and digest != self.digest(name) and words == self._words(name):
            # Two values under one mask look the same, and are not.
            words = _("%(mask)s (another value than now)") % {"mask": words}
        has_moved, is_untouched = digest != self.digest(name), typed_digest == digest != ""
        suggested = (THEIRS if is_untouched else "") if has_moved else MINE
        by, at = self._last_change(name) if has_moved else ("", None)
        return Difference(
            name=name,
            label=str(field.label),
            began=words,
            stands=self._words(name),
            typed=words_of(field, typed),
            has_moved=has_moved,
            chosen=self.choice(name) or suggested,
            by=by,
            at=at,
        )

    def choice(self, name: str) -> str:
        """Return what the reader chose of a fact, if nobody has written since it was shown."""
        if self.data.get("seen") != str(self.record.version):
            return ""
        choice = self.data.get(choice_of(name), "")
        return choice if choice in (THEIRS, MINE) else ""

    def _typed(self, name: str, data: Any) -> Any:
        try:
            return self.fields[name].clean(data)
        except ValidationError:
            # What is given up need not be right.
            return data

    def _last_change(self, name: str) -> tuple[str, datetime | None]:
        return last_change_of(self.told_of, self.name_in_trail(name), only=self.told_by, to=self.stored().get(name))

    def _seal_began(self) -> str:
        facts = {name: (self.digest(name), self._words(name)) for name in self.asks_for}
        return seal_began(self.record, {**facts, **self.began_beside()})

    def digest(self, name: str) -> str:
        """Return what tells whether a fact still stands as it did."""
        masked = self.masked()
        if name in masked:
            return digest_of(_plain(masked[name][0]))
        return digest_of(_plain(self.fields[name].prepare_value(self.stored()[name])))

    def _words(self, name: str) -> str:
        masked = self.masked()
        return masked[name][1] if name in masked else words_of(self.fields[name], self.stored()[name])


def words_of(field: forms.Field, value: Any) -> str:
    """Return a value of a field as people read it, cut where it is long; empty for none."""
    if hasattr(field, "words_of"):
        return field.words_of(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return Truncator(_(", ").join(value)).chars(MOST_LETTERS)
    if isinstance(field, forms.ModelChoiceField):
        return field.label_from_instance(value)
    labels = dict(field.choices) if isinstance(field, forms.ChoiceField) else {}
    return Truncator(str(labels.get(value, value))).chars(MOST_LETTERS)


def _plain(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, bool | list) else str(value)
