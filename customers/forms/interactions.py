from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.web.lists.filters import FIRST_DAY
from customers.enums import SPOKEN, Direction
from customers.models import Contact
from customers.services.interactions import LONGEST_TEXT

FORM = "interaction"


class InteractionForm(forms.Form):
    """What was said, how, and with whom; of the customer's contacts those on the page are offered, masked."""

    kind = forms.ChoiceField(label=_("How"), choices=[(kind.value, kind.label) for kind in SPOKEN])
    direction = forms.ChoiceField(label=_("Direction"), choices=Direction.choices, required=False)
    contact = forms.ChoiceField(label=_("With"), required=False)
    happened_at = forms.DateTimeField(
        label=_("When"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now."),
    )
    text = forms.CharField(
        label=_("What it was about"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "data-note": True}),
        error_messages={"required": _("Write down what it was about.")},
    )

    def __init__(self, *args: Any, contacts: Sequence[Contact], **kwargs: Any) -> None:
        super().__init__(*args, prefix=FORM, **kwargs)
        self._contacts = {str(contact.pk): contact for contact in contacts}
        named = [(key, contact.masked_name) for key, contact in self._contacts.items()]
        self.fields["contact"].choices = [("", _("Nobody in particular")), *named]

    def clean_contact(self) -> Contact | None:
        return self._contacts.get(self.cleaned_data["contact"])

    def clean_happened_at(self) -> datetime | None:
        happened_at = self.cleaned_data["happened_at"]
        if happened_at is not None and happened_at.date() < FIRST_DAY:
            raise ValidationError(_("Enter a time after 1900."))
        return happened_at
