"""What stands in the navigation, filled by each room in its AppConfig.ready()."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from core.accounts.permissions import permissions

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One area in the left navigation, or one page of the settings.

    `permission` is what a user needs to see it; empty means everyone who is signed in.
    `letter` is the key after `g` that leads there.
    """

    key: str
    label: Text
    url_name: str
    icon: str
    permission: str = ""
    order: int = 100
    letter: str = ""
    description: Text = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


_areas: dict[str, Entry] = {}
_settings_pages: dict[str, Entry] = {}


def register(
    *,
    key: str,
    label: Text,
    url_name: str,
    icon: str,
    permission: str = "",
    order: int = 100,
    letter: str = "",
) -> None:
    """Add an area to the left navigation; raises ValueError for a key or letter that is taken."""
    if key in _areas:
        raise ValueError(f"The navigation already has an area {key!r}.")
    if letter and letter in {entry.letter for entry in _areas.values()}:
        raise ValueError(f"The keys g {letter} already lead to another area.")
    _areas[key] = Entry(
        key=key, label=label, url_name=url_name, icon=icon, permission=permission, order=order, letter=letter
    )


def register_setting(
    *, key: str, label: Text, description: Text, url_name: str, icon: str, permission: str, order: int = 100
) -> None:
    """Add a page to the settings area; raises ValueError for a key that is taken."""
    if key in _settings_pages:
        raise ValueError(f"The settings already have a page {key!r}.")
    _settings_pages[key] = Entry(
        key=key,
        label=label,
        description=description,
        url_name=url_name,
        icon=icon,
        permission=permission,
        order=order,
    )


def areas_for(user: Any) -> list[Entry]:
    """Return the areas the user may enter, in order; Settings only where one of its pages is open to them."""
    return [entry for entry in _allowed(_areas.values(), user) if entry.key != "settings" or settings_pages_for(user)]


def settings_pages_for(user: Any) -> list[Entry]:
    """Return the settings pages the user may open, in order."""
    return _allowed(_settings_pages.values(), user)


def current_area(entries: Iterable[Entry], path: str) -> Entry | None:
    """Return the entry whose address is the longest beginning of the path."""
    inside = [entry for entry in entries if path.startswith(entry.url)]
    return max(inside, key=lambda entry: len(entry.url), default=None)


def _allowed(entries: Iterable[Entry], user: Any) -> list[Entry]:
    held = permissions(user)
    allowed = [entry for entry in entries if not entry.permission or entry.permission in held]
    return sorted(allowed, key=lambda entry: (entry.order, entry.key))
