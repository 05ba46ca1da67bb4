import re
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

LAST_SEEN = "last_seen"
STARTED = "started"
REFRESH_SECONDS = 60
SESSION_KEY = re.compile(r"[a-z0-9]{32}")


class SessionTenantMiddleware:
    """Name the signed-in user's tenant on the request, and end sessions that were idle or open too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant_id = None
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            # What we never gave out need not be looked up, and some of it the database would refuse.
            request.session = type(request.session)()
        elif request.user.is_authenticated:
            if self._over(request):
                logout(request)
            else:
                request.tenant_id = request.user.tenant_id
        return self.get_response(request)

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
