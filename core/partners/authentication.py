from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.accounts.permissions import may
from core.partners import scopes
from core.partners.models import ApiKey
from core.partners.problems import CHALLENGE, ScopeMissing

if TYPE_CHECKING:
    from core.partners.views import Resource


class ApiKeyAuthentication(BaseAuthentication):
    """Takes the key that the middleware found; the key is the actor of the request."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        key = getattr(request, "api_key", None)
        return None if key is None else (key, key)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class HoldsPermission(BasePermission):
    """Asks the one question of all interfaces: may this actor do what the view declares?"""

    def has_permission(self, request: Request, view: "Resource") -> bool:
        if request.auth is None:
            raise NotAuthenticated
        permission = view.permission_for(view.action)
        if not may(request.auth, permission):
            raise ScopeMissing(scopes.granting(permission))
        return True
