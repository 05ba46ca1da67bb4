"""What the kept events of customers come to: their figures, and one entry a day and kind in their timelines."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from behaviour.enums import WISHES, BehaviourKind
from behaviour.models import BehaviourEvent
from behaviour.querysets import agreed
from core.tenancy.clock import day_start, local_date
from core.tenancy.ids import UUID7
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.services.telling import Counted, forget_told, tell_counted

CODE = "behaviour.day"
VISIT, QUOTE, BASKET = BehaviourKind.VISIT, BehaviourKind.QUOTE, BehaviourKind.BASKET
TIMES = ("last_seen_at", "last_visit_at", "last_quote_at", "last_basket_at", "last_wish_at")
FIGURES = (*TIMES, "visit_count", "quote_count", "basket_count")
WISH = ", ".join(f"'{kind}'" for kind in WISHES)
COUNT = f"""
    insert into behaviour_customerbehaviour as b (id, tenant_id, customer_id, {", ".join(FIGURES)})
    select {UUID7}, %(tenant)s::uuid, customer_id, max(happened_at),
        max(happened_at) filter (where kind not in ({WISH})),
        max(happened_at) filter (where kind = '{QUOTE}'),
        max(happened_at) filter (where kind = '{BASKET}'),
        max(happened_at) filter (where kind in ({WISH})),
        count(*) filter (where kind not in ({WISH})),
        count(*) filter (where kind = '{QUOTE}'),
        count(*) filter (where kind = '{BASKET}')
    from behaviour_behaviourevent
    where tenant_id = %(tenant)s::uuid and customer_id = any(%(customers)s::uuid[])
    group by customer_id
    order by customer_id
    on conflict (tenant_id, customer_id) do update
    set ({", ".join(FIGURES)}) = row({", ".join(f"excluded.{name}" for name in FIGURES)})"""  # noqa: S608  constants
DROP = """
    delete from behaviour_customerbehaviour b
    where b.tenant_id = %(tenant)s::uuid and b.customer_id = any(%(customers)s::uuid[]) and not exists (
        select from behaviour_behaviourevent e
        where e.tenant_id = %(tenant)s::uuid and e.customer_id = b.customer_id
    )"""
BY_DAY = f"""
    select e.customer_id, case when e.kind in ({WISH}) then e.kind else '{VISIT}' end as what,
        (e.happened_at at time zone %(zone)s)::date as day, count(*), max(e.happened_at)
    from behaviour_behaviourevent e
    join unnest(%(customers)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
            as d(customer_id, first, after)
        on e.customer_id = d.customer_id and e.happened_at >= d.first and e.happened_at < d.after
    where e.tenant_id = %(tenant)s::uuid
    group by 1, 2, 3"""  # noqa: S608  constants


def count_figures(customer_ids: Collection[uuid.UUID]) -> None:
    """Count what is kept of these customers anew; two statements. Their rows are held to the end of the transaction."""
    parameters = {"tenant": required_tenant_id(), "customers": sorted(customer_ids)}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, parameters)
        cursor.execute(DROP, parameters)


def tell_days(happened: Iterable[tuple[uuid.UUID, datetime]], *, at: datetime) -> None:
    """Let the timelines of customers say what was counted on the days of these moments; two statements.

    The caller holds their figures, so that of two at once the second counts what the first wrote.
    """
    zone = current_tenant().time_zone
    days = sorted({(customer_id, local_date(moment, zone)) for customer_id, moment in happened})
    parameters = {
        "tenant": required_tenant_id(),
        "zone": zone,
        "customers": [customer_id for customer_id, _day in days],
        "starts": [day_start(day, zone) for _customer, day in days],
        "ends": [day_start(date.fromordinal(day.toordinal() + 1), zone) for _customer, day in days],
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, parameters)
        found = cursor.fetchall()
    told = [
        # The customer stands in the source, so that a merge finds no two of the same.
        Counted(customer_id, {"what": what, "count": count}, f"behaviour:{what}:{day}:{customer_id}", last)
        for customer_id, what, day, count, last in found
    ]
    tell_counted(code=CODE, told=told, at=at)


def count_anew(customer_ids: Collection[uuid.UUID]) -> None:
    """Count anew what hangs on these customers since a merge, or its undoing.

    Where one of the two said no nothing is told any more, and the night deletes it: until then it can be put back.
    """
    count_figures(customer_ids)
    forget_told(code=CODE, customers=customer_ids)
    kept = BehaviourEvent.objects.filter(customer__in=customer_ids)
    last = kept.aggregate(last=Max("received_at"))["last"]
    if last is not None:
        agreeing = agreed(at=last).filter(customer=OuterRef("customer"))
        moments = kept.filter(Exists(agreeing)).values_list("customer_id", "happened_at")
        tell_days(moments.iterator(), at=last)
