"""The settings: every page and single setting in one place, found by words of any language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.views.generic import TemplateView

from core.web import navigation
from core.web.navigation import Part, Setting
from core.web.palette import in_all_languages, matches
from core.web.trail import Asked, Done, last_done
from core.web.views import EVERY_USER, StaffView


@dataclass(frozen=True)
class FoundPart:
    """A single setting, what it is set to, and who changed it last."""

    part: Part
    value: str
    changed: Done | None


@dataclass(frozen=True)
class Found:
    """A page of the settings, those of its single settings that were looked for, and who changed it last."""

    page: Setting
    parts: list[FoundPart]
    changed: Done | None


class SettingsHomeView(StaffView, TemplateView):
    """The settings open to this user, narrowed by what was typed: one's own, which everybody has, and the company's."""

    permission_required = EVERY_USER
    template_name = "console/home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.GET.get("q", "").strip()[:100]
        found = list(_found(request, wanted))
        own = [each for each in found if each.page.is_own]
        company = [each for each in found if not each.page.is_own]
        return self.render_to_response(self.get_context_data(wanted=wanted, own=own, company=company))


def _found(request: HttpRequest, wanted: str) -> Iterator[Found]:
    """Give the pages that say what was typed, or whose parts do: with those parts, or with all where none does."""
    user = request.user
    pages = [(page, page.parts_for(user)) for page in navigation.settings_pages_for(user)]
    asked = {each for page, parts in pages for each in _asked_of(page, user)}
    asked |= {each for page, parts in pages for part in parts for each in _asked_of(page, user, part)}
    done = last_done(asked)
    for page, parts in pages:
        values = page.values(request) if page.values else {}
        meant = [part for part in parts if not wanted or _says(page, part, values, wanted)]
        if meant or not wanted or matches(wanted, in_all_languages([page.label, page.description])):
            shown = [
                FoundPart(part, str(values.get(part.key, "")), _newest(done, _asked_of(page, user, part)))
                for part in meant or parts
            ]
            yield Found(page, shown, _newest(done, _asked_of(page, user)))


def _says(page: Setting, part: Part, values: Mapping[str, str | Promise], wanted: str) -> bool:
    words = in_all_languages([page.label, part.label, part.changes])
    return matches(wanted, f"{words} {values.get(part.key, '')}".casefold())


def _asked_of(page: Setting, user: Any, part: Part | None = None) -> list[Asked]:
    """Return what the trail is asked for a page, or a part of it; of one's own only what was done to oneself."""
    actions = page.actions if part is None or part.actions is None else part.actions
    told = part.told if part else ""
    return [Asked(action, told, user.pk if page.is_own else None) for action in actions]


def _newest(done: dict[Asked, Done], asked: list[Asked]) -> Done | None:
    return max((done[each] for each in asked if each in done), default=None)
