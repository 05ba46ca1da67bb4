"""The link by which other programs read the calendar of somebody's follow-ups."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from core.accounts.models import User
from core.accounts.permissions import may
from core.audit.services import record
from customers.models import CalendarFeed
from customers.permissions import FOLLOW_UPS_WORK

SALT = "customers.calendar"
GOOD_FOR = timedelta(days=365)


@transaction.atomic
def make_feed(*, user: User, at: datetime) -> CalendarFeed:
    """Make the link to somebody's own calendar, for a year, in the place of the one before, which ends."""
    feed, _is_new = CalendarFeed.objects.update_or_create(
        user=user, defaults={"word": secrets.token_urlsafe(16), "made_at": at, "renewed_at": at}
    )
    record("calendar.made", of=user, by=user, at=at)
    return feed


@transaction.atomic
def revoke_feed(*, user: User, at: datetime) -> bool:
    """End the link to somebody's own calendar; return whether there was one."""
    count, _by_model = CalendarFeed.objects.filter(user=user).delete()
    if count:
        record("calendar.revoked", of=user, by=user, at=at)
    return bool(count)


@transaction.atomic
def renew_feed(*, user: User, at: datetime) -> bool:
    """Let the link to somebody's own calendar be good for another year from now; return whether there is one."""
    count = CalendarFeed.objects.filter(user=user).update(renewed_at=at)
    if count:
        record("calendar.renewed", of=user, by=user, at=at)
    return bool(count)


def ends_at(feed: CalendarFeed) -> datetime:
    """Return when a link is over unless it is renewed."""
    return feed.renewed_at + GOOD_FOR


def token_of(feed: CalendarFeed) -> str:
    """Return what proves in an address that its holder was given it: signed, and good while `word` stands."""
    return signing.dumps([feed.tenant_id.hex, feed.user_id.hex, feed.word], salt=SALT)


def tenant_of(token: str) -> uuid.UUID | None:
    """Return the tenant that a token of ours names, before one is active; None for one that was made up."""
    facts = _facts(token)
    return uuid.UUID(facts[0]) if facts else None


def reader_of(token: str, *, at: datetime) -> User | None:
    """Return whose calendar a token opens in the active tenant; None where it is over, or they may not any more."""
    facts = _facts(token)
    if facts is None:
        return None
    _tenant, user, word = facts
    feeds = CalendarFeed.objects.filter(user=uuid.UUID(user), user__is_active=True).select_related("user")
    feed = feeds.first()
    if feed is None or at >= ends_at(feed) or not secrets.compare_digest(feed.word, word):
        return None
    return feed.user if may(feed.user, FOLLOW_UPS_WORK) else None


def _facts(token: str) -> tuple[str, str, str] | None:
    try:
        tenant, user, word = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return tenant, user, word
