"""What somebody opened lately, and how often: ids in Redis alone, nothing where Redis is away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.accounts.models import User
from core.tenancy.volatile import ask_redis

# So many records of each person are known, those that were opened last.
MOST_KNOWN = 100
# Of who opens nothing for so long nothing is known any more.
SECONDS = 30 * 24 * 60 * 60
AWAY = "opened.redis_away"


@dataclass(frozen=True)
class Opened:
    """A record by its kind and id, and how often it was opened."""

    kind: str
    pk: UUID
    times: int


def note_opened(*, user: User, kind: str, pk: UUID, now: float) -> None:
    """Note that somebody opened a record, at `now` in seconds since the epoch."""
    last, often = _places(user)
    member = f"{kind}:{pk}"

    def note(redis: Any) -> None:
        with redis.pipeline() as steps:
            steps.zadd(last, {member: now})
            steps.zremrangebyrank(last, 0, -MOST_KNOWN - 1)
            steps.zincrby(often, 1, member)
            # How often is known of those alone that are known to be opened lately.
            steps.zinterstore(often, {often: 1, last: 0})
            steps.expire(last, SECONDS)
            steps.expire(often, SECONDS)
            steps.execute()

    ask_redis(note, away=AWAY)


def opened_by(user: User) -> Sequence[Opened]:
    """Return what somebody opened, the last first."""
    last, often = _places(user)

    def ask(redis: Any) -> tuple[list[bytes], dict[bytes, float]]:
        with redis.pipeline() as steps:
            steps.zrevrange(last, 0, -1)
            steps.zrange(often, 0, -1, withscores=True)
            members, counted = steps.execute()
        return members, dict(counted)

    members, times = ask_redis(ask, away=AWAY) or ([], {})
    parted = ((member, *member.decode().split(":")) for member in members)
    return [Opened(kind, UUID(pk), int(times.get(member, 1))) for member, kind, pk in parted]


def forget_opened(*, user: User, records: Iterable[Opened] | None = None) -> None:
    """Forget these records, which are gone, or whatever somebody opened."""
    places = _places(user)
    if records is None:
        ask_redis(lambda redis: redis.delete(*places), away=AWAY)
        return
    members = [f"{each.kind}:{each.pk}" for each in records]
    if members:
        ask_redis(lambda redis: [redis.zrem(place, *members) for place in places], away=AWAY)


def _places(user: User) -> tuple[str, str]:
    of = f"{user.tenant_id}:{user.pk}"
    return f"crm:opened:{of}", f"crm:opened-often:{of}"
