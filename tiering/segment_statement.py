"""The one SQL statement that puts customers of the low tier, and of none, into segments; it writes what differs."""

from core.tenancy.ids import UUID7
from customers.segments import WRITE_SEGMENTS
from tiering.segments import MOST_MONTHS, RULES, doubts

# Of the last stretches of thirty days the newest is the first bit.
STRETCHES = " ".join(f"when accepted_at >= %(month_{n})s then {1 << (n - 1)}" for n in range(1, MOST_MONTHS))
KNOWN_MONTHS = " + ".join(f"(c.first_shipment_at < %(month_{n})s)::int" for n in range(1, MOST_MONTHS))
CASES = " ".join(f"when {rule.when} then '{rule.segment}'" for rule in RULES)

KNOWN = f"""
    months as (
        select customer_id, bit_or(case {STRETCHES} else {1 << (MOST_MONTHS - 1)} end) as mask
        from shipments_shipment
        where tenant_id = %(tenant)s::uuid and accepted_at >= %(month_{MOST_MONTHS})s and accepted_at < %(end)s
        group by customer_id
    ),
    known as (
        select c.id, c.segment, c.shipment_count,
            coalesce(c.tier, 'low') = 'low' and c.merged_into_id is null as is_low,
            %(as_of)s::date - (c.first_shipment_at at time zone %(zone)s)::date as first_days,
            case when c.last_shipment_at is not null
                then greatest(%(as_of)s::date - (c.last_shipment_at at time zone %(zone)s)::date, 0) end as silent_days,
            bit_count(coalesce(m.mask, 0)::bit({MOST_MONTHS})) as months_shipped,
            case when c.first_shipment_at < %(end)s then 1 + {KNOWN_MONTHS} else 0 end as months_known,
            d.customer_id is not null as is_doubting
        from customers_customer c
        left join months m on m.customer_id = c.id
        left join doubting d on d.customer_id = c.id
        where c.tenant_id = %(tenant)s::uuid
    )"""  # noqa: S608  constants of this module and of the rules

CHANGED = f"""
    placed as (
        select k.*, case when is_low then case {CASES} end end as new_segment from known k
    ),
    changed as materialized (select * from placed where new_segment is distinct from segment),
    written as ({WRITE_SEGMENTS} returning c.id),
    history as (
        insert into tiering_segmentchange (id, tenant_id, customer_id, from_segment, to_segment, as_of, shipment_count,
            silent_days, months_shipped, months_known, changed_at)
        select {UUID7}, %(tenant)s::uuid, id, segment, new_segment, %(as_of)s::date, shipment_count, silent_days,
            months_shipped, months_known, %(at)s
        from changed join written using (id)
    )"""  # noqa: S608  constants of this module and of the rules


def segment_statement() -> str:
    """Return the statement; who doubts is known only when all rooms are ready."""
    doubting = "doubting as (" + " union ".join(doubts()) + ")"
    return f"""with {doubting},{KNOWN},{CHANGED}
        select count(*) from written"""  # noqa: S608  our own
