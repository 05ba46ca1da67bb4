import json
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.web.reading_order import NamedChoiceField
from customers.enums import HANDOVER_CHOICES, HandoverReason, Stage
from customers.models import Customer
from portfolios.models import Capacity, PortfolioPolicy
from portfolios.planning import parse_sent
from portfolios.services.policies import MOST_POINTS, NUMBERS, RULES
from portfolios.services.pool import RELEASE_REASONS
from portfolios.words import HELP, TIER_CHOICES, rule_in_words
from portfolios.words import RULES as LABELS


def _ticks(name: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=LABELS[name],
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=HELP[name],
    )


class PolicyForm(forms.Form):
    """The rules of portfolios and of the pool."""

    assigned_tiers = _ticks("assigned_tiers", TIER_CHOICES)
    pool_tiers = _ticks("pool_tiers", TIER_CHOICES)
    pool_stages = _ticks("pool_stages", Stage.choices)
    replaces = forms.IntegerField(widget=forms.HiddenInput)

    GROUPS = (
        (_("Capacity"), ("weight_vip", "weight_mid", "weight_low", "capacity")),
        (_("Assignment"), ("assigned_tiers",)),
        (_("Pool"), ("pool_tiers", "pool_stages", "claims_a_day", "rest_days")),
        (_("Return to the pool"), ("silent_days", "warn_days")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in NUMBERS.items():
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], min_value=least, max_value=most, help_text=HELP[name]
            )

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def show_in_force(self, policy: PortfolioPolicy) -> None:
        """Say beside each field that differs what is in force now."""
        for name in RULES:
            if self.cleaned_data.get(name) != getattr(policy, name):
                self[name].help_text = format_html(gettext("In force now: {}"), rule_in_words(name, policy))


class CapacityForm(forms.Form):
    """What somebody's portfolio holds, where it is not as the rules have it."""

    points = forms.IntegerField(label=_("Capacity in points"), min_value=0, max_value=MOST_POINTS, required=False)
    tiers = forms.MultipleChoiceField(
        label=_("Tiers served"),
        choices=TIER_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them."),
    )
    absent_until = forms.DateField(
        label=_("Absent until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then, that day included, nothing is assigned; what is there stays."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, policy: PortfolioPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = gettext("Empty: %(points)s, as the rules have it.") % {"points": f"{policy.capacity:,}"}
        self.fields["points"].help_text = text

    @staticmethod
    def initial_of(capacity: Capacity) -> dict[str, Any]:
        return {name: getattr(capacity, name) for name in ("points", "tiers", "absent_until", "version")}


class HandOverForm(forms.Form):
    """To whom a customer goes, and why."""

    to = NamedChoiceField(label=_("Hand over to"), queryset=None, empty_label=_("Choose somebody"))
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *HANDOVER_CHOICES],
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = User.objects.filter(is_active=True).exclude(pk=customer.account_manager_id)
        self.fields["to"].queryset = colleagues.order_by("name", "id")


class ReleaseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *((each.value, each.label) for each in RELEASE_REASONS)],
    )


class ClaimForm(forms.Form):
    """Nothing is asked: whoever sends it claims."""


class ShareForm(forms.Form):
    """How many customers of the low tier are taken to serve themselves."""

    share = forms.IntegerField(
        label=_("Share of the remaining low customers that move to self-service, %"),
        min_value=0,
        max_value=100,
        initial=50,
    )


class PlanForm(forms.Form):
    """The moves that were confirmed, as JSON by the customer's id; a job asks for them again before each part.

    `before` are, as JSON, the weights of the tiers and the loads at that time of those whom the moves touch.
    """

    plan = forms.CharField(widget=forms.HiddenInput)
    before = forms.JSONField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        choices=[(each.value, each.label) for each in (HandoverReason.ASSIGNED, HandoverReason.REBALANCED)],
        widget=forms.HiddenInput,
        label=pgettext_lazy("moves between portfolios", "Reason"),
    )

    def clean_plan(self) -> dict[uuid.UUID, tuple[uuid.UUID | None, uuid.UUID, str]]:
        try:
            sent = json.loads(self.cleaned_data["plan"])
        except ValueError as error:
            raise ValidationError(_("The moves are not understood.")) from error
        parsed = [parse_sent(each) for each in sent if isinstance(each, str)] if isinstance(sent, list) else [None]
        if None in parsed:
            raise ValidationError(_("The moves are not understood."))
        return {customer: (giver, taker, tier) for customer, giver, taker, tier in parsed}
