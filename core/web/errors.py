"""Error pages: in the product's look, in the reader's language, with the request id.

Those of 500 and 503 ask nothing of the database.
"""

import sys

from django.core.exceptions import BadRequest
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.partners.problems import API_PREFIX, NOT_FOUND, problem

RETRY_AFTER_SECONDS = 5
STALE_FORM_HEADER = "X-Stale-Form"
# PostgreSQL: connection exceptions are class 08; shut down, crashed, starting up; no connection left.
AWAY_CODES = {"57P01", "57P02", "57P03", "53300"}


class BadInput(BadRequest):
    """An address or a post that no page of ours makes; the message is shown to the reader."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = exception.message if isinstance(exception, BadInput) else _("This request cannot be understood.")
    return _answer(request, 400, title=_("That did not work"), message=message)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request,
        403,
        title=_("Not open to you"),
        message=_("Your role does not include this page. Ask an administrator if you need it."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    response = _answer(
        request,
        403,
        title=_("This form is out of date"),
        message=_(
            "You signed in again since this page was opened, or cookies are not allowed here. Send the form once more."
        ),
    )
    response.headers[STALE_FORM_HEADER] = "1"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request,
        404,
        title=_("Nothing here"),
        message=NOT_FOUND,
    )


def not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer 405: an address that only takes what a form sends was opened, or the other way round."""
    response = _answer(
        request,
        405,
        title=_("Not to be opened this way"),
        message=_("This address belongs to a button of another page. Go there and use the button."),
        alone=True,
    )
    response.headers["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when the database is away, which mends itself, and 500 otherwise."""
    if database_is_away(sys.exc_info()[1]):
        return service_unavailable(request)
    return _answer(
        request,
        500,
        title=_("Something broke on our side"),
        message=_("Nothing was saved. Try again; if it happens again, tell your administrator the number below."),
        alone=True,
    )


def service_unavailable(request: HttpRequest) -> HttpResponse:
    response = _answer(
        request,
        503,
        title=_("Back in a moment"),
        message=_("The database cannot be reached. Nothing was saved; try again in a few seconds."),
        alone=True,
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def keys_unavailable(request: HttpRequest) -> HttpResponse:
    """Answer for a tenant whose keys were destroyed, or are wrapped by a master key that we do not have."""
    return _answer(
        request,
        503,
        title=_("The data cannot be read"),
        message=_(
            "The keys of your company's personal data are not available: they were destroyed, or are kept elsewhere."
            " Nothing was saved. Tell whoever runs this system the number below."
        ),
        alone=True,
    )


def value_damaged(request: HttpRequest) -> HttpResponse:
    """Answer for a stored value that was cut, moved or forged; the log names its place."""
    return _answer(
        request,
        500,
        title=_("A stored value is damaged"),
        message=_(
            "It cannot be read, so it is not shown. Nothing was saved. Tell whoever runs this system the number below:"
            " the log names the place."
        ),
        alone=True,
    )


def database_is_away(error: BaseException | None) -> bool:
    """Tell a lost or refused connection from other OperationalErrors, such as a deadlock."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith("08") or code in AWAY_CODES


def _answer(
    request: HttpRequest, status: int, *, title: str | Promise, message: str | Promise, alone: bool = False
) -> HttpResponse:
    with translation.override(_language(request)):
        if request.path.startswith(API_PREFIX):
            return problem(request, status, detail=message)
        context = {
            "status": status,
            "title": title,
            "message": message,
            "request_id": getattr(request, "request_id", ""),
            "dark": request.COOKIES.get("crm_theme") == "dark",
            "theme_is_auto": request.COOKIES.get("crm_theme", "auto") == "auto",
            "language": translation.get_language(),
        }
        if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
            body = render_to_string("errors/fragment.html", context)
        elif alone or not _has_shell(request):
            body = render_to_string("errors/alone.html", context)
        else:
            body = render_to_string("errors/in_shell.html", context, request=request)
    return HttpResponse(body, status=status)


def _has_shell(request: HttpRequest) -> bool:
    """Say whether navigation can be drawn: somebody is signed in and the database answers."""
    try:
        return hasattr(request, "user") and request.user.is_authenticated
    except Error:
        return False


def _language(request: HttpRequest) -> str:
    return getattr(request, "LANGUAGE_CODE", None) or translation.get_language_from_request(request)
