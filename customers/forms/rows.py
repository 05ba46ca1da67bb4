"""The rows of imported files: the fields and checks of the pages, each fact for itself."""

from collections import defaultdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.tenancy.scope import current_tenant
from customers.contact_points import MAX_LENGTH, BadContactPoint, home_country, normalised
from customers.enums import ContactPointKind
from customers.forms.addresses import AddressForm
from customers.forms.contacts import ContactForm
from customers.forms.customers import CreateCustomerForm
from customers.numbers import BadNumber, clean_number


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
    """A customer as a file tells of it. That there is a name is asked when it is known whether it is a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].required = False
        self.fields["account_manager"] = StaffField(label=_("Account manager"), max_length=254, required=False)

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class RowOfCustomer(forms.Form):
    """A row that names its customer by number."""

    customer_number = forms.CharField(label=_("Customer number"), max_length=40)

    def clean_customer_number(self) -> str:
        try:
            return clean_number(self.cleaned_data["customer_number"])
        except BadNumber as error:
            raise ValidationError(error.message) from error


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


class ContactRowForm(RowOfCustomer):
    """A contact with the ways to be reached that files have columns for."""

    name = ContactForm.base_fields["name"]
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
