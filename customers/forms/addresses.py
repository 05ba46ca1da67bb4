from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.records import RecordForm
from customers.forms.fields import NameField
from customers.models import Address, Customer

SHOWN = ("label", "region", "city", "postal_code", "is_primary")


class AddressForm(forms.Form):
    label = NameField(label=_("Label"), max_length=100, required=False, help_text=_("Such as warehouse."))
    region = NameField(label=_("Region"), max_length=100, required=False)
    city = NameField(label=_("City"), max_length=100, required=False)
    street = NameField(label=_("Street, house and unit"), max_length=300)
    postal_code = NameField(label=_("Postal code"), max_length=20, required=False)
    is_primary = forms.BooleanField(
        label=_("Primary address"), required=False, help_text=_("Takes the place of the one before.")
    )


class UpdateAddressForm(RecordForm, AddressForm):
    """An address; the stored street is never sent to the browser, only its masked form."""

    told_by = ("address.updated",)

    def __init__(self, *args: Any, record: Address, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        street = self.fields["street"]
        street.required = False
        street.widget.attrs["placeholder"] = record.masked_street
        street.help_text = _("Recorded. Leave it empty to keep what is stored.")

    def stored(self) -> dict[str, Any]:
        return {name: getattr(self.record, name) for name in SHOWN}

    def masked(self) -> dict[str, tuple[str, str]]:
        return {"street": (self.record.street, self.record.masked_street)}

    @property
    def told_of(self) -> Customer:
        return self.record.customer
