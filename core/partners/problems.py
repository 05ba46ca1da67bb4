"""Problem documents (RFC 9457): the one form in which everything under /api/ says no."""

import http
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

from core.tenancy.errors import DomainError

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="Courier CRM"'
Text = str | Promise

NOT_UNDERSTOOD = _("The address has parameters that are not understood: see errors.")
NOT_FOUND = _("The address may be mistyped, or the record may have been removed.")
DETAILS: Mapping[int, Text] = {
    400: _("This request cannot be understood."),
    401: _("Send an API key: Authorization: Bearer crm_live_…"),
    403: _("This key does not allow it."),
    404: NOT_FOUND,
    405: _("This address does not take that method."),
    406: _("This API answers with application/json only."),
    409: _("This cannot be done."),
    415: _("This API reads application/json only."),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with a request, and the parameter it is wrong with."""

    parameter: str
    code: str
    detail: Text

    def as_document(self) -> dict[str, str]:
        return {"parameter": self.parameter[:100], "code": self.code, "detail": str(self.detail)}


class BadParameters(Exception):
    """Parameters of the address that no operation of ours takes, or with values it does not."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(self.faults)


class ScopeMissing(exceptions.PermissionDenied):
    """A key without the scope that the operation needs."""

    def __init__(self, scopes: Iterable[str]) -> None:
        super().__init__(_("This key lacks the scope %(scope)s.") % {"scope": " / ".join(scopes)}, "scope_missing")


def problem_document(
    status: int,
    *,
    code: str = "",
    detail: Text = "",
    errors: Iterable[Mapping[str, str]] = (),
    request_id: str = "",
) -> dict[str, Any]:
    """Return the members of a problem; code and detail are the general ones of the status unless given."""
    phrase = http.HTTPStatus(status).phrase
    code = code or phrase.lower().replace(" ", "_")
    return {
        "type": f"urn:courier-crm:problem:{code}",
        "title": phrase,
        "status": status,
        "detail": str(detail or DETAILS.get(status, phrase)),
        "code": code,
        "request_id": request_id,
        "errors": list(errors),
    }


def problem(
    request: HttpRequest | Request,
    status: int,
    *,
    code: str = "",
    detail: Text = "",
    errors: Iterable[Mapping[str, str]] = (),
) -> HttpResponse:
    """Answer a request with a problem document."""
    request_id = getattr(request, "request_id", "")
    response = JsonResponse(
        problem_document(status, code=code, detail=detail, errors=errors, request_id=request_id),
        status=status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    if status == http.HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def invalid_key(request: HttpRequest) -> HttpResponse:
    """Refuse a key, without saying why: unknown, revoked, expired or of a tenant that is switched off."""
    response = problem(
        request, 401, code="invalid_key", detail=_("This API key is not valid, or not valid any longer.")
    )
    response.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
    return response


def address_refused(request: HttpRequest, address: object) -> HttpResponse:
    """Refuse a good key from an address outside its networks; its holder is told the address that we see."""
    return problem(
        request,
        403,
        code="address_refused",
        detail=_("This API key is not taken from the address %(address)s.") % {"address": address or "–"},
    )


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn what a view of the API raised into its document; None for what is nobody's fault but ours."""
    facts: dict[str, Any] = {}
    match error:
        case BadParameters():
            status = 400
            faults = [fault.as_document() for fault in error.faults]
            facts = {"code": "invalid_parameters", "detail": NOT_UNDERSTOOD, "errors": faults}
        case DomainError():
            status = 409
            facts = {"code": error.code, "detail": error.message}
        case Http404():
            status = 404
        case ScopeMissing():
            status = 403
            facts = {"code": "scope_missing", "detail": str(error.detail)}
        case PermissionDenied():
            status = 403
        case exceptions.NotAuthenticated():
            status = 401
            facts = {"code": "key_missing"}
        case exceptions.APIException():
            status = error.status_code
        case _:
            return None
    return problem(context["request"], status, **facts)
