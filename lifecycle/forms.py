from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import Team
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.months import MonthField
from core.web.reading_order import NamedChoiceField
from customers.duplicates import Newcomer
from customers.enums import CustomerKind, FollowUpKind, Stage, Tier
from customers.first_contact import PointsForm
from customers.models import Customer
from customers.numbers import BadNumber, clean_number
from lifecycle.enums import ForWhom, LeadAssignment
from lifecycle.models import LeadSource, LifecyclePolicy, LostReason
from lifecycle.moves import reachable_by_hand
from lifecycle.services.leads import LONGEST_WISH, workers
from lifecycle.services.moving import LONGEST_REASON
from lifecycle.services.policies import NUMBERS, RULES
from lifecycle.services.settings import MOST_DUE_DAYS
from lifecycle.words import HELP, rule_in_words
from lifecycle.words import RULES as LABELS

HOLD_DAYS = 30
MOST_COST = Decimal("9999999999.99")


def today() -> date:
    return local_date(timezone.now(), current_tenant().time_zone)


class DayField(forms.DateField):
    """A day, as browsers ask for it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class MoveForm(forms.Form):
    """Into which stage a customer is put, why, and for how long rules leave it there."""

    stage = forms.ChoiceField(label=_("Stage"))
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}))
    held_until = DayField(label=_("Holds through"), help_text=_("From then on the rules decide again."))

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in reachable_by_hand(customer.stage)]
        self.fields["held_until"].initial = today() + timedelta(days=HOLD_DAYS)


class PolicyForm(forms.Form):
    """The rules of stages and leads."""

    assignment = forms.ChoiceField(
        label=LABELS["assignment"], choices=LeadAssignment.choices, help_text=HELP["assignment"]
    )
    team = NamedChoiceField(
        label=LABELS["team"],
        queryset=None,
        required=False,
        empty_label=_("All account managers"),
        help_text=HELP["team"],
    )
    replaces = forms.IntegerField(widget=forms.HiddenInput)

    GROUPS = (
        (_("Growing, mature, declining"), ("window_days", "growth_percent", "decline_percent", "least_days")),
        (_("New and won back"), ("new_days", "won_back_days")),
        (pgettext_lazy("stage of a customer", "Lost"), ("lost_days", "lost_least_days", "lost_rhythms")),
        (_("Leads"), ("assignment", "team")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in NUMBERS.items():
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], min_value=least, max_value=most, help_text=HELP[name]
            )
        self.fields["team"].queryset = Team.objects.open().order_by("name", "id")

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def show_in_force(self, policy: LifecyclePolicy) -> None:
        """Say beside each field that differs what is in force now."""
        for name in RULES:
            if self.cleaned_data.get(name) != getattr(policy, name):
                self[name].help_text = format_html(gettext("In force now: {}"), rule_in_words(name, policy))


class NamesForm(forms.Form):
    """What something of a list is called in both languages."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in English"), max_length=100)


class UpdateNamesForm(NamesForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class SourceForm(NamesForm):
    """A source, and what it costs a month from a month on."""

    key = forms.CharField(
        label=_("Word in the address of the form"),
        max_length=40,
        required=False,
        help_text=_("Who opens the public form with it in the address has this source, such as a campaign."),
    )
    amount = forms.DecimalField(
        label=_("Cost a month"),
        min_value=0,
        max_value=MOST_COST,
        decimal_places=2,
        required=False,
        help_text=_("In your currency; empty leaves it as it is."),
    )
    from_month = MonthField(
        label=_("From the month on"), help_text=_("It holds until another cost is set; earlier months keep theirs.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_month"].initial = today().replace(day=1)


class UpdateSourceForm(SourceForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, has_own_word: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_own_word:
            del self.fields["key"]


class StepForm(forms.Form):
    """One step of a stage's playbook."""

    stage = forms.ChoiceField(label=_("On entering the stage"), choices=Stage.choices)
    kind = forms.ChoiceField(label=_("Kind"), choices=FollowUpKind.choices)
    words = forms.CharField(
        label=_("What is to be done"), max_length=300, help_text=_("As it will stand in the follow-up.")
    )
    due_days = forms.IntegerField(label=_("Days until it is due"), min_value=0, max_value=MOST_DUE_DAYS, initial=1)
    for_whom = forms.ChoiceField(label=_("For whom"), choices=ForWhom.choices)
    team = NamedChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("None")), *Role.choices], required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("All")), *Tier.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.open().order_by("name", "id")

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class UpdateStepForm(StepForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class ChargeForm(forms.Form):
    assignee = NamedChoiceField(
        label=_("In charge"), queryset=None, required=False, empty_label=_("Nobody yet: who takes it")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = workers()


class LoseForm(forms.Form):
    reason = NamedChoiceField(label=_("Why it is lost"), queryset=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = LostReason.objects.filter(is_active=True).order_by("pk")


class SourcedForm(forms.Form):
    """Where somebody came from, what they ship, and who is in charge."""

    source = NamedChoiceField(label=_("Source"), queryset=None, required=False, empty_label=_("Not known"))
    wish = forms.CharField(
        label=_("What they ship"), max_length=LONGEST_WISH, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    assignee = NamedChoiceField(
        label=_("In charge"), queryset=None, required=False, empty_label=_("As the rules of leads say")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = LeadSource.objects.filter(is_active=True).order_by("pk")
        self.fields["assignee"].queryset = workers()


class NewLeadForm(PointsForm, SourcedForm):
    """Somebody who may become a customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices)
    company_name = forms.CharField(label=_("Company name"), max_length=200, required=False)
    person_name = forms.CharField(
        label=_("Name of the person"), max_length=100, required=False, help_text=_("Of a company: who speaks for it.")
    )
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    industry = forms.CharField(label=_("Industry"), max_length=100, required=False)
    number = forms.CharField(
        label=_("Customer number"),
        max_length=40,
        required=False,
        help_text=_("As it will stand on the shipments; empty: the next number of leads."),
    )
    field_order = (
        "kind", "company_name", "person_name", "phone", "email", "source", "wish", "assignee", "region", "industry",
    )  # fmt: skip

    def clean_number(self) -> str:
        try:
            return clean_number(self.cleaned_data["number"])
        except BadNumber as error:
            raise ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name = "person_name" if cleaned.get("kind") == CustomerKind.INDIVIDUAL else "company_name"
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, _("Enter the name."))
        return cleaned

    @property
    def newcomer(self) -> Newcomer:
        """What is compared with the archive."""
        facts = self.facts
        points = [(point.kind, point.value) for point in facts["points"]]
        return Newcomer(facts["facts"].get("company_name", ""), facts["facts"].get("person_name", ""), points)

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        cleaned = self.cleaned_data
        is_person = cleaned["kind"] == CustomerKind.INDIVIDUAL
        named = {"person_name": cleaned["person_name"]} if is_person else {"company_name": cleaned["company_name"]}
        return {
            "number": cleaned["number"],
            "kind": cleaned["kind"],
            "facts": {**named, "region": cleaned["region"], "industry": cleaned["industry"]},
            "contact_name": cleaned["person_name"],
            "points": self.points,
            "source": cleaned["source"],
            "wish": cleaned["wish"],
            "assignee": cleaned["assignee"],
        }
