from collections.abc import Callable
from datetime import datetime

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers

from core.partners import limits, problems
from core.partners.models import ApiKey
from core.partners.networks import client_address, is_within
from core.partners.selectors import find_api_key
from core.partners.services import note_use

SCHEME = "bearer"


class ApiKeyTenantMiddleware:
    """Name the tenant of a request to the API by its key, and by nothing else.

    A session is forgotten here, and keys count nowhere else: a page cannot be made to call the API as the person
    who looks at it, and a key cannot open pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(problems.API_PREFIX):
            return self.get_response(request)
        request.tenant_id = None
        request.user = AnonymousUser()
        request.api_key = None
        if "Authorization" in request.headers:
            with translation.override(translation.get_language_from_request(request)):
                refusal = self._admit(request, at=timezone.now())
            if refusal is not None:
                return refusal
        response = self.get_response(request)
        if request.api_key is not None:
            patch_vary_headers(response, ["Authorization"])
            patch_cache_control(response, private=True, no_store=True)
            for name, value in request.quota.headers.items():
                response.headers[name] = value
        return response

    def _admit(self, request: HttpRequest, *, at: datetime) -> HttpResponse | None:
        """Name key and tenant on the request, or return the refusal."""
        key = self._key(request.headers["Authorization"], at=at)
        if key is None:
            return problems.invalid_key(request)
        address = client_address(request)
        if key.networks and not is_within(address, key.networks):
            return problems.address_refused(request, address)
        # Outside the request's transaction: requests of one key must not wait for each other here.
        note_use(key=key, at=at)
        request.quota = limits.take(key=key, method=request.method, now=at.timestamp())
        if request.quota.is_refused:
            headers = {**request.quota.headers, "Retry-After": request.quota.retry_after}
            return problems.problem(request, 429, headers=headers)
        request.api_key = key
        request.tenant = key.works_in
        request.tenant_id = request.tenant.pk
        structlog.contextvars.bind_contextvars(api_key=key.prefix)
        return None

    @staticmethod
    def _key(header: str, *, at: datetime) -> ApiKey | None:
        scheme, _space, text = header.partition(" ")
        return find_api_key(text.strip(), at=at) if scheme.lower() == SCHEME else None
