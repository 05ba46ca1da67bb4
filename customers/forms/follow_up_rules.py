from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.enums import Priority
from customers.follow_ups.rules import MOST_HOURS, TIERS, RuleSetting, registered, setting_of
from customers.models import FollowUpPolicy

FIELDS = ("is_on", "tiers", "hours", "priority")
HEADS: dict[str, str | Promise] = {
    "is_on": _("On"),
    "tiers": _("For customers of the tiers"),
    "hours": _("Due after working hours"),
    "priority": _("Priority"),
}


def field_names(code: str) -> tuple[str, ...]:
    """Return the names of a rule's fields; those without hours of their own have no field for them."""
    has_hours = registered()[code].hours is not None
    return tuple(f"{code}-{name}" for name in FIELDS if has_hours or name != "hours")


class FollowUpRulesForm(forms.Form):
    """How each of the rules that open follow-ups acts."""

    replaces = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, rule in registered().items():
            made = {
                "is_on": forms.BooleanField(required=False),
                "tiers": forms.MultipleChoiceField(
                    choices=list(TIERS.items()), required=False, widget=forms.CheckboxSelectMultiple
                ),
                "hours": forms.IntegerField(min_value=1, max_value=MOST_HOURS),
                "priority": forms.TypedChoiceField(choices=Priority.choices, coerce=int),
            }
            for name in field_names(code):
                self.fields[name] = made[name.removeprefix(f"{code}-")]
                self.fields[name].label = f"{rule.label}: {HEADS[name.removeprefix(f'{code}-')]}"

    @property
    def heads(self) -> list[str | Promise]:
        return list(HEADS.values())

    @property
    def rows(self) -> list[tuple[str | Promise, list[tuple[str | Promise, forms.BoundField | None]]]]:
        """The rules: what each is called, and its fields by their heads; None for one that it has not."""
        return [
            (
                rule.label,
                [
                    (head, self[f"{code}-{name}"] if f"{code}-{name}" in self.fields else None)
                    for name, head in HEADS.items()
                ],
            )
            for code, rule in registered().items()
        ]

    @property
    def settings(self) -> dict[str, RuleSetting]:
        """What the service takes, by the codes of the rules."""
        return {
            code: RuleSetting(**{name: self.cleaned_data.get(f"{code}-{name}") for name in FIELDS})
            for code in registered()
        }

    def show_in_force(self, policy: FollowUpPolicy) -> None:
        """Say beside each field that differs what is in force now."""
        for name, stored in rules_initial(policy).items():
            if name != "replaces" and self.cleaned_data.get(name) != stored:
                self[name].help_text = format_html(gettext("In force now: {}"), _in_words(name, stored))


def rules_initial(policy: FollowUpPolicy) -> Mapping[str, Any]:
    """Return what stands in the form of the rules in force."""
    stored: dict[str, Any] = {"replaces": policy.version}
    for code, rule in registered().items():
        setting = setting_of(rule, policy)
        for name in field_names(code):
            value = getattr(setting, name.removeprefix(f"{code}-"))
            stored[name] = list(value) if name.endswith("-tiers") else value
    return stored


def _in_words(name: str, value: Any) -> str:
    if name.endswith("-tiers"):
        return tiers_in_words(value)
    if name.endswith("-priority"):
        return str(Priority(value).label)
    if name.endswith("-is_on"):
        return gettext("On") if value else gettext("Off")
    return str(value)


def tiers_in_words(tiers: Any) -> str:
    """Return for whose customers a rule acts."""
    if set(tiers) == set(TIERS):
        return gettext("All customers")
    return gettext(", ").join(str(label) for tier, label in TIERS.items() if tier in tiers) or gettext("None")
