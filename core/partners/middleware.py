from collections.abc import Callable

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers

from core.partners import problems
from core.partners.models import ApiKey
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
            key = self._key(request.headers["Authorization"])
            if key is None:
                with translation.override(translation.get_language_from_request(request)):
                    return problems.invalid_key(request)
            request.api_key = key
            request.tenant_id = key.tenant_id
            structlog.contextvars.bind_contextvars(api_key=key.prefix)
        response = self.get_response(request)
        if request.api_key is not None:
            patch_vary_headers(response, ["Authorization"])
            patch_cache_control(response, private=True, no_store=True)
        return response

    @staticmethod
    def _key(header: str) -> ApiKey | None:
        scheme, _space, text = header.partition(" ")
        if scheme.lower() != SCHEME:
            return None
        at = timezone.now()
        key = find_api_key(text.strip(), at=at)
        if key is not None:
            # Outside the request's transaction: requests of one key must not wait for each other here.
            note_use(key=key, at=at)
        return key
