from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department
from core.web.reading_order import NamedChoiceField
from customers.models import Customer
from customers.numbers import spellings
from customers.picking import CustomerField
from service_requests.enums import RequestKind, WaitsFor
from service_requests.models import ServicePolicy
from service_requests.policies import MOST_HOURS, TIERS
from service_requests.querysets import workers
from service_requests.services.opening import LONGEST_TEXT
from shipments.models import Shipment


class ChargeForm(forms.Form):
    """Who is in charge."""

    department = NamedChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))
    assignee = NamedChoiceField(
        label=_("In charge"), queryset=None, required=False, empty_label=_("Nobody yet: who takes it")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.open().order_by("name")
        self.fields["assignee"].queryset = workers()


class OpenRequestForm(ChargeForm):
    """A wish, of the customer whose page it comes from, or whose number or waybill is typed."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RequestKind.choices)
    waybill = forms.CharField(
        label=_("Waybill number"), required=False, max_length=40, help_text=_("If it is about a parcel.")
    )
    number = CustomerField(required=False, help_text=_("Empty: the customer of the waybill."))
    text = forms.CharField(
        label=_("What the customer wishes"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
    field_order = ("kind", "waybill", "number", "text", "department", "assignee")

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.shipment: Shipment | None = None
        if customer is not None:
            del self.fields["number"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if waybill := cleaned.get("waybill"):
            self._find_shipment(waybill)
        if chosen := cleaned.get("number"):
            self.customer = chosen
        elif self.customer is None and self.shipment is not None:
            self.customer = self.shipment.customer
        elif self.customer is None and not self.errors:
            self.add_error("number", _("Choose the customer, or enter a waybill above."))
        return cleaned

    def _find_shipment(self, waybill: str) -> None:
        found = Shipment.objects.filter(waybill_number__in=spellings(waybill)).select_related("customer")
        self.shipment = found.first()
        if self.shipment is None:
            self.add_error("waybill", _("There is no shipment of this waybill."))

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("kind", "text", "department", "assignee")
        given = {name: self.cleaned_data[name] for name in names}
        return {**given, "customer": self.customer, "shipment": self.shipment}


class WaitForm(forms.Form):
    waits_for = forms.ChoiceField(
        label=_("Waits for"), choices=WaitsFor.choices, help_text=_("Until you go on, the deadline rests.")
    )


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label=_("What came of it"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )


class DeclineForm(forms.Form):
    outcome = forms.CharField(
        label=_("Why it is declined"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )


class DatesField(forms.CharField):
    """Days, each on a line of its own as 2026-10-01."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[date]:
        days = []
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            try:
                days.append(date.fromisoformat(line))
            except ValueError:
                message = _("“%(text)s” is no day, such as 2026-10-01.")
                raise ValidationError(message, params={"text": line[:40]}) from None
        return days


def _time(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, input_formats=["%H:%M"], help_text=help_text)


class PolicyForm(forms.Form):
    """When the company works, and how many working hours each kind of request may take for each tier."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        coerce=int,
        choices=[(day + 1, words) for day, words in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    opens_at = _time(_("From"))
    closes_at = _time(_("Until"), _("00:00 is midnight at the end of the day."))
    holidays = DatesField(label=_("Holidays"), required=False, help_text=_("One day a line, such as 2026-10-01."))
    extra_days = DatesField(
        label=_("Extra working days"), required=False, help_text=_("Such as a Sunday before a long holiday.")
    )
    replaces = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in RequestKind:
            for tier, label in TIERS.items():
                self.fields[f"{kind}-{tier}"] = forms.IntegerField(
                    label=f"{kind.label}, {label}", min_value=1, max_value=MOST_HOURS
                )

    @property
    def general(self) -> list[forms.BoundField]:
        return [self[name] for name in ("days", "opens_at", "closes_at", "holidays", "extra_days")]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, forms.BoundField]]]]:
        """The deadlines: for each kind those of the tiers, with what these are called."""
        return [
            (kind.label, [(label, self[f"{kind}-{tier}"]) for tier, label in TIERS.items()]) for kind in RequestKind
        ]

    @property
    def rules(self) -> dict[str, Any]:
        names = ("days", "opens_at", "closes_at", "holidays", "extra_days", "replaces")
        hours = {kind.value: {str(tier): self.cleaned_data[f"{kind}-{tier}"] for tier in TIERS} for kind in RequestKind}
        return {**{name: self.cleaned_data[name] for name in names}, "hours": hours}

    def show_in_force(self, policy: ServicePolicy) -> None:
        """Say beside each field that differs what is in force now."""
        for name, stored in policy_initial(policy).items():
            if name != "replaces" and self.cleaned_data.get(name) != stored:
                said = self.fields[name].prepare_value(stored)
                words = ", ".join(map(str, said)) if isinstance(said, list) else str(said).replace("\n", ", ")
                self[name].help_text = format_html(gettext("In force now: {}"), words or "–")


def policy_initial(policy: ServicePolicy) -> Mapping[str, Any]:
    """Return what stands in the form of the policy in force."""
    names = ("days", "opens_at", "closes_at", "holidays", "extra_days")
    hours = {f"{kind}-{tier}": value for kind, by_tier in policy.hours.items() for tier, value in by_tier.items()}
    return {**{name: getattr(policy, name) for name in names}, **hours, "replaces": policy.version}
