"""The rows of imported files: the fields and checks of the pages, each fact for itself."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.imports.texts import NO, YES, NeitherYesNorNo, meaning_of_choices
from core.tenancy.scope import current_tenant
from customers.contact_points import MAX_LENGTH, BadContactPoint, home_country, normalised
from customers.enums import ContactPointKind, InvoiceRule, NeedKind
from customers.forms.addresses import AddressForm, countries_to_choose
from customers.forms.contacts import ContactForm
from customers.forms.custom_fields import PREFIX
from customers.forms.customers import CreateCustomerForm
from customers.forms.fields import NameField
from customers.forms.needs import FIELDS
from customers.needs.days import days_named
from customers.needs.kinds import BadNeed, checked_details
from customers.numbers import BadNumber, clean_number

NO_WINDOW = _("“%(text)s” is no time window. Write it such as Mon-Fri 09:00-12:00, and several with semicolons.")

Details = dict[str, Any] | list[dict[str, Any]] | None

HAZARD = re.compile(r"(?:un|class|第)?\s*([1-9])(?:\s*类.*)?")
CLOCK = r"([0-9]{1,2}(?:[:.][0-9]{2})?)"
HOURS = re.compile(CLOCK + r"\s*(?:-|–|—|~|to|至|到)\s*" + CLOCK)
OCLOCK = re.compile(r"([0-9]{1,2})\s*[点时](半)?")
PARTED = re.compile(r"\s*[;|\n]\s*")
DEGREES = re.compile(r"(-?[0-9]{1,3})\s*°?c?\s*(?:-|–|~|/|to|至|到)\s*(-?[0-9]{1,3})\s*°?c?")
FLOOR = re.compile(r"([0-9]{1,3})\s*(?:f|楼|层)?")


class StaffField(forms.CharField):
    """Somebody who works here, by e-mail or by a name that only one has."""

    @cached_property
    def _people(self) -> dict[str, list[User]]:
        people = defaultdict(list)
        for user in User.objects.filter(is_active=True):
            people[user.email.casefold()].append(user)
            people[user.name.casefold()].append(user)
        return people

    def clean(self, value: Any) -> User | None:
        text = super().clean(value).casefold()
        if not text:
            return None
        found = self._people.get(text, [])
        if len(found) != 1:
            raise ValidationError(
                _("Several people here have this name. Write the e-mail address.")
                if found
                else _("Nobody who works here has this name or e-mail address.")
            )
        return found[0]


class CustomerRowForm(CreateCustomerForm):
    """A customer as a file tells of it.

    That there is a name and what is required is asked when it is known whether it is a new one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.custom_fields:
            self.fields[PREFIX + field.key].required = False
        self.fields["kind"].required = False
        # By it a row finds the customer that is there.
        self.fields["number"].required = True
        self.fields["account_manager"] = StaffField(label=_("Account manager"), max_length=254, required=False)

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class PointField(forms.CharField):
    """A way to be reached of one kind, as it is stored."""

    def __init__(self, *, kind: ContactPointKind, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(max_length=MAX_LENGTH, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            country = home_country(current_tenant().time_zone)
            return normalised(self.kind, text, country=country) if text else text
        except BadContactPoint as error:
            raise ValidationError(error.message) from error


class CustomerWithPartsRowForm(CustomerRowForm):
    """A customer with the contact and the address that stand in the same row."""

    contact_name = NameField(label=_("Contact's name"), max_length=100, required=False)
    contact_position = NameField(label=_("Contact's position"), max_length=100, required=False)
    phone = PointField(label=_("Phone"), kind=ContactPointKind.PHONE)
    other_phone = PointField(label=_("Another phone"), kind=ContactPointKind.PHONE)
    email = PointField(label=_("E-mail"), kind=ContactPointKind.EMAIL)
    wechat = PointField(label=_("WeChat"), kind=ContactPointKind.WECHAT)
    street = NameField(label=_("Address"), max_length=300, required=False)
    address_country = forms.ChoiceField(label=_("Country of the address"), choices=countries_to_choose, required=False)
    address_region = NameField(label=_("Province of the address"), max_length=100, required=False)
    city = NameField(label=_("City"), max_length=100, required=False)
    district = NameField(label=_("District"), max_length=100, required=False)
    postal_code = NameField(label=_("Postal code"), max_length=20, required=False)


class RowOfCustomer(forms.Form):
    """A row that names its customer by number."""

    customer_number = forms.CharField(label=_("Customer number"), max_length=40)

    def clean_customer_number(self) -> str:
        try:
            return clean_number(self.cleaned_data["customer_number"])
        except BadNumber as error:
            raise ValidationError(error.message) from error


class ContactRowForm(RowOfCustomer):
    """A contact with the ways to be reached that files have columns for.

    Where a file has a column for the given name, what is called name is the family name.
    """

    name = ContactForm.base_fields["name"]
    given_name = NameField(label=_("Given name"), max_length=100, required=False)
    position = ContactForm.base_fields["position"]
    is_primary = ContactForm.base_fields["is_primary"]
    phone = PointField(label=_("Phone"), kind=ContactPointKind.PHONE)
    other_phone = PointField(label=_("Another phone"), kind=ContactPointKind.PHONE)
    email = PointField(label=_("E-mail"), kind=ContactPointKind.EMAIL)
    wechat = PointField(label=_("WeChat"), kind=ContactPointKind.WECHAT)


class AddressRowForm(RowOfCustomer, AddressForm):
    """An address of a customer. Whether its parts belong together is said as a warning, when all of them are known."""

    field_order = ("customer_number",)

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class DetailsField(forms.CharField):
    """Needs of one kind in the words of a file; cleaned into the details of each, or None where there is none."""

    def __init__(self, *, kind: NeedKind, read: Callable[[str], Details], letters: int = 100, **kwargs: Any) -> None:
        self.kind, self.read = kind, read
        super().__init__(label=kind.label, max_length=letters, required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]] | None:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip().casefold()
        if not text:
            return None
        try:
            details = self.read(text)
            if details is None:
                return None
            each = details if isinstance(details, list) else [details]
            return [checked_details(self.kind, one) for one in each]
        except BadNeed as error:
            raise ValidationError(error.message) from error


def _yes_or_no(text: str) -> dict[str, Any] | None:
    if text not in YES | NO:
        raise ValidationError(NeitherYesNorNo.message)
    return {} if text in YES else None


def _class_or_yes(text: str) -> dict[str, Any] | None:
    known = HAZARD.fullmatch(text)
    return {"hazard_class": known[1]} if known else _yes_or_no(text)


def _degrees(text: str) -> dict[str, Any] | None:
    if text in NO:
        return None
    known = DEGREES.fullmatch(text)
    if known is None:
        raise ValidationError(_("Write the temperatures such as 2 to 8."))
    return {"from_degree": int(known[1]), "to_degree": int(known[2])}


def _floor(text: str) -> dict[str, Any] | None:
    known = FLOOR.fullmatch(text)
    return None if text in NO else {"floor": int(known[1]) if known else 0}


def _language(text: str) -> dict[str, Any] | None:
    return {"language": meaning_of_choices(FIELDS["language"]())(text)}


def _rule(text: str) -> dict[str, Any] | None:
    return {"rule": meaning_of_choices(InvoiceRule)(text)}


def _windows(text: str) -> list[dict[str, Any]] | None:
    if text in NO:
        return None
    return [window for part in PARTED.split(text) if part for window in _windows_of(part)]


def _windows_of(text: str) -> Iterator[dict[str, Any]]:
    """Yield the windows of some days, of which there may be several, such as before and after noon."""
    text = OCLOCK.sub(lambda found: f"{found[1]}:{'30' if found[2] else '00'}", text)
    first = HOURS.search(text)
    days = days_named(text[: first.start()]) if first else None
    if first is None or days is None or HOURS.sub("", text[first.start() :]).strip(" ,、和&"):
        raise ValidationError(NO_WINDOW, params={"text": text})
    for opens, closes in HOURS.findall(text, first.start()):
        yield {"days": days, "opens": _clock(opens), "closes": _clock(closes)}


def _clock(text: str) -> str:
    hour, _colon, minute = text.replace(".", ":").partition(":")
    return f"{int(hour):02}:{minute or '00'}"


class NeedsRowForm(RowOfCustomer):
    """What a customer needs, each kind in a column of its own; of time windows there may be several in a cell."""

    fragile = DetailsField(kind=NeedKind.FRAGILE, read=_yes_or_no)
    dangerous = DetailsField(kind=NeedKind.DANGEROUS, read=_class_or_yes)
    cold_chain = DetailsField(kind=NeedKind.COLD_CHAIN, read=_degrees)
    floor = DetailsField(kind=NeedKind.FLOOR, read=_floor)
    language = DetailsField(kind=NeedKind.LANGUAGE, read=_language)
    invoice = DetailsField(kind=NeedKind.INVOICE, read=_rule)
    time_window = DetailsField(kind=NeedKind.TIME_WINDOW, read=_windows, letters=300)
