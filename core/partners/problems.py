"""Problem documents (RFC 9457): the one form in which everything under /api/ says no."""

import http
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
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
MOST_FAULTS = 50
Text = str | Promise

NOT_UNDERSTOOD = _("The address has parameters that are not understood: see errors.")
BAD_BODY = _("The body has fields that are not taken: see errors.")
NOT_FOUND = _("The address may be mistyped, or the record may have been removed.")
TITLES: Mapping[int, Text] = {
    400: _("The request is not understood"),
    401: _("A key is needed"),
    403: _("Not allowed"),
    404: _("Not there"),
    405: _("Not taken here"),
    406: _("Not available in that form"),
    409: _("In conflict with what is stored"),
    411: _("The length is missing"),
    412: _("Changed in the meantime"),
    413: _("Too much at once"),
    415: _("Not read in that form"),
    422: _("The same key with another request"),
    428: _("A condition is needed"),
    429: _("Too many requests"),
    500: _("Something broke on our side"),
    503: _("Back in a moment"),
}
DETAILS: Mapping[int, Text] = {
    400: _("This request cannot be understood."),
    401: _("Send an API key: Authorization: Bearer crm_live_…"),
    403: _("This key does not allow it."),
    404: NOT_FOUND,
    405: _("This address does not take that method."),
    406: _("This API answers with application/json only."),
    409: _("This cannot be done."),
    411: _("Send Content-Length: this address takes no body of unknown length."),
    412: _("The record was changed since it was read. Read it again."),
    413: _("A body holds at most 10 MiB."),
    415: _("This API reads application/json in UTF-8 only."),
    422: _("This Idempotency-Key was sent before with another request."),
    428: _("Send If-Match with the ETag of the record that was read."),
    429: _("This key sends more requests than it may. Wait as long as Retry-After says."),
}
CODES: Mapping[int, str] = {
    411: "length_required",
    412: "record_changed",
    413: "body_too_large",
    422: "idempotency_key_reused",
    428: "if_match_required",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with a request: in the body at `pointer` (RFC 6901), or in a parameter or header.

    A parameter stands behind the question mark unless it is `in_path`.
    """

    code: str
    detail: Text
    pointer: str = ""
    parameter: str = ""
    in_path: bool = False
    header: str = ""

    def as_document(self) -> dict[str, str]:
        """A parameter is pointed at as #/query/<name> or #/path/<name>, a header as #/headers/<name>."""
        pointer, named = f"#{self.pointer}", {}
        if self.parameter:
            named = {"parameter": self.parameter[:100]}
            pointer = f"#/{'path' if self.in_path else 'query'}/{escaped(self.parameter[:100])}"
        elif self.header:
            pointer = f"#/headers/{self.header}"
        return {"pointer": pointer, **named, "code": self.code, "detail": str(self.detail)}


def escaped(name: str) -> str:
    """Return a name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


class Refused(Exception):
    """A request that is not taken: the status, and what else its document says."""

    def __init__(
        self,
        status: int,
        *,
        code: str = "",
        detail: Text = "",
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.code, self.detail = status, code, detail
        self.faults = list(faults)[:MOST_FAULTS]
        self.headers = dict(headers or {})
        super().__init__(status, code)


class BadParameters(Refused):
    """Parameters of the address that no operation of ours takes, or with values it does not."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__(400, code="invalid_parameters", detail=NOT_UNDERSTOOD, faults=faults)


class BadBody(Refused):
    """A body whose fields are unknown, missing or wrong."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__(400, code="invalid_body", detail=BAD_BODY, faults=faults)


class BadPath(Refused):
    """A part of the address that no record can be called, for the reason that the domain gives."""

    def __init__(self, name: str, error: DomainError) -> None:
        fault = Fault(parameter=name, in_path=True, code=error.code, detail=error.message)
        super().__init__(400, code=error.code, detail=error.message, faults=[fault])


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
    code = code or CODES.get(status) or phrase.lower().replace(" ", "_")
    return {
        "type": f"urn:courier-crm:problem:{code}",
        "title": str(TITLES.get(status, phrase)),
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
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer a request with a problem document."""
    request_id = getattr(request, "request_id", "")
    response = JsonResponse(
        problem_document(status, code=code, detail=detail, errors=errors, request_id=request_id),
        status=status,
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
        headers=headers,
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


Refusals = Mapping[str, tuple[int, str | None]]


def facts_of(
    error: Refused | DomainError | exceptions.ValidationError, refusals: Refusals
) -> tuple[int, dict[str, Any]]:
    """Return the status of a refusal and what its document says besides.

    `refusals` are the status and the place in the body of each DomainError that is not a plain 409.
    """
    match error:
        case Refused():
            faults = [fault.as_document() for fault in error.faults]
            return error.status, {"code": error.code, "detail": error.detail, "errors": faults}
        case DomainError():
            status, pointer = refusals.get(error.code, (409, None))
            # What a page says of a record that was changed meanwhile tells of its form; the API has words of its own.
            facts: dict[str, Any] = {} if status == 412 else {"code": error.code, "detail": error.message}
            if pointer is not None:
                facts["errors"] = [Fault(pointer=pointer, code=error.code, detail=error.message).as_document()]
            return status, facts
        case _:
            faults = [fault.as_document() for fault in islice(_faults_in(error.detail), MOST_FAULTS)]
            return 400, {"code": "invalid_body", "detail": BAD_BODY, "errors": faults}


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn what a view of the API raised into its document; None for what is nobody's fault but ours."""
    facts: dict[str, Any] = {}
    match error:
        case Refused() | DomainError() | exceptions.ValidationError():
            status, facts = facts_of(error, getattr(context["view"], "refusals", {}))
            facts["headers"] = getattr(error, "headers", None)
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


def _faults_in(detail: Any, pointer: str = "") -> Iterable[Fault]:
    """Yield a fault for each message, whose place in the errors of a serializer is that of the field in the body."""
    if isinstance(detail, Mapping):
        for name, below in detail.items():
            yield from _faults_in(below, pointer if name == "non_field_errors" else f"{pointer}/{escaped(str(name))}")
    elif isinstance(detail, list):
        for place, below in enumerate(detail):
            is_message = isinstance(below, exceptions.ErrorDetail)
            yield from _faults_in(below, pointer if is_message else f"{pointer}/{place}")
    else:
        yield Fault(pointer=pointer, code=detail.code or "invalid", detail=str(detail))
