"""Choosing a customer in a form: by its number, or by whatever the search finds it by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.numbers import spellings

LONGEST_NUMBER = 40


class CustomerInput(forms.TextInput):
    """An input for a customer's number that offers the customers found for what is typed instead."""

    template_name = "customers/widgets/customer_picker.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        attrs = {**(attrs or {})}
        hits_id = f"{attrs.get('id', name)}-hits"
        combobox = {"role": "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": hits_id}
        quiet = {
            "placeholder": gettext("Number, name or phone"),
            "autocomplete": "off",
            "spellcheck": "false",
            "data-picks": True,
        }
        context = super().get_context(name, value, {**attrs, **combobox, **quiet})
        context["widget"]["hits_id"] = hits_id
        return context


class CustomerField(forms.CharField):
    """A customer. What is sent, and kept in a draft, is the number."""

    widget = CustomerInput
    default_error_messages = {"unknown": _("No customer has this number.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Customer"), max_length=LONGEST_NUMBER, **kwargs)

    def clean(self, value: Any) -> Customer | None:
        number = super().clean(value)
        if not number:
            return None
        customer = Customer.objects.filter(number__in=spellings(number)).first()
        if customer is None:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return customer
