"""The one search box: each room that has something to find registers a source in its AppConfig.ready()."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.accounts.models import User
from core.accounts.permissions import permissions
from core.crypto.errors import KeyUnavailable
from core.crypto.fields import Undecryptable, decrypt, encrypt

MAX_QUERY_LENGTH = 200
MOST_HITS = 20
# Of each kind under the box, beside which the others are a key away.
MOST_LIVE_HITS = 6


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One record found. `why` says what matched; `exact` is set when its own number was typed in full."""

    title: str
    url: str
    subtitle: str | Promise = ""
    why: str | Promise = ""
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    label: str | Promise
    icon: str
    hits: Sequence[Hit]
    has_more: bool = False


@dataclass(frozen=True, kw_only=True)
class _Source:
    label: str | Promise
    icon: str
    permission: str
    order: int
    find: Callable[[str, Any], Sequence[Hit]]


_sources: dict[str, _Source] = {}


def register(
    *,
    key: str,
    label: str | Promise,
    icon: str,
    permission: str,
    find: Callable[[str, Any], Sequence[Hit]],
    order: int = 100,
) -> None:
    """Add a source; raises ValueError for a key that is taken.

    `find(query, user)` returns a short list, best first; one more than MOST_HITS tells that there are more.
    """
    if key in _sources:
        raise ValueError(f"The search already has a source {key!r}.")
    _sources[key] = _Source(label=label, icon=icon, permission=permission, find=find, order=order)


def search(query: str, user: Any, *, most: int = MOST_HITS) -> list[Group]:
    """Ask every source that the user may see, and return up to `most` hits of each."""
    query = query.strip()[:MAX_QUERY_LENGTH]
    if not query:
        return []
    held = permissions(user)
    return [
        Group(label=source.label, icon=source.icon, hits=hits[:most], has_more=len(hits) > most)
        for source in sorted(_sources.values(), key=lambda source: source.order)
        if source.permission in held and (hits := source.find(query, user))
    ]


def only_exact_hit(groups: Sequence[Group]) -> Hit | None:
    """Return the record whose number was typed, if there is exactly one."""
    exact = [hit for group in groups for hit in group.hits if hit.exact]
    return exact[0] if len(exact) == 1 else None


def seal_query(query: str, *, user: User) -> str:
    """Return what was typed encrypted for an address that only this person can open."""
    return urlsafe_b64encode(encrypt(query, **_place(user))).decode()


def open_query(sealed: str, *, user: User) -> str:
    """Return what was typed; nothing for an address of somebody else, or from before the keys were changed."""
    try:
        return decrypt(urlsafe_b64decode(sealed), **_place(user))
    except (binascii.Error, ValueError, Undecryptable, KeyUnavailable):
        return ""


def _place(user: User) -> dict[str, Any]:
    return {"tenant_id": user.tenant_id, "table": "web.search", "column": "query", "row_id": user.pk}
