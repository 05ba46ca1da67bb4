from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.records import RecordForm
from customers.divisions import COUNTRY as CHINA
from customers.divisions import Division, PlaceMismatch, cities_of, districts_of, find, regions
from customers.forms.fields import NameField
from customers.models import Address, Customer
from customers.places import Place, countries, country_at_home, lacks_place, settle

SHOWN = ("label", "country", "region", "city", "district", "postal_code", "is_primary")
PARTS = ("country", "region", "city", "district", "street")


def countries_to_choose() -> list[tuple[str, str]]:
    return [("", "–"), *countries().items()]


class AddressForm(forms.Form):
    """An address; in China a whole line may stand as the street, and the names of divisions are offered."""

    country = forms.ChoiceField(
        label=_("Country"), choices=countries_to_choose, required=False, initial=country_at_home
    )
    street = NameField(
        label=_("Street, house and unit"),
        max_length=300,
        help_text=_("Or the whole address: province, city and district are taken from it where they are sure."),
    )
    region = NameField(label=_("Province or region"), max_length=100, required=False)
    city = NameField(label=_("City"), max_length=100, required=False)
    district = NameField(label=_("District"), max_length=100, required=False)
    postal_code = NameField(label=_("Postal code"), max_length=20, required=False)
    label = NameField(label=_("Label"), max_length=100, required=False, help_text=_("Such as warehouse."))
    is_primary = forms.BooleanField(
        label=_("Primary address"), required=False, help_text=_("Takes the place of the one before.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("region", "city", "district"):
            self.fields[name].widget.attrs |= {"list": f"known-{name}", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = {name: cleaned.get(name) or "" for name in PARTS}
        try:
            place = settle(Place(**{**given, "country": given["country"] or country_at_home()}))
        except PlaceMismatch as error:
            self.add_error(error.field, str(error.message))
            return cleaned
        return cleaned | {name: value for name, value in asdict(place).items() if name in cleaned}

    def lacks_place(self) -> bool:
        """Say whether of the address in China that was typed nothing is known but the street."""
        facts = {name: self.cleaned_data[name] for name in PARTS}
        return lacks_place(Place(**{**facts, "country": facts["country"] or country_at_home()}))

    def known_divisions(self) -> dict[str, Sequence[Division]]:
        """Return what is offered for each part, as far as the parts above it say; nothing outside China."""
        region, city, country = (self[name].value() or "" for name in ("region", "city", "country"))
        if country != CHINA:
            return {}
        above = find(region=region, city="", district="")
        try:
            place = find(region=region, city=city, district="")
        except PlaceMismatch:
            place = None
        return {
            "region": regions(),
            "city": [each for region in ([above] if above else regions()) for each in cities_of(region)],
            "district": districts_of(place) if place and place.city else (),
        }


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

    def lacks_place(self) -> bool:
        """Say so only of a place that is not stored like that already."""
        cleaned = self.cleaned_data
        names = ("country", "region", "city", "district")
        is_new = bool(cleaned["street"]) or any(cleaned[name] != getattr(self.record, name) for name in names)
        return is_new and super().lacks_place()
