"""Sweeps: work that is done in small batches, tenant by tenant, until nothing is left or the time is over."""

import time
from collections.abc import Callable

from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


def sweep_tenants(step: Callable[[], int], *, seconds: float) -> int:
    """Call `step` in the scope of every active tenant, in turns, as long as it says that it did something.

    Return how much that was in all. It ends when nobody has anything left, or after so many seconds. No scope may be
    open.
    """
    deadline = time.monotonic() + seconds
    waiting = list(Tenant.objects.filter(is_active=True).order_by("pk"))
    total = 0
    while waiting and time.monotonic() < deadline:
        tenant = waiting.pop(0)
        with tenant_scope(tenant):
            done = step()
        total += done
        if done:
            waiting.append(tenant)
    return total
