from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.picking import CustomerField
from service_plans.enums import ItemKind
from service_plans.models import PlanItem
from service_plans.services.writing import FACTS, LONGEST_TEXT
from shipments.enums import Packaging

# What is asked of an item besides its words, by its kind.
ASKED: dict[str, tuple[str, ...]] = {
    ItemKind.PRODUCT: ("product", "target_percent"),
    ItemKind.PICKUP: ("picked_up_from", "picked_up_until", "target_percent"),
    ItemKind.PACKAGING: ("packaging", "target_percent"),
    ItemKind.ROUTE: ("origin_city", "destination_city", "most_hours", "target_percent"),
}


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], help_text=help_text)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, input_formats=["%H:%M"], required=False)


class DatesForm(forms.Form):
    """When a plan holds."""

    starts_on = _day(_("Holds from"))
    ends_on = _day(_("Holds until"), _("The last day on which it holds."))
    remind_days = forms.IntegerField(
        label=_("Days before the end to remind of renewal"),
        min_value=0,
        max_value=365,
        initial=30,
        help_text=_("A follow-up for the account manager is opened then, unless the next edition was begun."),
    )


class CreatePlanForm(DatesForm):
    """A plan, of the customer whose page it comes from or whose number is typed."""

    number = CustomerField()
    field_order = ("number", "starts_on", "ends_on", "remind_days")

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        if customer is not None:
            del self.fields["number"]

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("starts_on", "ends_on", "remind_days")
        customer = self.customer or self.cleaned_data["number"]
        return {"customer": customer, **{name: self.cleaned_data[name] for name in names}}


class ItemForm(forms.Form):
    """An item of one kind: its words and, for some kinds, what is measured. A stored text is shown as it is hidden."""

    text = forms.CharField(
        label=_("What is agreed"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer reads this on the shared page."),
    )
    product = forms.CharField(
        label=_("Service product"), required=False, max_length=60, help_text=_("Empty: all products.")
    )
    origin_city = forms.CharField(label=_("From city"), required=False, max_length=100)
    destination_city = forms.CharField(label=_("To city"), required=False, max_length=100)
    most_hours = forms.IntegerField(label=_("Delivered within hours"), required=False, min_value=1, max_value=2000)
    picked_up_from = _time(_("Picked up from"))
    picked_up_until = _time(_("Picked up until"))
    packaging = forms.ChoiceField(
        label=_("Packaging"), required=False, choices=[("", _("Not measured")), *Packaging.choices]
    )
    target_percent = forms.IntegerField(
        label=_("Target, per cent"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("How much of it is to be kept each month, measured from shipments. Empty: it is not measured."),
    )

    def __init__(self, *args: Any, kind: str, stored: PlanItem | None = None, masked: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        asked = {"text", *ASKED.get(kind, ())}
        for name in [name for name in self.fields if name not in asked]:
            del self.fields[name]
        self.stored = stored
        if stored is not None and masked != stored.text:
            # What is hidden is kept by leaving the field empty.
            self.fields["text"].required = False
            self.fields["text"].widget.attrs["placeholder"] = masked
            self.fields["text"].help_text = _("Recorded. Leave it empty to keep what is stored.")

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = {name: value for name, value in self.cleaned_data.items() if name in FACTS}
        if self.stored is not None and not facts["text"]:
            del facts["text"]
        return {"kind": self.kind, **facts}


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label=_("What has to change"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class EndForm(forms.Form):
    ends_on = _day(_("Holds until"), _("The last day on which it holds."))
