"""The saved views above a list, with how many rows each has: counted up to a cap and kept for minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache
from django.utils.http import urlencode

from core.accounts.models import User
from core.accounts.permissions import may
from core.web.declared import SHARE
from core.web.lists.page import NO_VIEW, TOTAL_CAP, VIEW, ListPage
from core.web.models import SavedView
from core.web.saved_views import may_change, visible_views

COUNT_SECONDS = 120
# In place of a count: the view asks for what the list does not have any more.
BROKEN = -1


def view_url(path: str, view: SavedView) -> str:
    """Return the address of a list as a view has it, filters and all."""
    return f"{path}?{view.query}{'&' if view.query else ''}{VIEW}={view.pk}"


def known_counts(views: Iterable[SavedView]) -> dict[str, int]:
    """Return the counts that the cache holds, by view id."""
    keys = {_key(view): str(view.pk) for view in views}
    return {keys[key]: count for key, count in cache.get_many(keys).items()}


def keep_count(view: SavedView, page: ListPage) -> int:
    """Count a view's rows, up to one more than TOTAL_CAP, and keep that; BROKEN if it is not understood."""
    count = page.capped_count if page.is_valid else BROKEN
    cache.set(_key(view), count, COUNT_SECONDS)
    return count


def count_words(count: int) -> str:
    return f"{TOTAL_CAP:,}+" if count > TOTAL_CAP else f"{count:,}"


def _key(view: SavedView) -> str:
    return f"view-count:{view.tenant_id}:{view.pk}:{view.changed_at.timestamp()}"


@dataclass(frozen=True)
class ViewLink:
    """One saved view in the bar; `count` is in words, empty while nobody has counted."""

    view: SavedView
    url: str
    count: str
    is_broken: bool
    is_open: bool


class ViewsBar:
    """All that stands above a list; asked for its views it makes one query, and looks once into the cache."""

    def __init__(self, list_name: str, *, page: ListPage, user: User, default: SavedView | None) -> None:
        self.list_name = list_name
        self.page = page
        self.user = user
        self.default = default

    @cached_property
    def links(self) -> list[ViewLink]:
        """Return the views by name, those at hand first."""
        views = list(visible_views(self.user, self.list_name).select_related("owner"))
        views.sort(key=lambda view: (not view.is_pinned, view.name.casefold(), view.pk))
        counts = known_counts(views)
        return [self._link(view, counts.get(str(view.pk))) for view in views]

    def _link(self, view: SavedView, count: int | None) -> ViewLink:
        is_broken = count == BROKEN
        return ViewLink(
            view=view,
            url=view_url(self.page.path, view),
            count="" if count is None or is_broken else count_words(count),
            is_broken=is_broken,
            is_open=str(view.pk) == self.page.view_id,
        )

    @property
    def at_hand(self) -> list[ViewLink]:
        """The pinned views, and the open one."""
        return [link for link in self.links if link.view.is_pinned or link.is_open]

    @property
    def lacks_counts(self) -> bool:
        return any(not link.count and not link.is_broken for link in self.links)

    @cached_property
    def open(self) -> SavedView | None:
        return next((link.view for link in self.links if link.is_open), None)

    @property
    def is_open_changed(self) -> bool:
        """Whether filters, order or columns are others than the open view's."""
        return self.open is not None and self.open.query != self.page.query

    @property
    def is_open_default(self) -> bool:
        return self.default is not None and self.default == self.open

    @property
    def all_url(self) -> str:
        return f"{self.page.path}?{urlencode({VIEW: NO_VIEW})}" if self.default else self.page.path

    @property
    def is_all(self) -> bool:
        """Whether the list is shown as it is: no view, and no filter."""
        return self.open is None and not self.page.chips

    @property
    def may_share(self) -> bool:
        return may(self.user, SHARE)

    @property
    def may_change_open(self) -> bool:
        return self.open is not None and may_change(self.user, self.open)
