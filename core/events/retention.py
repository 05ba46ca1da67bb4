from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from core.tenancy.ids import first_id_of
from core.tenancy.scope import required_tenant_id

# What is not settled is little, and looked up in memory: a join might loop over it where the planner has no figures.
FORGET = """
    with old as materialized (
        select id from events_outboxevent
        where tenant_id = %(tenant)s and id < %(first)s
            and id not in (select id from events_outboxpending where tenant_id = %(tenant)s)
            and id not in (
                select event_id from events_eventdelivery
                where tenant_id = %(tenant)s and state in ('due', 'dead')
            )
    ),
    deliveries as (
        delete from events_eventdelivery where tenant_id = %(tenant)s and event_id in (select id from old)
    ),
    forgotten as (
        delete from events_outboxevent where tenant_id = %(tenant)s and id in (select id from old) returning 1
    )
    select count(*) from forgotten"""


def forget_events(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the active tenant's events older than CRM_EVENT_DAYS, with what was delivered of them.

    Those that wait, and dead letters until somebody has decided, stay. The age is read from the ids.
    """
    first = first_id_of(at - timedelta(days=settings.EVENT_DAYS))
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"tenant": required_tenant_id(), "first": first})
        return {"events": cursor.fetchone()[0]}
