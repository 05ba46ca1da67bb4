"""What is asked for when many customers are changed at once."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.web.reading_order import NamedChoiceField
from customers.enums import HANDOVER_CHOICES
from customers.models import MAX_TAG_LENGTH


class AssignForm(forms.Form):
    account_manager = NamedChoiceField(
        label=_("Account manager"),
        queryset=None,
        empty_label=_("Choose somebody"),
        help_text=_("What whoever had them until then has open for them goes along."),
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Not said")), *HANDOVER_CHOICES],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account_manager"].queryset = User.objects.filter(is_active=True).order_by("name", "id")


class TagForm(forms.Form):
    tag = forms.CharField(label=_("Tag"), max_length=MAX_TAG_LENGTH, widget=forms.TextInput(attrs={"autofocus": True}))

    def clean_tag(self) -> str:
        tag = self.cleaned_data["tag"]
        if "," in tag or "，" in tag:
            raise ValidationError(_("One tag, without a comma."))
        return tag
