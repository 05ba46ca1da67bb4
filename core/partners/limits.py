"""How many requests a key, and all keys of a tenant together, may send in a minute: counted in Redis.

The installation says how many, unless the operator has set another limit for the tenant and its administrators one for
the key.

With Redis away reads are let through, and writes are counted in the table of the cache: a partner that runs wild then
must not be what breaks the database. Either is logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from core.partners.models import ApiKey
from core.tenancy.counting import count_once
from core.tenancy.models import Tenant

WINDOW_SECONDS = 60
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Quota:
    """A limit, how much of it is left in this window, and in how many seconds the next begins."""

    name: str
    limit: int
    left: int
    seconds: int


@dataclass(frozen=True)
class Verdict:
    quotas: Sequence[Quota]
    is_refused: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10); none where nothing was counted."""
        if not self.quotas:
            return {}
        policies = [f'"{quota.name}";q={quota.limit};w={WINDOW_SECONDS}' for quota in self.quotas]
        left = [f'"{quota.name}";r={quota.left};t={quota.seconds}' for quota in self.quotas]
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}

    @property
    def retry_after(self) -> str:
        return str(max(quota.seconds for quota in self.quotas))


def limit_of_tenant(tenant: Tenant) -> int:
    """Return how many requests all keys of a tenant may send in a minute together."""
    return tenant.api_requests_per_minute or settings.API_REQUESTS_PER_TENANT


def limit_of_key(key: ApiKey) -> int:
    """Return how many requests a key may send in a minute."""
    return key.requests_per_minute or settings.API_REQUESTS_PER_KEY


def take(*, key: ApiKey, method: str, now: float) -> Verdict:
    """Count one request of a key, at `now` in seconds since the epoch, and tell whether it is one too many.

    What is sent to a sandbox is counted for itself.
    """
    window = int(now // WINDOW_SECONDS)
    seconds = max(1, int((window + 1) * WINDOW_SECONDS - now))
    limits = {"key": limit_of_key(key), "tenant": limit_of_tenant(key.tenant)}
    names = [f"crm:api:{{{key.works_in.pk}}}:{what}:{window}" for what in (key.pk, "all")]
    counts = count_once(names, seconds=2 * WINDOW_SECONDS, away="api.limits_without_redis", in_table=method not in SAFE)
    if counts is None:
        return Verdict(())
    quotas = [
        Quota(name, limit, max(0, limit - count), seconds)
        for (name, limit), count in zip(limits.items(), counts, strict=True)
    ]
    is_refused = any(count > limit for count, limit in zip(counts, limits.values(), strict=True))
    return Verdict(quotas, is_refused)
