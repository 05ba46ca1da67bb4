from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.enums import CustomerKind
from customers.first_contact import PointsForm
from customers.models import PurposeText
from lifecycle.joining.work import is_solved, open_challenge
from lifecycle.services.leads import LONGEST_WISH

# What people do not see and machines fill in.
TRAP = "website"
# What browsers know of whoever sits before them.
FILLED_IN = {"person_name": "name", "company_name": "organization", "phone": "tel", "email": "email"}


class JoinForm(PointsForm):
    """What somebody says who wants to ship."""

    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)
    person_name = forms.CharField(label=_("Your name"), max_length=100)
    wish = forms.CharField(
        label=_("What do you want to ship?"),
        max_length=LONGEST_WISH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What kind of goods, how many parcels a month, from where to where."),
    )
    agreed = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    website = forms.CharField(required=False, max_length=200)
    challenge = forms.CharField(widget=forms.HiddenInput, max_length=500, required=False)
    answer = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    field_order = ("company_name", "person_name", "phone", "email", "wish")

    def __init__(self, *args: Any, offers: Sequence[PurposeText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = offers
        self.texts: dict[str, int] = {}
        self.source = ""
        self.fields["agreed"].choices = [(text.purpose.key, text.purpose.name) for text in offers]
        for name, word in FILLED_IN.items():
            self.fields[name].widget.attrs["autocomplete"] = word
        self.fields["phone"].widget.input_type = "tel"
        self.fields["email"].widget.input_type = "email"

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ("company_name", "person_name", "phone", "email", "wish")]

    @property
    def is_trapped(self) -> bool:
        """Whether something was written where people see no field."""
        return bool(self.data.get(TRAP))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("phone") or cleaned.get("email") or self.has_error("phone") or self.has_error("email")):
            self.add_error("phone", _("Tell us a phone number or an e-mail address, so that we can answer."))
        opened = open_challenge(cleaned.get("challenge", ""))
        if opened is None:
            raise ValidationError(_("The page was open for too long. Look over what you wrote and send it again."))
        if not is_solved(cleaned["challenge"], cleaned.get("answer", "")):
            raise ValidationError(_("Your browser has not finished checking the form. Send it again."))
        self.texts, self.source = opened["texts"], opened["source"]
        return cleaned

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        cleaned = self.cleaned_data
        company = cleaned["company_name"].strip()
        named = {"company_name": company} if company else {"person_name": cleaned["person_name"]}
        return {
            "kind": CustomerKind.COMPANY if company else CustomerKind.INDIVIDUAL,
            "facts": {**named, "preferred_language": get_language() or ""},
            "contact_name": cleaned["person_name"],
            "points": self.points,
            "wish": cleaned["wish"],
            "agreed": {key: self.texts[key] for key in cleaned["agreed"] if key in self.texts},
            "challenge": cleaned["challenge"],
            "source_key": self.source,
        }
