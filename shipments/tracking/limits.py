"""How often strangers may ask for a waybill, so that nobody finds out four digits by trying them all.

Every question counts, right or wrong: two at one moment cannot slip by one after the other. With Redis away it is
counted in the table of the cache. What is counted is named by digests: addresses are data of persons.
"""

from django.http import HttpRequest

from core.partners.networks import network_of
from core.tenancy.counting import count_once, digest
from core.tenancy.scope import required_tenant_id

WINDOW_SECONDS = 60 * 60
# Many telephones share an address of their provider; one waybill is asked for by a few people.
QUESTIONS_PER_ADDRESS = 60
QUESTIONS_PER_WAYBILL = 10


def may_ask(request: HttpRequest, waybill: str, *, now: float) -> bool:
    """Count a question at `now`, in seconds since the epoch, and say whether it may be answered; a scope is open."""
    window = int(now // WINDOW_SECONDS)
    tenant_id = required_tenant_id()
    names = [
        f"crm:tracking:{digest('shipments.tracking.address', network_of(request))}:{window}",
        f"crm:tracking:{digest('shipments.tracking.waybill', f'{tenant_id}:{waybill.upper()}')}:{window}",
    ]
    of_address, of_waybill = count_once(
        names, seconds=2 * WINDOW_SECONDS, away="tracking.limits_without_redis", in_table=True
    )
    return of_address <= QUESTIONS_PER_ADDRESS and of_waybill <= QUESTIONS_PER_WAYBILL
