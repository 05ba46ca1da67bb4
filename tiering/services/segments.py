from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.tenancy.clock import day_start, local_date
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.turns import wait_for_imports
from tiering.segment_statement import segment_statement
from tiering.segments import DOUBT_DAYS, MONTH_DAYS, MOST_MONTHS
from tiering.services.evaluation import DateAhead, planned_for_whole_tables
from tiering.turns import wait_for_turn


@transaction.atomic
def evaluate_segments(*, as_of: date, at: datetime) -> int:
    """Put every customer of the low tier, or of none, into the segment that the rules say; return how many changed.

    One statement; all others are in none. Raises DateAhead.
    """
    zone = current_tenant().time_zone
    if as_of > local_date(at, zone):
        raise DateAhead
    wait_for_imports()
    wait_for_turn()
    with planned_for_whole_tables(), connection.cursor() as cursor:
        cursor.execute(segment_statement(), _parameters(as_of, zone, at))
        [changed] = cursor.fetchone()
    return int(changed)


def _parameters(as_of: date, zone: str, at: datetime) -> dict[str, Any]:
    def first_of(days: int) -> datetime:
        return day_start(as_of - timedelta(days=days - 1), zone)

    return {
        "tenant": required_tenant_id(),
        "zone": zone,
        "as_of": as_of,
        "at": at,
        "end": day_start(as_of + timedelta(days=1), zone),
        "doubt_start": first_of(DOUBT_DAYS),
        **{f"month_{n}": first_of(n * MONTH_DAYS) for n in range(1, MOST_MONTHS + 1)},
    }
