import re
import time
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from core.crypto.errors import KeyUnavailable
from core.crypto.fields import Undecryptable
from core.tenancy.scope import current_tenant, current_tenant_id
from core.web.errors import keys_unavailable, not_allowed, value_damaged

GetResponse = Callable[[HttpRequest], HttpResponse]
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
PROBES = ("/health/", "/metrics")

log = structlog.get_logger("crm.request")


class RequestIdMiddleware:
    """Give each request an id, for the answer, error pages and log lines; log the request in one line.

    The line holds the route, not the path or the query, which may name a person.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if SANE_REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request.request_id
            if not request.path.startswith(PROBES):
                self._log(request, response, time.perf_counter() - started)
            return response
        finally:
            structlog.contextvars.clear_contextvars()

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        facts: dict[str, Any] = {
            "method": request.method,
            "route": match.route if match else None,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
        }
        log.info("request", **facts)


class FaultsMiddleware:
    """Answer with a page that says what is wrong: keys are gone, a stored value is damaged, or an address was
    opened in a way that it does not take.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return not_allowed(request, response.headers["Allow"])
        return response

    @staticmethod
    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Undecryptable):
            log.error("crypto.damaged", place=str(exception))
            return value_damaged(request)
        if not isinstance(exception, KeyUnavailable):
            return None
        log.error("keys.unavailable", reason=str(exception))
        return keys_unavailable(request)


class LocaleMiddleware:
    """Speak the language and show the times of whoever is signed in.

    Before sign-in the cookie decides, then the browser. The API speaks as the browser would ask.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if tenant_id := current_tenant_id():
            structlog.contextvars.bind_contextvars(tenant_id=str(tenant_id))
        user = getattr(request, "user", None)
        signed_in = user is not None and user.is_authenticated
        language = self._known(user.language) if signed_in else ""
        zone = self._zone(user.time_zone if signed_in else "")
        with (
            translation.override(language or translation.get_language_from_request(request)),
            timezone.override(zone),
        ):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            if not language:
                patch_vary_headers(response, ["Accept-Language", "Cookie"])
            response.headers.setdefault("Content-Language", translation.get_language())
            return response

    @staticmethod
    def _known(language: str) -> str:
        return language if language in dict(settings.LANGUAGES) else ""

    @staticmethod
    def _zone(chosen: str) -> zoneinfo.ZoneInfo | None:
        tenant = current_tenant()
        name = chosen or (tenant.time_zone if tenant else "")
        return zoneinfo.ZoneInfo(name) if name else None
