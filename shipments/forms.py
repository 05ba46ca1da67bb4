from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext

from shipments.models import ShipmentPolicy
from shipments.services.policies import HOURS
from shipments.words import HELP, RULES, hours_in_words


class ShipmentPolicyForm(forms.Form):
    """When the clock finds a shipment late or silent."""

    replaces = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in HOURS.items():
            self.fields[name] = forms.IntegerField(
                label=RULES[name], min_value=least, max_value=most, help_text=HELP[name]
            )

    def show_in_force(self, policy: ShipmentPolicy) -> None:
        """Say beside each field that differs what is in force now."""
        for name in RULES:
            if self.cleaned_data.get(name) != getattr(policy, name):
                words = hours_in_words(getattr(policy, name))
                self[name].help_text = format_html(gettext("In force now: {}"), words)


def policy_initial(policy: ShipmentPolicy) -> Mapping[str, Any]:
    """Return what stands in the form of the policy in force."""
    return {**{name: getattr(policy, name) for name in RULES}, "replaces": policy.version}
