import uuid
from collections.abc import Collection
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

FORGET_PENDING = """
    delete from events_outboxpending
    where tenant_id = %(tenant)s and id in (
        select id from events_outboxevent
        where tenant_id = %(tenant)s and subject_id = any(%(subjects)s::uuid[]) and name = any(%(names)s::text[])
    )"""
FORGET_OF = """
    with theirs as materialized (
        select id from events_outboxevent
        where tenant_id = %(tenant)s and subject_id = any(%(subjects)s::uuid[]) and name = any(%(names)s::text[])
    ),
    free as materialized (
        select id from events_eventdelivery
        where tenant_id = %(tenant)s and event_id in (select id from theirs)
        for update skip locked
    ),
    gone as materialized (
        select t.id from theirs t
        where not exists (
            select from events_eventdelivery d
            where d.tenant_id = %(tenant)s and d.event_id = t.id and d.id not in (select id from free)
        )
    ),
    deliveries as (
        delete from events_eventdelivery where tenant_id = %(tenant)s and event_id in (select id from gone)
    ),
    forgotten as (
        delete from events_outboxevent where tenant_id = %(tenant)s and id in (select id from gone) returning 1
    )
    select count(*) from forgotten"""


def forget_events_of(subject_ids: Collection[uuid.UUID], *, names: Collection[str]) -> int:
    """Delete the events of these names that tell of these subjects, whoever is still owed them; return how many.

    One that a worker is delivering at this moment stays: waiting for it could be waiting for each other. Ask again.
    """
    parameters = {"tenant": required_tenant_id(), "subjects": sorted(subject_ids), "names": sorted(names)}
    with connection.cursor() as cursor:
        # First, so that what is dispatched meanwhile can be seen by the statement that deletes.
        cursor.execute(FORGET_PENDING, parameters)
        cursor.execute(FORGET_OF, parameters)
        return cursor.fetchone()[0]


def forget_events(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the active tenant's events older than CRM_EVENT_DAYS, with what was delivered of them.

    Those that wait, and dead letters until somebody has decided, stay. The age is read from the ids.
    """
    first = first_id_of(at - timedelta(days=settings.EVENT_DAYS))
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"tenant": required_tenant_id(), "first": first})
        return {"events": cursor.fetchone()[0]}
