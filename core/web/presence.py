"""Who else is at a record at this moment: ids in Redis that expire by themselves, and nobody where Redis is away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.accounts.models import User
from core.tenancy.models import TenantModel
from core.tenancy.volatile import ask_redis

# A page says every twenty seconds that it is still open.
SECONDS = 50
MOST_SHOWN = 5


@dataclass(frozen=True)
class Present:
    """Somebody else at the same record."""

    user: User
    is_editing: bool


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

    def note(redis: Any) -> dict[bytes, bytes]:
        with redis.pipeline() as steps:
            steps.hset(place, member, f"{int(now)}:{int(is_editing)}")
            steps.expire(place, SECONDS)
            steps.hgetall(place)
            return steps.execute()[-1]

    found = ask_redis(note, away="presence.redis_away") or {}
    said = {name.decode(): value.decode().split(":") for name, value in found.items()}
    return {
        UUID(name): editing == "1" for name, (at, editing) in said.items() if name != member and int(at) > now - SECONDS
    }
