"""Redis, for what may be lost: asked with little patience, and left alone for seconds after it could not be reached."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

REST_SECONDS = 5.0
TIMEOUT_SECONDS = 0.25

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Rest:
    """Until when Redis is left alone."""

    until = 0.0


def ask_redis(work: Callable[[Any], T], *, away: str) -> T | None:
    """Return what `work` has of the client; None with Redis away, which is logged as the event `away`."""
    if time.monotonic() < Rest.until:
        return None
    try:
        return work(_client(settings.REDIS_URL))
    except RedisError as error:
        Rest.until = time.monotonic() + REST_SECONDS
        log.warning(away, error=type(error).__name__)
        return None


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
