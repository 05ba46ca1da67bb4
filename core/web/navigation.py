"""What stands in the navigation, filled by each room in its AppConfig.ready()."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
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
class Part:
    """A single setting: what it changes, in words, and where, by the address within the page at `url_name`.

    `key` names it, and its value among those of its page. It stands for the `fields` of the form there, or for what is
    at `anchor`. Who changed it last did the newest of `actions`, those of the page unless named, that tells of `told`.
    """

    key: str
    label: Text
    changes: Text
    url_name: str
    fields: tuple[str, ...] = ()
    anchor: str = ""
    actions: Sequence[str] | None = None
    told: str = ""

    @property
    def url(self) -> str:
        anchor = self.anchor or (f"id_{self.fields[0]}" if self.fields else "")
        return f"{reverse(self.url_name)}#{anchor}" if anchor else reverse(self.url_name)


@dataclass(frozen=True, kw_only=True)
class Setting(Entry):
    """A page of the settings; who did the newest of `actions`, of the audit trail, changed it last.

    `parts` are the single settings on it, or give those of a user; `values` gives what they are set to, in words, by
    their keys, in the same few queries for many. On a page that `is_own` everybody changes what is theirs alone.
    """

    actions: Sequence[str] = ()
    parts: Sequence[Part] | Callable[[Any], Sequence[Part]] = ()
    values: Callable[[HttpRequest], Mapping[str, Text]] | None = None
    is_own: bool = False

    def parts_for(self, user: Any) -> Sequence[Part]:
        return self.parts(user) if callable(self.parts) else self.parts


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
    permission: str = "",
    order: int = 100,
    actions: Sequence[str] = (),
    parts: Sequence[Part] | Callable[[Any], Sequence[Part]] = (),
    values: Callable[[HttpRequest], Mapping[str, Text]] | None = None,
    is_own: bool = False,
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
        values=values,
        is_own=is_own,
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
    """Return the areas the user may enter, in order."""
    return _allowed(_areas.values(), user)


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
