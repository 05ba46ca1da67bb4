"""What was kept of the plans, month by month, measured from shipments in one statement."""

from datetime import date, datetime

from django.db import connection

from core.tenancy.scope import current_tenant
from service_plans.models import PlanMonth, ServicePlan

A_YEAR, SUNDAY = 12, 7

# One row for each item and month: of a product shipments count once their promise or their delivery has come, of a
# route once its hours are over or they were delivered, of a pickup window once picked up, or if the parcel still waits
# when the first window after it was accepted is over.
MEASURE = """
    with months as (
        select month::date as month, month::date as first_day, (month + interval '1 month')::date as next_month
        from generate_series(%(first)s::date, %(last)s::date, interval '1 month') month
    ),
    items as (
        select i.*, p.customer_id, m.month,
            greatest(m.first_day, p.starts_on)::timestamp at time zone %(zone)s as opens_at,
            least(m.next_month, p.ends_on + 1)::timestamp at time zone %(zone)s as closes_at
        from service_plans_planitem i
        join service_plans_serviceplan p on p.tenant_id = i.tenant_id and p.id = i.plan_id
        join months m on m.first_day <= p.ends_on and m.next_month > p.starts_on
        where i.tenant_id = %(tenant)s and i.target_percent is not null and p.state = 'approved'
            and (%(plan)s::uuid is null or p.id = %(plan)s)
    ),
    judged as (
        select i.id, i.month, case i.kind
            when 'product' then case
                when s.delivered_at is not null then s.delivered_at <= s.promised_at
                when s.promised_at <= %(at)s then false end
            when 'route' then case
                when s.delivered_at is not null then
                    s.delivered_at <= s.accepted_at + i.most_hours * interval '1 hour'
                when s.accepted_at + i.most_hours * interval '1 hour' <= %(at)s then false end
            when 'pickup' then case
                when s.picked_up_at is not null then (s.picked_up_at at time zone %(zone)s)::time
                    between i.picked_up_from and i.picked_up_until
                when s.status = 'accepted' and (s.accepted_at at time zone %(zone)s)::date + i.picked_up_until
                    + case when (s.accepted_at at time zone %(zone)s)::time >= i.picked_up_until
                        then interval '1 day' else interval '0' end
                    <= %(at)s at time zone %(zone)s then false end
            when 'packaging' then s.packaging = i.packaging
            end as is_kept
        from items i
        join shipments_shipment s on s.tenant_id = %(tenant)s and s.customer_id = i.customer_id
            and s.accepted_at >= i.opens_at and s.accepted_at < i.closes_at
        where s.status <> 'cancelled'
            and (i.product = '' or s.service_product = i.product)
            and (i.origin_city = '' or s.origin_city = i.origin_city)
            and (i.destination_city = '' or s.destination_city = i.destination_city)
            and (i.kind <> 'product' or s.promised_at is not null)
            and (i.kind <> 'packaging' or s.packaging <> '')
    )
    select id, month, count(*), count(*) filter (where is_kept)
    from judged where is_kept is not null group by id, month"""


def measure_plans(*, business_date: date, at: datetime) -> dict[str, int]:
    """Measure this month so far and the one before anew, on Sundays a year, since shipments may come in late.

    What was delivered late counts for the month of acceptance.
    """
    before = A_YEAR if business_date.isoweekday() == SUNDAY else 1
    return {"measured": measure_months(first=_month(business_date, before), last=_month(business_date), at=at)}


def measure_plan(*, plan: ServicePlan, business_date: date, at: datetime) -> int:
    """Measure a plan that was approved just now, in the year before this month as far as it held by then."""
    first = max(plan.starts_on.replace(day=1), _month(business_date, A_YEAR))
    return measure_months(first=first, last=_month(business_date), at=at, plan=plan)


def measure_months(*, first: date, last: date, at: datetime, plan: ServicePlan | None = None) -> int:
    """Measure every approved plan, or this one, in the months from `first` to `last`, each named by its first day;
    return how many figures there are.
    """
    tenant = current_tenant()
    asked = {"first": first, "last": last, "zone": tenant.time_zone, "tenant": tenant.pk, "at": at}
    asked["plan"] = plan and plan.pk
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, asked)
        rows = cursor.fetchall()
    found = [PlanMonth(item_id=pk, month=month, measured=count, kept=kept) for pk, month, count, kept in rows]
    stale = PlanMonth.objects.filter(month__gte=first, month__lte=last)
    (stale.filter(item__plan=plan) if plan else stale).delete()
    PlanMonth.objects.bulk_create(found, batch_size=1000)
    return len(found)


def _month(day: date, before: int = 0) -> date:
    """Return the first day of the month that is so many before a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 - before, 12)
    return date(year, month + 1, 1)
