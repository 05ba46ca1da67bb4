from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.holdings import Holding
from core.accounts.models import Department, Team, User
from core.partners import scopes
from core.tenancy.zones import is_zone, main_name, zone_choices
from core.web.reading_order import NamedChoiceField

LAST_DAY = date(2999, 12, 31)


class ZoneField(forms.ChoiceField):
    """A time zone, chosen by its city in the reader's language; each is offered once and taken by any of its names."""

    def __init__(self, *, empty_label: Any = "", **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: [*([("", empty_label)] if empty_label else []), *zone_choices()],
            widget=forms.Select(attrs={"data-picker": ""}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return main_name(value) if value else value

    def valid_value(self, value: Any) -> bool:
        return is_zone(value)


class UserForm(forms.Form):
    """What is kept of a colleague."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("They sign in with it."))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_("Decides which pages are open."))
    department = NamedChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))
    team = NamedChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = ZoneField(label=_("Time zone"), required=False, empty_label=_("As the company"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.open().order_by("name")
        self.fields["team"].queryset = Team.objects.open().order_by("name")


class HandOverForm(forms.Form):
    """Who takes over what somebody is in charge of, one colleague for each kind; without one it stays as it is."""

    def __init__(self, *args: Any, user: User, held: Sequence[tuple[Holding, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for holding, count in held:
            self.fields[holding.name] = NamedChoiceField(
                label=f"{holding.label} ({count:,})",
                queryset=holding.heirs(user),
                required=False,
                empty_label=_("Nobody, it stays as it is"),
            )

    def heirs(self) -> dict[str, User]:
        """Return who was chosen, by the names of the kinds."""
        return {name: heir for name, heir in self.cleaned_data.items() if heir is not None}


class InvitationForm(forms.Form):
    """What an invitation is bound to; the rest is said by who accepts it."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("The invitation goes there, and they sign in with it.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=_("Decides which pages are open."))
    department = NamedChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))
    team = NamedChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("The language of the invitation.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.open().order_by("name")
        self.fields["team"].queryset = Team.objects.open().order_by("name")


class AcceptInvitationForm(forms.Form):
    """What somebody says of themselves when they join."""

    name = forms.CharField(label=_("Full name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters. A sentence is easy to remember and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if not password:
            return cleaned
        try:
            password_validation.validate_password(password, User(email=self._email, name=cleaned.get("name", "")))
        except forms.ValidationError as refused:
            self.add_error("password", refused)
        if "repeated" in cleaned and cleaned["repeated"] != password:
            self.add_error("repeated", _("The two passwords are not the same."))
        return cleaned


class DepartmentForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    department = NamedChoiceField(label=_("Department"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.open().order_by("name")


class CloseForm(forms.Form):
    """Where people go when their department or team is closed."""

    to = NamedChoiceField(label=_("People go to"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, closing: Department | Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = type(closing).objects.open().exclude(pk=closing.pk)
        self.fields["to"].queryset = others.order_by("name")


def _scope_choices() -> list[tuple[str, str]]:
    return [(name, f"{scope.label} ({name})") for name, scope in scopes.declared().items()]


class NetworksField(forms.CharField):
    """Networks, each on a line of its own."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).replace(",", "\n").splitlines() if line.strip()]


def _networks_field() -> NetworksField:
    return NetworksField(
        label=_("Networks"),
        required=False,
        max_length=3000,
        help_text=_("Addresses the key is taken from, such as 203.0.113.0/24, each on a line; empty: from anywhere."),
    )


class LimitApiKeyForm(forms.Form):
    requests_per_minute = forms.IntegerField(
        label=_("Requests in a minute"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: as many as the installation lets every key send."),
    )


class ApiKeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Who uses the key, and what for."))
    is_test = forms.TypedChoiceField(
        label=_("Works on"),
        choices=[("", _("The company's records")), ("test", _("The sandbox, for trying out"))],
        required=False,
        coerce=bool,
        empty_value=False,
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The key works up to the end of this day; empty: until it is revoked."),
    )
    networks = _networks_field()
    scopes = forms.MultipleChoiceField(
        label=_("What the key may do"),
        choices=_scope_choices,
        widget=forms.CheckboxSelectMultiple,
    )


class RestrictApiKeyForm(forms.Form):
    networks = _networks_field()


class RotateApiKeyForm(forms.Form):
    hours = forms.TypedChoiceField(
        label=_("The old secret works on for"),
        choices=[
            ("1", _("One hour")),
            ("24", _("One day")),
            ("168", _("One week")),
            ("720", _("Thirty days")),
        ],
        initial="24",
        coerce=int,
        help_text=_("Up to then both work; the partner's program changes over in between."),
    )
