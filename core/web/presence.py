"""Who else is at a record at this moment: ids in Redis that expire by themselves, and nobody where Redis is away."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from core.accounts.models import User
from core.tenancy.models import TenantModel

# A page says every twenty seconds that it is still open.
SECONDS = 50
MOST_SHOWN = 5
REST_SECONDS = 5.0
TIMEOUT_SECONDS = 0.25

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Present:
    """Somebody else at the same record."""

    user: User
    is_editing: bool


class _Rest:
    """Until when Redis is left alone after it could not be reached."""

    until = 0.0


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)


def note_presence(*, record: TenantModel, user: User, is_editing: bool, now: float) -> Sequence[Present]:
    """Note that somebody has the record open, at `now` in seconds since the epoch; return who else has, by name.

    One query, where there is anybody else.
    """
    others = _others(f"crm:here:{record.tenant_id}:{record.pk}", str(user.pk), is_editing=is_editing, now=now)
    if not others:
        return []
    users = User.objects.filter(pk__in=others, is_active=True).order_by("name", "id")[:MOST_SHOWN]
    return [Present(each, others[each.pk]) for each in users]


def _others(place: str, member: str, *, is_editing: bool, now: float) -> dict[UUID, bool]:
    """Return whether they are editing, by the ids of those who were there lately."""
    if time.monotonic() < _Rest.until:
        return {}
    try:
        with _redis(settings.REDIS_URL).pipeline() as steps:
            steps.hset(place, member, f"{int(now)}:{int(is_editing)}")
            steps.expire(place, SECONDS)
            steps.hgetall(place)
            found = steps.execute()[-1]
    except RedisError as error:
        _Rest.until = time.monotonic() + REST_SECONDS
        log.warning("presence.redis_away", error=type(error).__name__)
        return {}
    said = {name.decode(): value.decode().split(":") for name, value in found.items()}
    return {
        UUID(name): editing == "1" for name, (at, editing) in said.items() if name != member and int(at) > now - SECONDS
    }
