from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.records import RecordForm
from customers.enums import HazardClass, InvoiceRule, NeedKind, Weekday
from customers.forms.fields import RemovableField, RemovableTextarea, Removal
from customers.models import Customer, CustomerNeed
from customers.needs.kinds import (
    COLDEST,
    HIGHEST_FLOOR,
    KINDS,
    LANGUAGES,
    NAMES,
    WARMEST,
    BadNeed,
    checked_details,
    language_name,
)

TEXT = "text"
MOST_LETTERS = 500


class NeedTextField(RemovableField, forms.CharField):
    widget = RemovableTextarea


def _degree(label: Any) -> forms.Field:
    return forms.IntegerField(label=label, min_value=COLDEST, max_value=WARMEST)


def _clock(label: Any) -> forms.Field:
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))


FIELDS: Mapping[str, Callable[[], forms.Field]] = {
    "from_degree": lambda: _degree(NAMES["from_degree"]),
    "to_degree": lambda: _degree(NAMES["to_degree"]),
    "hazard_class": lambda: forms.ChoiceField(
        label=NAMES["hazard_class"], choices=[("", _("Not known")), *HazardClass.choices], required=False
    ),
    "days": lambda: forms.TypedMultipleChoiceField(
        label=NAMES["days"], choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple
    ),
    "opens": lambda: _clock(NAMES["opens"]),
    "closes": lambda: _clock(NAMES["closes"]),
    "floor": lambda: forms.IntegerField(label=NAMES["floor"], min_value=2, max_value=HIGHEST_FLOOR),
    "language": lambda: forms.ChoiceField(
        label=NAMES["language"], choices=lambda: [(code, language_name(code)) for code in LANGUAGES]
    ),
    "rule": lambda: forms.ChoiceField(label=NAMES["rule"], choices=InvoiceRule.choices),
}


class NeedForm(forms.Form):
    """The details of a need of one kind."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = NeedKind(kind)
        known = KINDS[self.kind]
        for name in known.names:
            self.fields[name] = FIELDS[name]()
        if known.has_text:
            self.fields[TEXT] = NeedTextField(label=_("In words"), max_length=MOST_LETTERS, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned |= {name: f"{value:%H:%M}" for name, value in cleaned.items() if isinstance(value, time)}
        if not self.errors:
            try:
                checked_details(self.kind, self.details)
            except BadNeed as error:
                self.add_error(error.field, str(error.message))
        return cleaned

    @property
    def details(self) -> dict[str, Any]:
        """What the need is made of, as it is stored."""
        return {name: self.cleaned_data.get(name) for name in KINDS[self.kind].names}

    @property
    def text(self) -> dict[str, Any]:
        """What is to become of the text, as the service takes it."""
        value = self.cleaned_data.get(TEXT, "")
        return {"text": str(value), "is_text_removed": isinstance(value, Removal)}


class UpdateNeedForm(RecordForm, NeedForm):
    """A need that stands already; its text is never sent to the browser."""

    told_by = ("need.updated",)

    def __init__(self, *args: Any, record: CustomerNeed, **kwargs: Any) -> None:
        super().__init__(*args, record=record, kind=record.kind, **kwargs)
        if record.text and TEXT in self.fields:
            self.fields[TEXT].offer_removal(str(_("Recorded, hidden")))

    def stored(self) -> dict[str, Any]:
        return {name: self.record.details.get(name) for name in KINDS[NeedKind(self.record.kind)].names}

    def masked(self) -> dict[str, tuple[str, str]]:
        is_masked = KINDS[NeedKind(self.record.kind)].has_text
        return {TEXT: (self.record.text or "", "****" if self.record.text else "")} if is_masked else {}

    @property
    def told_of(self) -> Customer:
        return self.record.customer
