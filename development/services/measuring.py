"""What promised benefits came to, month by month, measured from shipments in one statement."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from core.tenancy.clock import day_start, months_after
from core.tenancy.scope import current_tenant
from customers.models import Customer
from development.enums import Measure
from development.models import BenefitMonth, Proposal

# So many months before an agreement are measured to compare with, and so many of after it.
BEFORE, AFTER = 3, 24
# What one shipment says to a measure; null where it does not say anything yet.
VALUE = """case {measure}
    when 'cost' then s.contribution / 100.0
    when 'days' then extract(epoch from s.delivered_at - s.accepted_at) / 86400
    when 'returns' then case when 'returned' = any(s.exceptions) then 100 else 0 end
    when 'on_time' then case
        when s.promised_at is null then null
        when s.delivered_at is not null then case when s.delivered_at <= s.promised_at then 100 else 0 end
        when s.promised_at <= %(at)s then 0 end
    end"""
MEASURE = f"""
    with months as (
        select month::date as month, (month + interval '1 month')::date as next_month
        from generate_series(%(first)s::date, %(last)s::date, interval '1 month') month
    ),
    lines as (
        select l.id, l.measure, o.customer_id, m.month,
            m.month::timestamp at time zone %(zone)s as opens_at,
            m.next_month::timestamp at time zone %(zone)s as closes_at
        from development_proposalline l
        join development_proposal p on p.tenant_id = l.tenant_id and p.id = l.proposal_id
        join development_opportunity o on o.tenant_id = p.tenant_id and o.id = p.opportunity_id
        cross join lateral (select date_trunc('month', p.answered_at at time zone %(zone)s) as month) agreed
        join months m on m.month >= agreed.month - make_interval(months => %(before)s)
            and m.month <= agreed.month + make_interval(months => %(after)s)
        where l.tenant_id = %(tenant)s and l.measure <> '' and p.state = 'accepted'
            and (%(proposal)s::uuid is null or p.id = %(proposal)s)
    ),
    said as (
        select l.id, l.month, {VALUE.format(measure="l.measure")} as value
        from lines l
        join shipments_shipment s on s.tenant_id = %(tenant)s and s.customer_id = l.customer_id
            and s.accepted_at >= l.opens_at and s.accepted_at < l.closes_at
        where s.status <> 'cancelled'
    )
    select id, month, count(*), round(avg(value), 2) from said where value is not null group by id, month"""  # noqa: S608  a constant of this module
STANDS = f"""
    select m.measure, round(avg(v.value), 2)
    from unnest(%(measures)s) as m (measure)
    join shipments_shipment s on s.tenant_id = %(tenant)s and s.customer_id = %(customer)s
        and s.accepted_at >= %(opens)s and s.accepted_at < %(closes)s and s.status <> 'cancelled'
    cross join lateral (select {VALUE.format(measure="m.measure")} as value) v
    where v.value is not null group by m.measure"""  # noqa: S608  the same


def measure_benefits(*, business_date: date, at: datetime) -> dict[str, int]:
    """Measure this month so far and the one before anew."""
    this_month = business_date.replace(day=1)
    before = (this_month - timedelta(days=1)).replace(day=1)
    return {"measured": measure_months(first=before, last=this_month, at=at)}


def measure_months(*, first: date, last: date, at: datetime, proposal: Proposal | None = None) -> int:
    """Measure every accepted proposal, or one, in the months from `first` to `last`, each named by its first day;
    return how many figures there are.
    """
    tenant = current_tenant()
    asked = {
        "first": first,
        "last": last,
        "zone": tenant.time_zone,
        "tenant": tenant.pk,
        "at": at,
        "proposal": proposal and proposal.pk,
        "before": BEFORE,
        "after": AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, asked)
        rows = cursor.fetchall()
    found = [BenefitMonth(line_id=pk, month=month, measured=count, figure=mean) for pk, month, count, mean in rows]
    stale = BenefitMonth.objects.filter(month__gte=first, month__lte=last)
    (stale.filter(line__proposal=proposal) if proposal else stale).delete()
    BenefitMonth.objects.bulk_create(found, batch_size=1000)
    return len(found)


def measures_of(customer: Customer, *, today: date, at: datetime) -> dict[str, Decimal]:
    """Return what each measure of a customer came to in the months before this one, as far as shipments say."""
    tenant = current_tenant()
    this_month = today.replace(day=1)
    asked = {
        "measures": list(Measure.values),
        "tenant": tenant.pk,
        "customer": customer.pk,
        "opens": day_start(months_after(this_month, -BEFORE), tenant.time_zone),
        "closes": day_start(this_month, tenant.time_zone),
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(STANDS, asked)
        return dict(cursor.fetchall())
