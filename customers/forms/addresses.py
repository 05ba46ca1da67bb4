from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Address

SHOWN = ("label", "region", "city", "postal_code", "is_primary")


class AddressForm(forms.Form):
    label = forms.CharField(label=_("Label"), max_length=100, required=False, help_text=_("Such as warehouse."))
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    street = forms.CharField(label=_("Street, house and unit"), max_length=300)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    is_primary = forms.BooleanField(
        label=_("Primary address"), required=False, help_text=_("Takes the place of the one before.")
    )


class UpdateAddressForm(AddressForm):
    """An address; the stored street is never sent to the browser, only its masked form."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, address: Address, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        street = self.fields["street"]
        street.required = False
        street.widget.attrs["placeholder"] = address.masked_street
        street.help_text = _("Recorded. Leave it empty to keep what is stored.")

    def show_stored(self, address: Address) -> None:
        """Say beside each field what is stored now, and let the next save replace that version."""
        for name in SHOWN:
            stored = getattr(address, name)
            if self.cleaned_data[name] != stored:
                words = (gettext("Yes") if stored else gettext("No")) if name == "is_primary" else stored
                self[name].help_text = format_html(gettext("Stored now: {}"), words or "–")
        if self.cleaned_data["street"]:
            self["street"].help_text = format_html(gettext("Stored now: {}"), address.masked_street)
        self.data = self.data.copy()
        self.data["version"] = address.version
