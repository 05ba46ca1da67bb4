"""The settings: every page and single setting in one place, found by words of any language."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from core.web import navigation
from core.web.navigation import Part, Setting
from core.web.palette import in_all_languages, matches
from core.web.trail import Done, last_done
from core.web.views import EVERY_USER, StaffView


@dataclass(frozen=True)
class Found:
    """A page of the settings, those of its single settings that were looked for, and who changed it last."""

    page: Setting
    parts: list[Part]
    changed: Done | None


class SettingsHomeView(StaffView, TemplateView):
    """The settings open to this user, narrowed by what was typed; refused where there is none."""

    permission_required = EVERY_USER
    template_name = "console/home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pages = navigation.settings_pages_for(request.user)
        if not pages:
            raise PermissionDenied
        query = request.GET.get("q", "").strip()[:100]
        return self.render_to_response(self.get_context_data(query=query, found=_found(pages, query)))


def _found(pages: list[Setting], query: str) -> list[Found]:
    """Return the pages that say what was typed, with all their parts, or else those parts that do."""
    done = last_done({action for page in pages for action in page.actions})
    found = []
    for page in pages:
        is_meant = matches(query, in_all_languages([page.label, page.description]))
        parts = [part for part in page.parts if is_meant or matches(query, in_all_languages([page.label, part.label]))]
        if is_meant or parts:
            changed = max((done[action] for action in page.actions if action in done), default=None)
            found.append(Found(page, parts, changed))
    return found
