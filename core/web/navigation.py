"""What stands in the navigation, filled by each room in its AppConfig.ready()."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

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


@dataclass(frozen=True, kw_only=True)
class Setting(Entry):
    """A page of the settings; who did the newest of `actions`, of the audit trail, changed it last.

    `parts` are the single settings on it, by the address within the page where each is changed.
    """

    actions: Sequence[str] = ()
    parts: Sequence["Part"] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    label: Text
    url_name: str
    anchor: str

    @property
    def url(self) -> str:
        return f"{reverse(self.url_name)}#{self.anchor}"


AnyEntry = TypeVar("AnyEntry", bound=Entry)

_areas: dict[str, Entry] = {}
_settings_pages: dict[str, Setting] = {}
_pages: dict[str, Entry] = {}
_creations: dict[str, Entry] = {}


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
    *,
    key: str,
    label: Text,
    description: Text,
    url_name: str,
    icon: str,
    permission: str,
    order: int = 100,
    actions: Sequence[str] = (),
    parts: Sequence[Part] = (),
) -> None:
    """Add a page to the settings area; raises ValueError for a key that is taken."""
    if key in _settings_pages:
        raise ValueError(f"The settings already have a page {key!r}.")
    _settings_pages[key] = Setting(
        key=key,
        label=label,
        description=description,
        url_name=url_name,
        icon=icon,
        permission=permission,
        order=order,
        actions=actions,
        parts=parts,
    )


def register_page(*, key: str, label: Text, url_name: str, icon: str, permission: str = "", order: int = 100) -> None:
    """Add a page of an area that the palette leads to as well; raises ValueError for a key that is taken."""
    if key in _pages:
        raise ValueError(f"There is a page {key!r} already.")
    _pages[key] = Entry(key=key, label=label, url_name=url_name, icon=icon, permission=permission, order=order)


def register_creation(*, key: str, label: Text, url_name: str, icon: str, permission: str, order: int = 100) -> None:
    """Add what can be created to the "new" menu and the palette; raises ValueError for a key that is taken."""
    if key in _creations:
        raise ValueError(f"The creation of {key!r} is registered already.")
    _creations[key] = Entry(key=key, label=label, url_name=url_name, icon=icon, permission=permission, order=order)


def areas_for(user: Any) -> list[Entry]:
    """Return the areas the user may enter, in order; Settings only where one of its pages is open to them."""
    return [entry for entry in _allowed(_areas.values(), user) if entry.key != "settings" or settings_pages_for(user)]


def settings_pages_for(user: Any) -> list[Setting]:
    """Return the settings pages the user may open, in order."""
    return _allowed(_settings_pages.values(), user)


def pages_for(user: Any) -> list[Entry]:
    """Return the further pages the user may open, in order."""
    return _allowed(_pages.values(), user)


def creations_for(user: Any) -> list[Entry]:
    """Return what the user may create, in order."""
    return _allowed(_creations.values(), user)


def current_area(entries: Iterable[Entry], path: str) -> Entry | None:
    """Return the entry whose address is the longest beginning of the path."""
    inside = [entry for entry in entries if path.startswith(entry.url)]
    return max(inside, key=lambda entry: len(entry.url), default=None)


def _allowed(entries: Iterable[AnyEntry], user: Any) -> list[AnyEntry]:
    held = permissions(user)
    allowed = [entry for entry in entries if not entry.permission or entry.permission in held]
    return sorted(allowed, key=lambda entry: (entry.order, entry.key))
