"""The one search box: each room that has something to find registers a source in its AppConfig.ready().

Before anything is typed it shows what the person opened lately, and often, of what these sources hold.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.opened import Opened, forget_opened, opened_by
from core.accounts.permissions import permissions
from core.crypto.errors import KeyUnavailable
from core.crypto.fields import Undecryptable, decrypt, encrypt

MAX_QUERY_LENGTH = 200
MOST_HITS = 20
# Of each kind under the box, beside which the others are a key away.
MOST_LIVE_HITS = 6
# What was opened less often is not said to be opened often.
OFTEN = 3


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
    page: str
    bring: Callable[[Collection[UUID]], Mapping[UUID, Hit]]


_sources: dict[str, _Source] = {}


def register(
    *,
    key: str,
    label: str | Promise,
    icon: str,
    permission: str,
    find: Callable[[str, Any], Sequence[Hit]],
    page: str,
    bring: Callable[[Collection[UUID]], Mapping[UUID, Hit]],
    order: int = 100,
) -> None:
    """Add a source; raises ValueError for a key that is taken.

    `find(query, user)` returns a short list, best first; one more than MOST_HITS tells that there are more. `page` is
    the name of a record's page, whose only argument is the id; `bring(ids)` returns those of these records that are
    still there, in one query.
    """
    if key in _sources:
        raise ValueError(f"The search already has a source {key!r}.")
    _sources[key] = _Source(
        label=label, icon=icon, permission=permission, find=find, page=page, bring=bring, order=order
    )


def search(query: str, user: Any, *, most: int = MOST_HITS, path: str = "") -> list[Group]:
    """Ask every source that the user may see, and return up to `most` hits of each.

    For no words it is what they opened, but for the record on whose page they are, at `path`.
    """
    query = query.strip()[:MAX_QUERY_LENGTH]
    if not query:
        return opened(user, most=most, path=path)
    held = permissions(user)
    return [
        Group(label=source.label, icon=source.icon, hits=hits[:most], has_more=len(hits) > most)
        for source in sorted(_sources.values(), key=lambda source: source.order)
        if source.permission in held and (hits := source.find(query, user))
    ]


def kind_at(page: str) -> str | None:
    """Return the key of the source whose records have this page."""
    return next((key for key, source in _sources.items() if source.page == page), None)


def opened(user: User, *, most: int, path: str) -> list[Group]:
    """Return what the user opened lately, and what besides they opened often, as far as they may see it at this moment.

    A query for each kind of record among those. What is gone, as a customer that was merged or erased, is forgotten.
    """
    held = permissions(user)
    records = [each for each in opened_by(user) if each.kind in _sources and _sources[each.kind].permission in held]
    often = sorted((each for each in records if each.times >= OFTEN), key=lambda each: -each.times)
    # As many again, in the place of what is gone.
    asked = dict.fromkeys([*records[: 2 * most], *often[: 2 * most]])
    hits = _hits_of(asked)
    forget_opened(user=user, records=[each for each in asked if each not in hits])
    others = {each for each, hit in hits.items() if hit.url != path}
    last = [each for each in records if each in others][:most]
    besides = [each for each in often if each in others and each not in last][:most]
    groups = [(_("Recently opened"), "history", last), (_("Often opened"), "star", besides)]
    return [
        Group(label=label, icon=icon, hits=[hits[each] for each in chosen]) for label, icon, chosen in groups if chosen
    ]


def _hits_of(records: Iterable[Opened]) -> dict[Opened, Hit]:
    found: dict[Opened, Hit] = {}
    for key, source in _sources.items():
        ids = {each.pk: each for each in records if each.kind == key}
        if ids:
            # What kind of record it is, for nothing matched.
            found |= {
                ids[pk]: replace(hit, why=source.label, exact=False) for pk, hit in source.bring(ids.keys()).items()
            }
    return found


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
