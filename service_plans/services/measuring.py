"""What was kept of the plans, month by month, measured from shipments in one statement."""

from datetime import date, datetime, timedelta

from django.db import connection

from core.tenancy.scope import current_tenant
from service_plans.models import PlanMonth

# One row for each item and month: of a product shipments count once their promise or their delivery has come, of a
# route once its hours are over or they were delivered, of a pickup window once picked up.
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
            when 'pickup' then (s.picked_up_at at time zone %(zone)s)::time
                between i.picked_up_from and i.picked_up_until
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
    """Measure this month so far and the one before anew; what was delivered late counts for the month of acceptance."""
    this_month = business_date.replace(day=1)
    before = (this_month - timedelta(days=1)).replace(day=1)
    return {"measured": measure_months(first=before, last=this_month, at=at)}


def measure_months(*, first: date, last: date, at: datetime) -> int:
    """Measure every approved plan in the months from `first` to `last`, each named by its first day; return how many
    figures there are.
    """
    tenant = current_tenant()
    asked = {"first": first, "last": last, "zone": tenant.time_zone, "tenant": tenant.pk, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, asked)
        rows = cursor.fetchall()
    found = [PlanMonth(item_id=pk, month=month, measured=count, kept=kept) for pk, month, count, kept in rows]
    PlanMonth.objects.filter(month__gte=first, month__lte=last).delete()
    PlanMonth.objects.bulk_create(found, batch_size=1000)
    return len(found)
