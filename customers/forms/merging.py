from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.crypto.fields import readable
from core.crypto.masking import mask_name
from customers.enums import Channel, CustomerKind
from customers.models import Customer
from customers.numbers import BadNumber, spellings
from customers.services.merging import Fact

KEPT, ABSORBED = "kept", "absorbed"
WORDS = {"kind": dict(CustomerKind.choices), "preferred_channel": dict(Channel.choices)}


class OtherCustomerForm(forms.Form):
    """Which customer is the same as this one."""

    other = forms.CharField(label=gettext_lazy("Number of the customer that is the same"), max_length=40)

    def clean_other(self) -> Customer:
        found = Customer.objects.select_related("account_manager", "group", "referrer").filter(
            number__in=_spelled(self.cleaned_data["other"])
        )
        customer = found.first()
        if customer is None:
            raise forms.ValidationError(_("No customer has this number."))
        return customer


class MergeForm(forms.Form):
    """One choice for each fact in which the two differ."""

    def __init__(self, *args: Any, kept: Customer, absorbed: Customer, facts: Sequence[Fact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, customer in (("kept_version", kept), ("absorbed_version", absorbed)):
            self.fields[name] = forms.IntegerField(widget=forms.HiddenInput, initial=customer.version)
        for fact in facts:
            self.fields[fact.name] = forms.ChoiceField(
                label=fact.label,
                choices=[
                    (KEPT, f"{kept.number}: {_shown(kept, fact, fact.kept)}"),
                    (ABSORBED, f"{absorbed.number}: {_shown(absorbed, fact, fact.absorbed)}"),
                ],
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                initial=KEPT if fact.kept else ABSORBED,
            )

    @property
    def versions(self) -> tuple[int, int]:
        """The versions of the two that were looked at."""
        return self.cleaned_data["kept_version"], self.cleaned_data["absorbed_version"]

    def show_stored(self, kept: Customer, absorbed: Customer) -> None:
        """Take what is stored now as looked at."""
        self.data = {**self.data.dict(), "kept_version": kept.version, "absorbed_version": absorbed.version}

    @property
    def taken(self) -> list[str]:
        """The names of the facts to have from the customer that goes."""
        return [name for name, choice in self.cleaned_data.items() if choice == ABSORBED]


def _spelled(number: str) -> list[str]:
    try:
        return spellings(number)
    except BadNumber:
        return []


def _shown(customer: Customer, fact: Fact, value: Any) -> str:
    if not value:
        return "–"
    if fact.name == "person_name":
        return mask_name(readable(customer, "person_name") or "")
    if fact.is_personal:
        return _("Recorded, hidden")
    return str(WORDS.get(fact.name, {}).get(value, value))
