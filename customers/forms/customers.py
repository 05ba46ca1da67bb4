from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.crypto.masking import mask_name
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.reading_order import NamedChoiceField
from core.web.records import RecordForm
from customers.birthdays import may_be_birthday
from customers.consents.preferring import against_preferred
from customers.duplicates import Newcomer
from customers.enums import Channel, CustomerKind
from customers.first_contact import PointsForm
from customers.forms.custom_fields import PREFIX, value_fields
from customers.forms.fields import (
    HIDDEN,
    GroupField,
    NameField,
    PersonalDateField,
    PersonalNameField,
    PersonalTextField,
    RemovableDateInput,
    RemovableTextarea,
    Removal,
    TagsField,
)
from customers.models import Customer, CustomField
from customers.numbers import BadNumber, clean_number
from customers.querysets import suggested_region

PERSONAL = ("person_name", "birthday", "special_needs")
# What may be shown as it is.
SHOWN = (
    "kind",
    "company_name",
    "industry",
    "region",
    "source",
    "account_manager",
    "preferred_channel",
    "preferred_language",
    "tags",
)
ENTER_THE_NAME = _("Enter the name.")


class CustomerFactsForm(forms.Form):
    """What is kept of a customer, but for its number."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices)
    company_name = NameField(label=_("Company name"), max_length=200, required=False)
    person_name = PersonalNameField(label=_("Name of the person"), max_length=100, required=False)
    birthday = PersonalDateField(
        label=_("Birthday"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=RemovableDateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    industry = NameField(label=_("Industry"), max_length=100, required=False)
    region = NameField(label=_("Region"), max_length=100, required=False)
    source = NameField(label=_("Source"), max_length=100, required=False)
    referrer = forms.CharField(
        label=_("Referrer"),
        max_length=40,
        required=False,
        help_text=_("The number of the customer that brought this one."),
    )
    group = GroupField(
        label=_("Group"),
        required=False,
        help_text=_("The concern that it belongs to. A new name makes a new group."),
    )
    account_manager = NamedChoiceField(label=_("Account manager"), queryset=None, required=False, empty_label=_("None"))
    preferred_channel = forms.ChoiceField(
        label=_("Preferred channel"), choices=[("", _("None")), *Channel.choices], required=False
    )
    preferred_language = forms.ChoiceField(
        label=_("Preferred language"), choices=[("", _("None")), *settings.LANGUAGES], required=False
    )
    tags = TagsField(label=_("Tags"), max_length=1000, required=False, help_text=_("Separated by commas."))
    special_needs = PersonalTextField(
        label=_("Notes on needs"),
        max_length=2000,
        required=False,
        widget=RemovableTextarea,
        help_text=_("What no kind of special need can say."),
    )

    def __init__(self, *args: Any, custom_fields: Sequence[CustomField] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom_fields = custom_fields
        self.fields.update(value_fields(custom_fields, self.stored_custom_values()))
        self.fields["account_manager"].queryset = User.objects.filter(is_active=True).order_by("name", "id")

    def stored_custom_values(self) -> dict[str, str]:
        return {}

    def clean_birthday(self) -> str:
        birthday = self.cleaned_data["birthday"]
        if isinstance(birthday, Removal):
            return birthday
        today = local_date(timezone.now(), current_tenant().time_zone)
        if birthday and not may_be_birthday(birthday, today=today):
            raise ValidationError(_("Enter a date from 1900 to today."))
        return birthday.isoformat() if birthday else ""

    def clean_referrer(self) -> str:
        return _cleaned_number(self.cleaned_data["referrer"])

    @property
    def facts(self) -> dict[str, Any]:
        """What the services take: the facts, the custom values by key."""
        facts = {name: value for name, value in self.cleaned_data.items() if not name.startswith(PREFIX)}
        facts["custom_values"] = {field.key: self.cleaned_data[PREFIX + field.key] for field in self.custom_fields}
        return facts


class CreateCustomerForm(CustomerFactsForm):
    number = forms.CharField(
        label=_("Customer number"),
        max_length=40,
        required=False,
        help_text=_("As it stands on the shipments; it cannot be changed later. Empty: the next of ours."),
    )
    field_order = ("number",)
    # What only customers of one kind have; the style sheet hides it while another kind is chosen.
    OF_KIND = {
        CustomerKind.COMPANY: ("company_name",),
        CustomerKind.INDIVIDUAL: ("person_name", "birthday"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, names in self.OF_KIND.items():
            for name in names:
                self.fields[name].widget.attrs["data-of-kind"] = kind

    def clean_number(self) -> str:
        return _cleaned_number(self.cleaned_data["number"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for kind, names in self.OF_KIND.items():
            if cleaned.get("kind") not in (None, kind):
                # Typed before another kind was chosen, and hidden since.
                cleaned |= dict.fromkeys(names, "")
        name = _name_field(cleaned.get("kind"))
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, ENTER_THE_NAME)
        return cleaned


class NewCustomerForm(PointsForm, CreateCustomerForm):
    """A customer as somebody opens its archive by hand, with whoever is to be reached first."""

    contact_name = PersonalNameField(
        label=_("First contact"), max_length=100, required=False, help_text=_("Who speaks for the company.")
    )
    field_order = ("number", "kind", "company_name", "person_name", "birthday", "contact_name", "phone", "email")
    OF_KIND = {**CreateCustomerForm.OF_KIND, CustomerKind.COMPANY: ("company_name", "contact_name")}

    @property
    def newcomer(self) -> Newcomer:
        """What is compared with the archive."""
        points = [(point.kind, point.value) for point in self.points]
        return Newcomer(self.cleaned_data["company_name"], self.cleaned_data["person_name"], points)

    @property
    def facts(self) -> dict[str, Any]:
        facts = {name: value for name, value in super().facts.items() if name not in PointsForm.base_fields}
        return {**facts, "points": self.points}


class UpdateCustomerForm(RecordForm, CustomerFactsForm):
    """The facts of one customer; stored personal data is never sent to the browser, only its masked form."""

    def __init__(self, *args: Any, record: Customer, may_assign: bool, sees_consents: bool, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        self.fields["preferred_channel"].help_text = _when_shown(against_preferred, record, sees_consents=sees_consents)
        self.fields["account_manager"].queryset = User.objects.filter(
            Q(is_active=True) | Q(pk=record.account_manager_id)
        ).order_by("name", "id")
        for name, (_value, placeholder) in self.masked().items():
            if placeholder:
                self.fields[name].offer_removal(placeholder)
        if not may_assign:
            self.leave_out("account_manager")
        if not record.region:
            self.fields["region"].help_text = _when_shown(_offered_region, record)

    def stored(self) -> dict[str, Any]:
        own = {PREFIX + field.key: self.record.custom_values.get(field.key, "") for field in self.custom_fields}
        group, referrer = self.record.group, self.record.referrer
        linked = {"group": group.name if group else "", "referrer": referrer.number if referrer else ""}
        return {**{name: getattr(self.record, name) for name in SHOWN}, **linked, **own}

    def masked(self) -> dict[str, tuple[str | None, str]]:
        customer = self.record
        return {
            "person_name": (customer.person_name, mask_name(customer.person_name or "")),
            "birthday": (customer.birthday, HIDDEN if customer.birthday else ""),
            "special_needs": (customer.special_needs, HIDDEN if customer.special_needs else ""),
        }

    def name_in_trail(self, name: str) -> str:
        return "custom_values" if name.startswith(PREFIX) else name

    def clean(self) -> dict[str, Any]:
        """A customer that has a name keeps one; an archive that shipments opened may go on without."""
        cleaned = super().clean() or self.cleaned_data
        name = _name_field(cleaned.get("kind"))
        stored, given = getattr(self.record, name), cleaned.get(name)
        is_kept = bool(stored) and name in PERSONAL and not isinstance(given, Removal)
        was_without = cleaned.get("kind") == self.record.kind and not stored
        if not given and not is_kept and not was_without and name not in self.errors:
            self.add_error(name, ENTER_THE_NAME)
        return cleaned

    def stored_custom_values(self) -> dict[str, str]:
        return self.record.custom_values

    @property
    def facts(self) -> dict[str, Any]:
        """Besides the facts, which of the personal ones are to be removed."""
        facts = super().facts
        facts["remove"] = [name for name in PERSONAL if isinstance(facts[name], Removal)]
        return facts


def _when_shown(words: Callable[..., str], *args: Any, **kwargs: Any) -> Promise:
    """Return words that ask where their field is shown, not for every fact that is edited in place, and ask once."""
    return lazy(cache(words), str)(*args, **kwargs)


def _offered_region(customer: Customer) -> str:
    region = suggested_region(customer)
    if not region:
        return ""
    return format_html(
        '{} <button class="btn btn-sm" type="button" data-fill="region" value="{}">{}</button>',
        _("Of the primary address:"),
        region,
        region,
    )


def _cleaned_number(text: str) -> str:
    try:
        return clean_number(text)
    except BadNumber as error:
        raise ValidationError(error.message) from error


def _name_field(kind: str | None) -> str:
    return "person_name" if kind == CustomerKind.INDIVIDUAL else "company_name"
