from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.enums import TOLD_SOURCES, Channel, ConsentState, PurposeBasis
from customers.models import Contact, Purpose
from customers.services.consents import Choice

LONGEST_TEXT = 2000


class ConsentForm(forms.Form):
    """What somebody said to one purpose; the button that is pressed says yes or no."""

    who = forms.ChoiceField(label=_("Who said it"), required=False)
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one channel.")},
    )
    source = forms.ChoiceField(label=_("How they said it"), choices=TOLD_SOURCES)
    state = forms.ChoiceField(choices=ConsentState.choices, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, purpose: Purpose, contacts: Sequence[Contact], channels: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, auto_id=f"id_{purpose.pk}_%s", **kwargs)
        self.purpose = purpose
        self.contacts = {str(contact.pk): contact for contact in contacts}
        covered = set(purpose.channels)
        self.fields["channels"].choices = [choice for choice in Channel.choices if choice[0] in covered]
        self.fields["channels"].initial = list(purpose.channels)
        self.fields["who"].choices = [
            ("", _("The whole customer")),
            *((pk, contact.masked_name) for pk, contact in self.contacts.items()),
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        state = self.cleaned_data["state"]
        return {
            "contact": self.contacts.get(self.cleaned_data["who"]),
            "source": self.cleaned_data["source"],
            "choices": [Choice(self.purpose, channel, state) for channel in self.cleaned_data["channels"]],
        }


class PurposeForm(forms.Form):
    """What may change of a purpose; `version` is that of the purpose as it was read."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in English"), max_length=100)
    text_zh = forms.CharField(
        label=_("Text in Chinese"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
        help_text=_(
            "Shown where data is collected and in the preference centre. A text that differs is a new version."
        ),
    )
    text_en = forms.CharField(label=_("Text in English"), max_length=LONGEST_TEXT, widget=forms.Textarea)
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    lapses_after_months = forms.IntegerField(
        label=_("Months until a consent lapses"),
        required=False,
        min_value=1,
        max_value=120,
        help_text=_("For a purpose that rests on consent. Leave it empty where a consent holds until it is withdrawn."),
    )
    order = forms.IntegerField(
        label=_("Order on the page"),
        min_value=0,
        max_value=1000,
        initial=100,
        help_text=_("Purposes stand in ascending order."),
    )


class AddPurposeForm(PurposeForm):
    key = forms.CharField(
        label=pgettext_lazy("name for programs", "Key"),
        max_length=40,
        help_text=format_lazy(
            _("Names the purpose in the API, such as {key}; it cannot be changed later."), key="news"
        ),
    )
    basis = forms.ChoiceField(
        label=_("What it rests on"),
        choices=PurposeBasis.choices,
        help_text=_(
            "Consent: nobody is contacted before they agreed. Legitimate interest: until they object. The contract:"
            " what it needs is not asked. It cannot be changed later."
        ),
    )
    field_order = (
        "name_zh",
        "name_en",
        "key",
        "basis",
        "text_zh",
        "text_en",
        "channels",
        "lapses_after_months",
        "order",
    )


class UpdatePurposeForm(PurposeForm):
    asks_anew = forms.BooleanField(
        label=_("Consents to earlier texts no longer hold"),
        required=False,
        help_text=_("For a text that says something else than before. Of a purpose that rests on consent only."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("name_zh", "name_en", "text_zh", "text_en", "asks_anew", "channels", "lapses_after_months", "order")

    def __init__(self, *args: Any, basis: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if basis != PurposeBasis.CONSENT:
            del self.fields["asks_anew"]
            del self.fields["lapses_after_months"]
