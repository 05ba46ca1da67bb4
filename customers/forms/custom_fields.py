from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.custom_fields import MAX_CHOICES, MAX_DIGITS, MAX_FILTERED, MAX_PLACES, MAX_TEXT_LENGTH
from customers.enums import CustomFieldKind
from customers.forms.fields import LinesField
from customers.models import CustomField

PREFIX = "custom_"


def value_fields(fields: Iterable[CustomField], stored: Mapping[str, str]) -> dict[str, forms.Field]:
    """Return a form field for each of the tenant's own fields, by its name in the form."""
    return {PREFIX + field.key: _value_field(field, stored.get(field.key, "")) for field in fields}


def _value_field(field: CustomField, stored: str) -> forms.Field:
    common: dict[str, Any] = {"label": field.label, "required": field.is_required, "initial": stored}
    if field.kind == CustomFieldKind.NUMBER:
        return forms.DecimalField(**common, max_digits=MAX_DIGITS, decimal_places=MAX_PLACES)
    if field.kind == CustomFieldKind.DATE:
        date_input = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(**common, input_formats=["%Y-%m-%d"], widget=date_input)
    if field.kind == CustomFieldKind.CHOICE:
        options = [*field.choices] if stored in ("", *field.choices) else [*field.choices, stored]
        return forms.ChoiceField(**common, choices=[("", _("None")), *((option, option) for option in options)])
    return forms.CharField(**common, max_length=MAX_TEXT_LENGTH)


class UpdateCustomFieldForm(forms.Form):
    """What may change of one of the tenant's own fields."""

    label = forms.CharField(
        label=_("Label"),
        max_length=100,
        help_text=_(
            "Stands on the customer's page. Not for personal data such as names, phones or ID numbers: what is kept"
            " here is stored unencrypted and shown to everybody who sees customers."
        ),
    )
    choices = LinesField(
        label=_("Options"),
        max_length=6000,
        required=False,
        help_text=format_lazy(_("For a choice only: one option a line, at most {most}."), most=MAX_CHOICES),
    )
    order = forms.IntegerField(
        label=_("Order on the page"),
        min_value=0,
        max_value=1000,
        initial=100,
        help_text=_("Fields stand in ascending order."),
    )
    is_required = forms.BooleanField(
        label=_("Required"),
        required=False,
        help_text=_(
            "Nobody opens or edits a customer by form without it, nor brings in a new one. Customers who are here"
            " without it stay, and data quality names them."
        ),
    )
    is_filtered = forms.BooleanField(
        label=_("Offered as a filter"),
        required=False,
        help_text=format_lazy(
            _(
                "The list of customers is filtered by it: by equal texts and choices, by ranges of numbers and days."
                " At most {most} fields."
            ),
            most=MAX_FILTERED,
        ),
    )


class AddCustomFieldForm(UpdateCustomFieldForm):
    key = forms.CharField(
        label=pgettext_lazy("name for programs", "Key"),
        max_length=40,
        help_text=_("Names the field in the API and in files, such as contract_type; it cannot be changed later."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=CustomFieldKind.choices, help_text=_("It cannot be changed later.")
    )
    field_order = ("label", "key", "kind", "choices", "order", "is_required", "is_filtered")
