"""Record pages and what may be done there, declared once for a page's header and for the palette.

Rooms register their records in AppConfig.ready(); a room to the right adds actions to records of the left.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import Resolver404, resolve, reverse
from django.utils.functional import Promise

from core.accounts.permissions import permissions

Text = str | Promise
# Longer than any address of ours: each part of it is looked up.
LONGEST_PATH = 200


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that may be done to a record.

    `applies(record, user)` tells whether it can be done to the record as it is. `url(record)` is where: a page, or,
    with `confirm`, the address that is posted to by who has read what `confirm(record)` says will happen. `classes`
    are its button's, `confirm_classes` those of the second one. What is not for the header stands on the page in
    another place already.
    """

    name: str
    label: Text
    icon: str
    url: Callable[[Any], str]
    permission: str = ""
    order: int = 100
    applies: Callable[[Any, Any], bool] | None = None
    confirm: Callable[[Any], str] | None = None
    confirm_label: Text = ""
    confirm_classes: str = "btn-danger"
    classes: str = ""
    is_in_header: bool = True


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """One kind of record with a page at `url_name`, whose only argument is the id.

    `load(id, user)` returns the record, or None where there is none for this user, in one query.
    """

    url_name: str
    permission: str
    load: Callable[[uuid.UUID, Any], Any]
    name_of: Callable[[Any], str]


@dataclass(frozen=True)
class Offer:
    """An action offered on one record."""

    action: Action
    url: str
    text: str
    page_url: str

    @property
    def anchor(self) -> str:
        return f"action-{self.action.name}"

    @property
    def starts_at(self) -> str:
        """Where it begins: its own page, or the question on the record's page."""
        return f"{self.page_url}#{self.anchor}" if self.action.confirm else self.url


@dataclass(frozen=True)
class OpenRecord:
    name: str
    offers: list[Offer]


_pages: dict[str, RecordPage] = {}
_actions: dict[str, dict[str, Action]] = {}


def register(page: RecordPage) -> None:
    """Add a kind of record; raises ValueError for a page that is taken."""
    if _pages.setdefault(page.url_name, page) is not page:
        raise ValueError(f"There are records at {page.url_name!r} already.")


def register_action(url_name: str, *actions: Action) -> None:
    """Add actions to the records at a page, theirs or of a room to the left; raises ValueError for a taken name."""
    for action in actions:
        if _actions.setdefault(url_name, {}).setdefault(action.name, action) is not action:
            raise ValueError(f"Records at {url_name!r} have an action {action.name!r} already.")


def at(url_name: str, anchor: str = "") -> Callable[[Any], str]:
    """Return what gives an action's address: the page of this name, with the record's id."""
    return lambda record: reverse(url_name, args=[record.pk]) + anchor


def offers(url_name: str, record: Any, user: Any) -> list[Offer]:
    """Return what the user may do to the record as it is, in order."""
    held = permissions(user)
    page_url = reverse(url_name, args=[record.pk])
    return [
        Offer(action, action.url(record), action.confirm(record) if action.confirm else "", page_url)
        for action in sorted(_actions.get(url_name, {}).values(), key=lambda action: action.order)
        if (not action.permission or action.permission in held)
        and (action.applies is None or action.applies(record, user))
    ]


def open_record(path: str, user: Any) -> OpenRecord | None:
    """Return the record on whose page, or on a page below it, the user is; one query where there is one."""
    page, pk = _page_at(path[:LONGEST_PATH])
    if page is None or (page.permission and page.permission not in permissions(user)):
        return None
    record = page.load(pk, user)
    if record is None:
        return None
    return OpenRecord(page.name_of(record), offers(page.url_name, record, user))


def path_patterns(user: Any) -> list[str]:
    """Return the addresses of the records whose page the user may open, with a star in the place of the id."""
    anybody, held = uuid.UUID(int=0), permissions(user)
    mine = (name for name, page in _pages.items() if page.permission in held)
    return sorted(reverse(name, args=[anybody]).replace(str(anybody), "*") for name in mine)


def _page_at(path: str) -> tuple[RecordPage | None, Any]:
    while path.strip("/"):
        try:
            match = resolve(path)
        except Resolver404:
            pass
        else:
            if match.view_name in _pages:
                return _pages[match.view_name], match.kwargs["pk"]
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return None, None
