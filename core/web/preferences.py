"""How somebody likes to work: the language, kept on the person; theme and keys, kept in the browser."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from core.accounts.services import change_language
from core.web.context import THEMES
from core.web.views import go_to, own_path

YEAR_SECONDS = 365 * 24 * 60 * 60


def keep_language(response: HttpResponse, language: str) -> None:
    """Have the browser remember a language, for the pages before sign-in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR_SECONDS,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


def keep_theme(response: HttpResponse, theme: str) -> None:
    """Have the browser remember a theme, which the server reads, so that no page flashes."""
    _keep(response, "crm_theme", theme)


def keep_keys(response: HttpResponse, keys: str) -> None:
    """Have the browser remember whether keyboard shortcuts are `on` or `off`."""
    _keep(response, "crm_keys", keys)


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


class SetLanguageView(View):
    """Keep the chosen language: on the user when signed in, in the cookie in any case. Open to everyone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        language = request.POST.get("language", "")
        response = go_to(request, own_path(request, request.POST.get("next")))
        if language not in dict(settings.LANGUAGES):
            messages.error(request, _("This language is not available."))
            return response
        if request.user.is_authenticated:
            change_language(user=request.user, language=language, at=timezone.now())
        keep_language(response, language)
        return response


class SetThemeView(View):
    """Keep the chosen theme in a cookie. Open to everyone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        theme = request.POST.get("theme", "")
        response = go_to(request, own_path(request, request.POST.get("next")))
        if theme in THEMES:
            keep_theme(response, theme)
        return response


class SetKeysView(View):
    """Switch the keyboard shortcuts on or off, in a cookie. Open to everyone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        response = go_to(request, own_path(request, request.POST.get("next")))
        keep_keys(response, "off" if request.POST.get("keys") == "off" else "on")
        return response
