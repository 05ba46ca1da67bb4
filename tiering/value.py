"""What customers are worth, set by set: recency, frequency and value, the Pareto curve, cohorts, and who brings what.

RFM scores are quintiles from 1 to 5, 5 the best, by percent rank, so equals score equally (Hughes, Strategic Database
Marketing, 1994). A cohort is who shipped for the first time in a month; it is kept as far as it ships in later ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from core.tenancy.clock import day_start, months_after
from core.tenancy.scope import current_tenant

DAYS = 365
COHORTS = 12
SCORES = range(1, 6)
CURVE_STEPS = 20
MOST_GROUPS = 12
# Shipments in the window: from so many on, a customer is in the band.
BANDS = (1, 2, 5, 20, 100, 500)

# All that ship within the window, once, with what the sums below ask of them.
SHIPPERS = """
    shippers as (
        select s.customer_id, max(s.accepted_at) as last, count(*)::int as shipments,
            sum(s.contribution)::bigint as amount
        from shipments_shipment s
        where s.tenant_id = %(tenant)s and s.accepted_at >= %(start)s and s.accepted_at < %(end)s
        group by s.customer_id
    )"""

RFM = f"""
    with {SHIPPERS},
    ranked as (
        select amount, shipments,
            least(5, 1 + floor(5 * percent_rank() over (order by last)))::int as recency,
            least(5, 1 + floor(5 * percent_rank() over (order by shipments)))::int as frequency,
            least(5, 1 + floor(5 * percent_rank() over (order by amount)))::int as value
        from shippers
    )
    select recency, frequency, count(*), sum(amount)::bigint, avg(value)::float8
    from ranked group by recency, frequency"""  # noqa: S608  constants of this module

# At each twentieth of the customers, best first, what they and all before them bring.
PARETO = f"""
    with {SHIPPERS},
    ordered as (
        select amount, row_number() over (order by amount desc, customer_id) as place, count(*) over () as total
        from shippers
    )
    select (1 + (place - 1) * %(steps)s / total)::int as step, sum(amount)::bigint
    from ordered group by step order by step"""  # noqa: S608

BAND = f"""
    with {SHIPPERS}
    select width_bucket(shipments, %(bands)s), count(*), sum(amount)::bigint from shippers group by 1"""  # noqa: S608

GROUPED = """
    select {column}, count(distinct s.customer_id), sum(s.contribution)::bigint
    from shipments_shipment s join customers_customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id
    where s.tenant_id = %(tenant)s and s.accepted_at >= %(start)s and s.accepted_at < %(end)s
    group by 1 order by 3 desc, 1"""
BY_REGION = GROUPED.format(column="c.region")
BY_PRODUCT = GROUPED.format(column="s.service_product")

MONTHS = """
    with active as (
        select distinct s.customer_id, date_trunc('month', s.accepted_at at time zone %(zone)s)::date as month
        from shipments_shipment s
        where s.tenant_id = %(tenant)s and s.accepted_at >= %(first)s and s.accepted_at < %(end)s
    ),
    newcomers as (
        select id, date_trunc('month', first_shipment_at at time zone %(zone)s)::date as cohort
        from customers_customer
        where tenant_id = %(tenant)s and first_shipment_at >= %(first)s and first_shipment_at < %(end)s
    )
    select n.cohort, a.month, count(*) from newcomers n join active a on a.customer_id = n.id
    group by n.cohort, a.month"""

Figures = dict[str, Any]


def analyse_value(*, as_of: date) -> Figures:
    """Return the figures of the window of DAYS that ends with `as_of`, fit for JSON; amounts are in minor units.

    `rfm` has a row for each recency and frequency that occurs: the scores, customers, amount, and mean score of the
    value. `pareto` is the share of the amount, in per cent, at each twentieth of the customers. `cohorts` are months,
    each with how many began in it and how many of them shipped in each month since, itself first. `regions`,
    `products` and `bands` have name or lower bound, customers and amount, the greatest first; what is beyond
    MOST_GROUPS is in one under None. Six statements.
    """
    zone = current_tenant().time_zone
    first = months_after(as_of.replace(day=1), 1 - COHORTS)
    asked = {
        "tenant": current_tenant().pk,
        "zone": zone,
        "start": day_start(as_of - timedelta(days=DAYS - 1), zone),
        "end": day_start(as_of + timedelta(days=1), zone),
        "first": day_start(first, zone),
        "steps": CURVE_STEPS,
        "bands": list(BANDS),
    }
    steps = _rows(PARETO, asked)
    bands = [(BANDS[band - 1], count, amount) for band, count, amount in _rows(BAND, asked)]
    return {
        "as_of": as_of.isoformat(),
        "customers": sum(count for _band, count, _amount in bands),
        "amount": sum(amount for _step, amount in steps),
        "rfm": [list(row) for row in _rows(RFM, asked)],
        "pareto": _curve(steps),
        "cohorts": _cohorts(_rows(MONTHS, asked), first=first, last=as_of.replace(day=1)),
        "regions": _greatest(_rows(BY_REGION, asked)),
        "products": _greatest(_rows(BY_PRODUCT, asked)),
        "bands": [list(band) for band in sorted(bands)],
    }


def analyse_last_day(*, business_date: date, at: object) -> Figures:
    """Do the nightly analysis as of the day before `business_date`."""
    return analyse_value(as_of=business_date - timedelta(days=1))


def _rows(statement: str, asked: Mapping[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return cursor.fetchall()


def _curve(steps: Sequence[tuple[int, int]]) -> list[float]:
    """Return the share of all that is brought up to each step; where few customers leave steps out, the one before."""
    total = sum(max(amount, 0) for _step, amount in steps)
    by_step = dict(steps)
    shares, brought = [], 0
    for step in range(1, CURVE_STEPS + 1):
        brought += by_step.get(step, 0)
        shares.append(round(100 * brought / total, 1) if total > 0 else 0.0)
    return shares


def _cohorts(found: Iterable[tuple[date, date, int]], *, first: date, last: date) -> list[Figures]:
    counts: dict[date, dict[date, int]] = defaultdict(dict)
    for cohort, month, count in found:
        counts[cohort][month] = count
    months = [months_after(first, number) for number in range(COHORTS)]
    return [
        {
            "month": f"{cohort:%Y-%m}",
            "kept": [counts[cohort].get(month, 0) for month in months if cohort <= month <= last],
        }
        for cohort in months
    ]


def _greatest(rows: Sequence[tuple[str, int, int]]) -> list[list[Any]]:
    """Return the greatest of these groups; the rest, whose customers may be in several, in one."""
    shown, rest = rows[:MOST_GROUPS], rows[MOST_GROUPS:]
    others = (
        [[None, sum(count for _name, count, _amount in rest), sum(amount for *_name, amount in rest)]] if rest else []
    )
    return [*(list(row) for row in shown), *others]
