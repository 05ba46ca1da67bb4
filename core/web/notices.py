"""What staff are told besides what they look at; rooms say in AppConfig.ready() how each kind of notice reads."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from core.accounts.models import User
from core.accounts.permissions import permissions
from core.web.models import Notice, NoticeMail

KEEP = timedelta(days=90)
COUNT_CAP = 99


@dataclass(frozen=True)
class Words:
    """How a notice reads, in the reader's language, and where it leads."""

    text: str
    url: str
    detail: str = ""


# Gives the words of notices by their ids, in as many queries for many as for one; those it leaves out are not shown.
Describe = Callable[[Sequence[Notice]], dict[uuid.UUID, Words]]


@dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """A kind of notice, by whose `label` people choose how they are told.

    Whoever does not hold `permission` any more is not shown it any more; empty means everybody.
    """

    name: str
    label: str | Promise
    icon: str
    permission: str
    describe: Describe


@dataclass(frozen=True)
class Line:
    """One notice as it is shown."""

    notice: Notice
    icon: str
    words: Words


_kinds: dict[str, NoticeKind] = {}


def register(name: str, *, label: str | Promise, icon: str, permission: str = "", describe: Describe) -> None:
    """Add a kind of notice; raises ValueError for a name that is taken."""
    if name in _kinds:
        raise ValueError(f"There is a kind of notice {name!r} already.")
    _kinds[name] = NoticeKind(name=name, label=label, icon=icon, permission=permission, describe=describe)


def notify(
    *, user: User, kind: str, source_id: uuid.UUID, subject_id: uuid.UUID, facts: dict[str, Any], at: datetime
) -> None:
    """Tell somebody something; the same source again changes nothing. `facts` name nobody.

    Raises KeyError for a kind that nobody registered.
    """
    notice = Notice(
        user=user,
        kind=_kinds[kind].name,
        source_id=source_id,
        subject_id=subject_id,
        facts=facts,
        created_at=at,
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)


def kinds() -> list[NoticeKind]:
    """Return every kind of notice."""
    return list(_kinds.values())


def kinds_of(user: User) -> list[NoticeKind]:
    """Return the kinds of notices that the user may see at this moment."""
    held = permissions(user)
    return [kind for kind in _kinds.values() if not kind.permission or kind.permission in held]


def notices_of(user: User) -> QuerySet[Notice]:
    """Return the notices that the user may see at this moment."""
    return Notice.objects.filter(user=user, kind__in=[kind.name for kind in kinds_of(user)])


def unread_count(user: User) -> int:
    """Count the user's unread notices, up to one more than COUNT_CAP; one query."""
    return notices_of(user).filter(read_at=None)[: COUNT_CAP + 1].count()


def mark_read(*, notices: QuerySet[Notice], at: datetime) -> int:
    """Mark those that are unread as read; return how many."""
    return notices.order_by().filter(read_at=None).update(read_at=at)


def lines_of(notices: Sequence[Notice]) -> list[Line]:
    """Return the notices in words, in their order."""
    words: dict[uuid.UUID, Words] = {}
    for name in sorted({notice.kind for notice in notices}):
        words.update(_kinds[name].describe([notice for notice in notices if notice.kind == name]))
    return [Line(notice, _kinds[notice.kind].icon, words[notice.pk]) for notice in notices if notice.pk in words]


def forget_notices(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the active tenant's notices older than KEEP, read or not."""
    deleted, _by_model = Notice.objects.filter(created_at__lt=at - KEEP).delete()
    NoticeMail.objects.filter(created_at__lt=at - KEEP).delete()
    return {"notices": deleted}
