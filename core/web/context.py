from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.tenancy.scope import current_tenant
from core.web import keys, navigation

# The part of the page in which a linked record is shown beside a list.
PREVIEW = "preview-body"
THEMES = ("light", "dark", "auto")
# Set in the session of whoever has started a background job, until its end was told.
WATCH_JOBS = "watch_jobs"


class Shell:
    """What the frame around each page shows; asked for by templates only, so that nothing is read in vain."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        theme = request.COOKIES.get("crm_theme", "auto")
        self.theme = theme if theme in THEMES else "auto"
        self.keys_off = request.COOKIES.get("crm_keys") == "off"
        self.languages = settings.LANGUAGES
        self.request_id = getattr(request, "request_id", "")
        self._areas: list[navigation.Entry] | None = None

    @property
    def data_theme(self) -> str:
        """The theme to draw before any script has run."""
        return "dark" if self.theme == "dark" else "light"

    @property
    def watches_jobs(self) -> bool:
        """Whether the page asks for the ends of the user's background jobs."""
        return bool(self._request.session.get(WATCH_JOBS))

    @property
    def areas(self) -> list[navigation.Entry]:
        if self._areas is None:
            self._areas = navigation.areas_for(self._request.user)
        return self._areas

    @property
    def keys(self) -> list[keys.Key]:
        return keys.table(self.areas)

    @property
    def creations(self) -> list[navigation.Entry]:
        return navigation.creations_for(self._request.user)

    @property
    def area(self) -> navigation.Entry | None:
        return navigation.current_area(self.areas, self._request.path)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates the shell, the tenant, and the frame to extend: a page's, or to htmx a fragment's or preview's."""
    htmx = getattr(request, "htmx", None)
    fragment = bool(htmx) and not htmx.boosted and not htmx.history_restore_request
    is_preview = fragment and htmx.target == PREVIEW
    return {
        "frame": "web/preview.html" if is_preview else "web/fragment.html" if fragment else "base.html",
        "is_preview": is_preview,
        "shell": Shell(request),
        "tenant": SimpleLazyObject(current_tenant),
    }
