import pytest
from django.core.cache import caches

from core.web.cache import FallbackRedisCache


@pytest.fixture
def without_redis():
    return FallbackRedisCache("redis://127.0.0.1:1/0", {"KEY_PREFIX": "test"})


@pytest.mark.django_db
def test_cache_without_redis_keeps_values_in_the_database(without_redis):
    without_redis.set("attempts", [1, 2], 60)

    assert without_redis.get("attempts") == [1, 2]
    assert caches["database"].get("attempts") == [1, 2]


@pytest.mark.django_db
def test_cache_without_redis_counts_and_adds_once(without_redis):
    assert without_redis.add("count", 1, 60) is True
    assert without_redis.add("count", 9, 60) is False
    assert without_redis.incr("count") == 2


@pytest.mark.django_db
def test_cache_without_redis_does_not_ask_it_again_at_once(without_redis):
    without_redis.get("x")
    first = without_redis.resting_until
    without_redis.get("x")

    assert first > 0
    assert without_redis.resting_until == first


def test_cache_with_redis_uses_it():
    cache = caches["default"]
    cache.set("here", "yes", 60)

    assert cache.get("here") == "yes"
    assert cache.resting_until == 0.0
