import zoneinfo
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import Department, Team
from core.partners import scopes

LAST_DAY = date(2999, 12, 31)


def _zones() -> list[tuple[str, str]]:
    named = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("", _("As the company")), *((zone, zone.replace("_", " ")) for zone in named)]


class UserForm(forms.Form):
    """What is kept of a colleague."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("They sign in with it."))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_("Decides which pages are open."))
    department = forms.ModelChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))
    team = forms.ModelChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, required=False, widget=forms.Select(attrs={"data-picker": ""})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.order_by("name")
        self.fields["team"].queryset = Team.objects.order_by("name")


class DepartmentForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    department = forms.ModelChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.order_by("name")


def _scope_choices() -> list[tuple[str, str]]:
    return [(name, f"{scope.label} ({name})") for name, scope in scopes.declared().items()]


class ApiKeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Who uses the key, and what for."))
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The key works up to the end of this day; empty: until it is revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What the key may do"),
        choices=_scope_choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
