from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Team
from core.tenancy.scope import current_tenant
from core.web.reading_order import NamedMultipleChoiceField
from customers.enums import Tier
from tiering.enums import PolicyMode
from tiering.models import TierPolicy
from tiering.rules import LABELS, TEAMS, UNUSED, in_words
from tiering.services.policies import MOST_DEMOTION_RUNS, MOST_HEAD_START, MOST_WEIGHT, MOST_WINDOW_DAYS


def _whole(name: str, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=LABELS[name], min_value=least, max_value=most, help_text=help_text)


HOURS = _("Hours by which service requests stand earlier in the queue.")
REBATE = _("Percent of what the customer brings.")
MONTHLY = _("Contribution in 30 days, in your currency.")


def _amount(name: str, help_text: Any = MONTHLY) -> forms.DecimalField:
    return forms.DecimalField(
        label=LABELS[name],
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text=help_text,
    )


def _yes(name: str) -> forms.BooleanField:
    return forms.BooleanField(label=LABELS[name], required=False)


@dataclass(frozen=True)
class FieldGroup:
    """Fields that belong together, and the modes that take no notice of them.

    The style sheet hides by `classes` what the chosen mode does not use, so it works without scripts.
    """

    title: Any
    fields: list[forms.BoundField]
    unused_in: list[PolicyMode]
    classes: str


class PolicyForm(forms.Form):
    """The rules of a new version."""

    mode = forms.ChoiceField(label=LABELS["mode"], choices=PolicyMode.choices)
    window_days = _whole("window_days", 1, MOST_WINDOW_DAYS, _("Shipments of these last days count."))
    vip_percent = _whole("vip_percent", 0, 100)
    mid_percent = _whole("mid_percent", 0, 100, _("The customers that come next; all others are low."))
    vip_monthly = _amount("vip_monthly")
    mid_monthly = _amount("mid_monthly")
    weight_amount = _whole("weight_amount", 0, MOST_WEIGHT)
    weight_frequency = _whole("weight_frequency", 0, MOST_WEIGHT, _("How many shipments there were in the window."))
    weight_tenure = _whole("weight_tenure", 0, MOST_WEIGHT, _("How long ago the first shipment was."))
    demotion_runs = _whole(
        "demotion_runs", 1, MOST_DEMOTION_RUNS, _("A customer moves down when as many in a row have found so.")
    )
    vip_head_start = _whole("vip_head_start", 0, MOST_HEAD_START, HOURS)
    mid_head_start = _whole("mid_head_start", 0, MOST_HEAD_START, HOURS)
    low_head_start = _whole("low_head_start", 0, MOST_HEAD_START, HOURS)
    head_start_cost = _amount("head_start_cost", _("For each customer of a tier with a head start."))
    vip_manager = _yes("vip_manager")
    mid_manager = _yes("mid_manager")
    low_manager = _yes("low_manager")
    manager_cost = _amount("manager_cost", _("For each customer of a tier with account managers."))
    vip_rebate = _whole("vip_rebate", 0, 100, REBATE)
    mid_rebate = _whole("mid_rebate", 0, 100, REBATE)
    low_rebate = _whole("low_rebate", 0, 100, REBATE)
    vip_self_service = _yes("vip_self_service")
    mid_self_service = _yes("mid_self_service")
    low_self_service = _yes("low_self_service")
    replaces = forms.IntegerField(widget=forms.HiddenInput)

    GROUPS = (
        (_("In general"), ("mode", "window_days", "demotion_runs")),
        (_("Shares of all customers"), ("vip_percent", "mid_percent")),
        (_("Monthly contribution"), ("vip_monthly", "mid_monthly")),
        (_("What the order of customers comes from"), ("weight_amount", "weight_frequency", "weight_tenure")),
        (_("Green channel"), ("vip_head_start", "mid_head_start", "low_head_start", "head_start_cost")),
        (_("Account managers"), ("vip_manager", "mid_manager", "low_manager", "manager_cost")),
        (_("Rebates"), ("vip_rebate", "mid_rebate", "low_rebate")),
        (_("Self-service"), ("vip_self_service", "mid_self_service", "low_self_service")),
    )

    @property
    def groups(self) -> list[FieldGroup]:
        return [self._group(title, names) for title, names in self.GROUPS]

    def _group(self, title: Any, names: tuple[str, ...]) -> FieldGroup:
        unused_in = [mode for mode in PolicyMode if UNUSED[mode].issuperset(names)]
        has_error = any(name in self.errors for name in names)
        return FieldGroup(
            title=title,
            fields=[self[name] for name in names],
            unused_in=unused_in,
            # What is wrong is shown in any case.
            classes=" ".join(f"unused-in-{mode}" for mode in unused_in if not has_error),
        )

    @property
    def rules(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*LABELS, "replaces")}

    def show_in_force(self, policy: TierPolicy) -> None:
        """Say beside each field what is in force now, and let the next save replace that version."""
        currency = current_tenant().currency
        for name in LABELS:
            stored = getattr(policy, name)
            if self.cleaned_data.get(name) != stored:
                self[name].help_text = format_html(gettext("In force now: {}"), in_words(name, stored, currency))
        self.data = self.data.copy()
        self.data["replaces"] = policy.version


class OverrideForm(forms.Form):
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices)
    expires_on = forms.DateField(
        label=_("Until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day on which it holds. Empty: until somebody ends it."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)


class TeamsForm(forms.Form):
    """Which teams serve each tier; `seen` marks what stood there when the form was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for tier in Tier.values:
            self.fields[tier] = NamedMultipleChoiceField(
                label=TEAMS[f"teams_{tier}"],
                queryset=Team.objects.open().order_by("name", "id"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("None ticked: everybody serves them."),
            )

    @property
    def facts(self) -> dict[str, Any]:
        return {"teams": {tier: self.cleaned_data[tier] for tier in Tier.values}, "seen": self.cleaned_data["seen"]}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
