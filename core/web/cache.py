"""The shared cache. With Redis away it works on in a table: sign-in limits hold, and no page fails."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

FALLBACK_ALIAS = "database"
REST_SECONDS = 5.0

log = structlog.get_logger(__name__)


def _with_fallback(name: str) -> Callable[..., Any]:
    in_redis = getattr(RedisCache, name)

    def operation(self: "FallbackRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.resting_until:
            try:
                return in_redis(self, *args, **kwargs)
            except RedisError as error:
                self.resting_until = time.monotonic() + REST_SECONDS
                log.warning("cache.redis_away", error=type(error).__name__, operation=name)
        return getattr(caches[FALLBACK_ALIAS], name)(*args, **kwargs)

    operation.__name__ = name
    return operation


class FallbackRedisCache(RedisCache):
    """Redis, or the cache called "database" for a few seconds after Redis could not be reached."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.resting_until = 0.0

    add = _with_fallback("add")
    get = _with_fallback("get")
    set = _with_fallback("set")
    touch = _with_fallback("touch")
    delete = _with_fallback("delete")
    get_many = _with_fallback("get_many")
    has_key = _with_fallback("has_key")
    incr = _with_fallback("incr")
    set_many = _with_fallback("set_many")
    delete_many = _with_fallback("delete_many")
    clear = _with_fallback("clear")
