"""The one SQL statement of an evaluation, put together of named parts.

Every part names the tenant: row-level security is the second wall, and the planner needs the first to use the
indexes. Levels are 1 for VIP, 2 for mid, 3 for low, so a greater level is a lower tier.
"""

from customers.tiers import WRITE_PLACED_CUSTOMERS
from tiering.enums import PolicyMode
from tiering.models import TierPolicy

# RFC 9562, version 7, from a random version 4: the first six bytes become the milliseconds of now, the 4
# becomes 7. PostgreSQL has a function of its own only from release 18 on.
UUID7 = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
    substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
    ), 52, 1), 53, 1), 'hex')::uuid"""


def _level(tier: str) -> str:
    return f"(case {tier} when 'vip' then 1 when 'mid' then 2 when 'low' then 3 end)"


def _tier(level: str) -> str:
    return f"(case {level} when 1 then 'vip' when 2 then 'mid' when 3 then 'low' end)"


FIGURES = """
    sums as (
        select customer_id, sum(contribution)::bigint as contribution, count(*)::int as shipment_count
        from shipments_shipment
        where tenant_id = %(tenant)s::uuid and accepted_at >= %(start)s and accepted_at < %(end)s
        group by customer_id
    ),
    figures as (
        select c.id, c.number, c.tier, c.lower_tier, c.lower_runs, c.lower_as_of, c.first_shipment_at,
            coalesce(s.contribution, 0) as contribution, coalesce(s.shipment_count, 0) as shipment_count
        from customers_customer c left join sums s on s.customer_id = c.id
        where c.tenant_id = %(tenant)s::uuid and c.first_shipment_at < %(end)s
    )"""

BY_CONTRIBUTION = """
    scored as (select f.*, 0 as score from figures f)"""

# The weighted mean of percent ranks, times the sum of the weights and of the customers less one, the same for
# all: whole numbers, so equal scores are equal.
BY_WEIGHTS = """
    scored as (
        select f.*,
            %(weight_amount)s * (rank() over (order by contribution) - 1)
            + %(weight_frequency)s * (rank() over (order by shipment_count) - 1)
            + %(weight_tenure)s * (rank() over (order by first_shipment_at desc) - 1) as score
        from figures f
    )"""

RANKED = """
    ranked as (
        select s.*, count(*) over () as ranked,
            row_number() over (
                order by score desc, contribution desc, shipment_count desc,
                    first_shipment_at, number collate "C"
            ) as rank
        from scored s
    )"""

BY_SHARE = """case
    when rank <= (ranked * %(vip_percent)s + 99) / 100 then 1
    when rank <= (ranked * (%(vip_percent)s + %(mid_percent)s) + 99) / 100 then 2
    else 3 end"""
BY_AMOUNT = """case
    when contribution * 30 >= %(vip_monthly)s::bigint * %(window)s then 1
    when contribution * 30 >= %(mid_monthly)s::bigint * %(window)s then 2
    else 3 end"""
COMPUTED_LEVELS = {
    PolicyMode.PERCENTILE: BY_SHARE,
    PolicyMode.THRESHOLD: BY_AMOUNT,
    PolicyMode.FLOOR: f"greatest({BY_SHARE}, {BY_AMOUNT})",
}

COMPUTED = """
    computed as (
        select r.*, {level} as level, {current} as current_level, {held} as held_level,
            {better} as lower_level, coalesce(o.expires_on < %(today)s, false) as is_freed
        from ranked r
        left join tiering_tieroverride o
            on o.tenant_id = %(tenant)s::uuid and o.customer_id = r.id and o.ended_at is null
    )"""

# `runs` counts this run only where its date is later than that of the last one counted.
STREAKS = """
    streaks as (
        select c.*,
            held_level is null and not is_freed and level > current_level as is_lower,
            lower_runs + (lower_as_of is null or %(as_of)s::date > lower_as_of)::int as runs,
            case when lower_runs > 0 then least(lower_level, level) else level end as streak_level
        from computed c
    ),
    decided as (
        select s.*,
            case when held_level is not null then held_level
                when is_lower and runs < %(demotion_runs)s then current_level
                when is_lower and %(demotion_runs)s > 0 then streak_level
                else level end as new_level,
            is_lower and runs < %(demotion_runs)s as is_waiting
        from streaks s
    )"""

# After a demotion to the better of the streak's tiers the date stays, so that the same run again is not new.
PLACED = """
    placed as materialized (
        select id, number, tier, rank, ranked, contribution, shipment_count, is_freed, {new_tier} as new_tier,
            {new_tier} is distinct from tier as is_moved,
            case when is_waiting and runs > 0 then {streak_tier} end as new_lower_tier,
            case when is_waiting then runs else 0 end as new_lower_runs,
            case when is_lower and (is_waiting or level > new_level)
                then greatest(lower_as_of, %(as_of)s::date) end as new_lower_as_of
        from decided
    )"""

WRITES = f"""
    written as ({WRITE_PLACED_CUSTOMERS}),
    freed as (
        update tiering_tieroverride set ended_at = %(at)s
        where tenant_id = %(tenant)s::uuid and ended_at is null and expires_on < %(today)s
            and customer_id in (select id from placed where is_freed)
    ),
    moved as (
        select p.*, case when is_freed then 'override_ended' else 'evaluation' end as reason
        from placed p where is_moved
    ),
    history as (
        insert into tiering_tierchange (id, tenant_id, customer_id, from_tier, to_tier, reason, as_of,
            window_days, policy_version, rank, ranked, contribution, shipment_count, changed_at)
        select {UUID7}, %(tenant)s::uuid, id, tier, new_tier, reason, %(as_of)s::date, %(window)s,
            %(policy_version)s, rank, ranked, contribution, shipment_count, %(at)s
        from moved
    ),
    told as (
        insert into events_outboxevent (id, tenant_id, name, version, subject_id, payload, occurred_at)
        select {UUID7}, %(tenant)s::uuid, 'customer.tier_changed', 1, id, jsonb_build_object(
            'number', number, 'from', tier, 'to', new_tier, 'reason', reason, 'as_of', %(as_of)s::date
            ), %(at)s
        from moved
    )"""  # noqa: S608  constants of this module

ANSWER = """
    select t.ranked, t.vip, t.mid, t.low,
        p.number, p.tier, p.new_tier, p.is_moved, p.rank, p.contribution, p.shipment_count
    from (
        select count(*) as ranked, count(*) filter (where new_tier = 'vip') as vip,
            count(*) filter (where new_tier = 'mid') as mid, count(*) filter (where new_tier = 'low') as low
        from placed
    ) t
    left join placed p on p.is_moved or %(with_customers)s
    order by p.rank"""


def evaluation_statement(policy: TierPolicy, *, dry_run: bool) -> str:
    """Return the statement for this policy; a dry run's only reads."""
    weighted = policy.weight_frequency or policy.weight_tenure
    computed = COMPUTED.format(
        level=f"case when shipment_count = 0 then 3 else {COMPUTED_LEVELS[PolicyMode(policy.mode)]} end",
        current=_level("r.tier"),
        held=f"case when o.expires_on is null or o.expires_on >= %(today)s then {_level('o.tier')} end",
        better=_level("r.lower_tier"),
    )
    placed = PLACED.format(new_tier=_tier("new_level"), streak_tier=_tier("streak_level"))
    parts = [FIGURES, BY_WEIGHTS if weighted else BY_CONTRIBUTION, RANKED, computed, STREAKS, placed]
    if not dry_run:
        parts.append(WRITES)
    return "with" + ",".join(parts) + ANSWER
