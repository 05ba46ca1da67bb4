"""How often one address may send the form. With Redis away it is counted in the table of the cache."""

from django.http import HttpRequest

from core.partners.networks import network_of
from core.tenancy.counting import count_once, digest
from core.tenancy.scope import required_tenant_id

WINDOW_SECONDS = 60 * 60
PER_ADDRESS = 10


def may_send(request: HttpRequest, *, now: float) -> bool:
    """Count that the form was sent at `now`, in seconds since the epoch, and say whether it may be read."""
    window = int(now // WINDOW_SECONDS)
    sender = digest("lifecycle.joining", f"{required_tenant_id()}:{network_of(request)}")
    names = [f"crm:joining:{sender}:{window}"]
    [count] = count_once(names, seconds=2 * WINDOW_SECONDS, away="joining.limits_without_redis", in_table=True)
    return count <= PER_ADDRESS
