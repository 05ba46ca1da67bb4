import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.numbers import BadNumber, clean_number

TAIL = 4


class TrackingForm(forms.Form):
    waybill = forms.CharField(label=_("Waybill number"), max_length=40)
    tail = forms.CharField(
        label=_("Last four digits of the phone number"),
        max_length=12,
        help_text=_("Of a phone number that the sender has given us."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["waybill"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters"}
        self.fields["tail"].widget.attrs |= {"autocomplete": "off", "inputmode": "numeric"}

    def clean_waybill(self) -> str:
        try:
            return clean_number(self.cleaned_data["waybill"])
        except BadNumber as error:
            raise ValidationError(error.message) from error

    def clean_tail(self) -> str:
        tail = unicodedata.normalize("NFKC", self.cleaned_data["tail"]).strip()
        if len(tail) != TAIL or not (tail.isascii() and tail.isdigit()):
            raise ValidationError(_("Enter four digits."))
        return tail
