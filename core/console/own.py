"""What everybody decides for themselves: how they work, how they sign in, and how they are told."""

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from core.accounts.selectors import live_sessions
from core.accounts.services import change_preferences
from core.console.forms import ZoneField
from core.tenancy.zones import zone_words
from core.web.context import Shell
from core.web.enums import HowTold
from core.web.navigation import Part
from core.web.notice_choices import choices_of
from core.web.notices import kinds_of
from core.web.preferences import keep_keys, keep_language, keep_theme
from core.web.views import EVERY_USER, StaffFormView

THEMES = {"light": gettext_lazy("Light"), "dark": gettext_lazy("Dark"), "auto": gettext_lazy("As the system")}
KEYS = {"on": gettext_lazy("Switched on"), "off": gettext_lazy("Switched off")}
PREFERENCES = "console:preferences"
SECURITY = "mfa_index"
CODES, PASSKEYS, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
# Administrators may change it, too.
PREFERRED = ("user.preferred", "user.updated")
SECOND_STEP_CHANGED = ("user.second_step_changed", "user.second_step_reset")


def local_language_names() -> list[tuple[str, str]]:
    """Return each language of the product by its own name, so that whoever reads no other finds it."""
    return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]


class PreferencesForm(forms.Form):
    """How somebody likes to work: language and zone go with the person, the rest stays in this browser."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=local_language_names)
    time_zone = ZoneField(label=gettext_lazy("Time zone"), required=False, empty_label=gettext_lazy("As the company"))
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"), choices=list(THEMES.items()), help_text=gettext_lazy("Kept in this browser alone.")
    )
    keys = forms.ChoiceField(
        label=gettext_lazy("Keyboard shortcuts"),
        choices=list(KEYS.items()),
        help_text=gettext_lazy("Kept in this browser alone."),
    )


class PreferencesView(StaffFormView):
    permission_required = EVERY_USER
    template_name = "console/preferences.html"
    form_class = PreferencesForm
    success_message = gettext_lazy("Saved.")

    def get_initial(self) -> dict[str, Any]:
        user, shell = self.request.user, Shell(self.request)
        keys = "off" if shell.keys_off else "on"
        return {"language": user.language, "time_zone": user.time_zone, "theme": shell.theme, "keys": keys}

    def save(self, form: forms.BaseForm) -> str:
        chosen = {name: form.cleaned_data[name] for name in ("language", "time_zone")}
        change_preferences(user=self.request.user, **chosen, at=timezone.now())
        return reverse(PREFERENCES)

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        keep_language(response, form.cleaned_data["language"])
        keep_theme(response, form.cleaned_data["theme"])
        keep_keys(response, form.cleaned_data["keys"])
        return response


PREFERENCE_PARTS = (
    Part(
        key="language",
        label=gettext_lazy("Language"),
        changes=gettext_lazy("The language of your pages, of mail to you and of files that are made for you."),
        url_name=PREFERENCES,
        fields=("language",),
        actions=PREFERRED,
        told="language",
    ),
    Part(
        key="time_zone",
        label=gettext_lazy("Time zone"),
        changes=gettext_lazy("The zone in which times are shown to you."),
        url_name=PREFERENCES,
        fields=("time_zone",),
        actions=PREFERRED,
        told="time_zone",
    ),
    Part(
        key="theme",
        label=gettext_lazy("Theme"),
        changes=gettext_lazy("Whether pages are light or dark in this browser."),
        url_name=PREFERENCES,
        fields=("theme",),
        actions=(),
    ),
    Part(
        key="keys",
        label=gettext_lazy("Keyboard shortcuts"),
        changes=gettext_lazy("Whether single keys act on a page in this browser."),
        url_name=PREFERENCES,
        fields=("keys",),
        actions=(),
    ),
)


def preference_values(request: HttpRequest) -> Mapping[str, str | Promise]:
    user, shell = request.user, Shell(request)
    return {
        "language": dict(local_language_names()).get(user.language, user.language),
        "time_zone": zone_words(user.time_zone) if user.time_zone else _("As the company"),
        "theme": THEMES[shell.theme],
        "keys": KEYS["off" if shell.keys_off else "on"],
    }


def notice_parts(user: Any) -> Sequence[Part]:
    """Return one setting for each kind of notice that somebody may be told of."""
    return [
        Part(
            key=kind.name,
            label=kind.label,
            changes=gettext_lazy("Whether you are told of it by mail as well, and how soon."),
            url_name="console:notice_choices",
            fields=(kind.name,),
            told=kind.name,
        )
        for kind in kinds_of(user)
    ]


def notice_values(request: HttpRequest) -> Mapping[str, str | Promise]:
    chosen = choices_of(request.user)
    return {kind.name: HowTold(chosen.get(kind.name, HowTold.PAGE)).label for kind in kinds_of(request.user)}


SECURITY_PARTS = (
    Part(
        key="password",
        label=gettext_lazy("Password"),
        changes=gettext_lazy("What you sign in with; a new one signs you out on other devices."),
        url_name=SECURITY,
        anchor="password",
        actions=("user.password_changed",),
    ),
    Part(
        key=CODES,
        label=gettext_lazy("Authenticator app"),
        changes=gettext_lazy("Whether codes of an app are the second step of your sign-in."),
        url_name=SECURITY,
        anchor="codes",
        actions=SECOND_STEP_CHANGED,
    ),
    Part(
        key=PASSKEYS,
        label=gettext_lazy("Passkeys"),
        changes=gettext_lazy("Whether finger, face, PIN or a security key are the second step of your sign-in."),
        url_name=SECURITY,
        anchor="passkeys",
        actions=SECOND_STEP_CHANGED,
    ),
    Part(
        key=RECOVERY,
        label=gettext_lazy("Recovery codes"),
        changes=gettext_lazy("What lets you in when the second step is lost."),
        url_name=SECURITY,
        anchor="proofs",
        actions=SECOND_STEP_CHANGED,
    ),
    Part(
        key="devices",
        label=gettext_lazy("Where you are signed in"),
        changes=gettext_lazy("Which devices are signed in with your account; each may be signed out."),
        url_name=SECURITY,
        anchor="devices",
        actions=("user.signed_out",),
    ),
)


def security_values(request: HttpRequest) -> Mapping[str, str | Promise]:
    kept = list(Authenticator.objects.filter(user=request.user))
    kinds = [each.type for each in kept]
    devices = len(live_sessions(request.user))
    unused = sum(len(each.wrap().get_unused_codes()) for each in kept if each.type == RECOVERY)
    passkeys = kinds.count(PASSKEYS)
    return {
        "password": _("Set"),
        CODES: _("Set up") if CODES in kinds else _("Not set up"),
        PASSKEYS: ngettext("%(count)s passkey", "%(count)s passkeys", passkeys) % {"count": passkeys},
        RECOVERY: ngettext("%(count)s left", "%(count)s left", unused) % {"count": unused},
        "devices": ngettext("%(count)s device", "%(count)s devices", devices) % {"count": devices},
    }
