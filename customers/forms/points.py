from django import forms
from django.utils.translation import gettext_lazy as _

from customers.enums import TOLD_PROOFS, TOLD_SOURCES


class VerifyForm(forms.Form):
    """What shows that a contact point reaches somebody."""

    how = forms.ChoiceField(label=_("How it was verified"), choices=TOLD_PROOFS)


class OptOutForm(forms.Form):
    """How somebody said that a contact point is not to be used any more."""

    how = forms.ChoiceField(label=_("How they said so"), choices=TOLD_SOURCES)
