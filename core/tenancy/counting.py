"""How often something happened in a window of time, for limits: counted in Redis, or in the table of the cache."""

from collections.abc import Sequence

from django.core.cache import caches
from django.utils.crypto import salted_hmac

from core.tenancy.volatile import ask_redis

FALLBACK_ALIAS = "database"
# All counts in one step. A window's count outlives it a little, whatever the clocks of two web servers say.
COUNT = """
    local counts = {}
    for place, name in ipairs(KEYS) do
        counts[place] = redis.call('INCR', name)
        if counts[place] == 1 then redis.call('EXPIRE', name, ARGV[1]) end
    end
    return counts"""


def count_once(names: Sequence[str], *, seconds: int, away: str, in_table: bool) -> list[int] | None:
    """Count one more of each name, and return how often each was counted in the last `seconds` or longer.

    The names tell one window from the next, and are counted in one step. With Redis away, which is logged as `away`,
    they are counted in the table, or not at all: None.
    """
    counts = ask_redis(lambda redis: redis.eval(COUNT, len(names), *names, seconds), away=away)
    if counts is not None or not in_table:
        return counts
    return [_counted_in_table(name, seconds) for name in names]


def digest(what: str, text: str) -> str:
    """Return what names something in a count without telling it: addresses are data of persons."""
    return salted_hmac(what, text, algorithm="sha256").hexdigest()[:32]


def _counted_in_table(name: str, seconds: int) -> int:
    """Two at one moment may count as one here."""
    kept = caches[FALLBACK_ALIAS]
    kept.add(name, 0, timeout=seconds)
    try:
        return kept.incr(name)
    except ValueError:
        return 1
