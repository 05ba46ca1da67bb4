import re
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

LAST_SEEN = "last_seen"
STARTED = "started"
REFRESH_SECONDS = 60
SESSION_KEY = re.compile(r"[a-z0-9]{32}")


class SessionTenantMiddleware:
    """Name the signed-in user's tenant on the request, and end sessions that were idle or open too long.

    Public pages are those of the tenant in their address: whoever is signed in, here or there, is nobody to them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant_id = None
        if request.path.startswith(settings.PUBLIC_PATHS):
            return self._as_nobody(request)
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            # What we never gave out need not be looked up, and some of it the database would refuse.
            request.session = type(request.session)()
        elif request.user.is_authenticated:
            if self._over(request):
                logout(request)
            else:
                request.tenant_id = request.user.tenant_id
        return self.get_response(request)

    def _as_nobody(self, request: HttpRequest) -> HttpResponse:
        session, request.session = request.session, type(request.session)()
        request.user = AnonymousUser()
        response = self.get_response(request)
        # The session's own middleware would drop the cookie of an empty one, and sign out by that.
        request.session = session
        return response

    @staticmethod
    def _over(request: HttpRequest) -> bool:
        now = int(time.time())
        seen = request.session.get(LAST_SEEN, now)
        started = request.session.setdefault(STARTED, now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - started > settings.SESSION_COOKIE_AGE:
            return True
        # A page that asks by itself does not keep the session of somebody alive who has gone.
        is_poll = "X-Background-Poll" in request.headers
        if LAST_SEEN not in request.session or (now - seen > REFRESH_SECONDS and not is_poll):
            request.session[LAST_SEEN] = now
        return False
