"""The one SQL statement of an evaluation, put together of named parts.

Every part names the tenant: row-level security is the second wall, and the planner needs the first to use the
indexes. Levels are 1 for VIP, 2 for mid, 3 for low, so a greater level is a lower tier.
"""

from core.events.statement import telling
from core.tenancy.ids import UUID7
from customers.tiers import WRITE_PLACED_CUSTOMERS
from tiering.enums import PolicyMode
from tiering.models import TierPolicy

TIERS = ("vip", "mid", "low")


def _level(tier: str) -> str:
    return f"(case {tier} when 'vip' then 1 when 'mid' then 2 when 'low' then 3 end)"


def _tier(level: str) -> str:
    return f"(case {level} when 1 then 'vip' when 2 then 'mid' when 3 then 'low' end)"


# The sum of bigint is numeric, and slow; two halves of 24 bits and the rest are summed exactly as integers.
SUM = "(sum((contribution >> 24)::int4) << 24) + sum((contribution & 16777215)::int4)"

FIGURES = f"""
    sums as (
        select customer_id, {SUM} as contribution, count(*)::int as shipment_count
        from shipments_shipment
        where tenant_id = %(tenant)s::uuid and accepted_at >= %(start)s and accepted_at < %(end)s
        group by customer_id
    ),
    figures as (
        select c.id, c.number, {_level("c.tier")} as current_level, {_level("c.lower_tier")} as better_level,
            c.lower_runs, c.lower_as_of, c.first_shipment_at,
            c.contribution as old_contribution, c.window_shipment_count as old_shipment_count,
            coalesce(s.contribution, 0) as contribution, coalesce(s.shipment_count, 0) as shipment_count
        from customers_customer c left join sums s on s.customer_id = c.id
        where c.tenant_id = %(tenant)s::uuid and c.first_shipment_at < %(end)s
    )"""  # noqa: S608  constants of this module

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

# How many there are is counted apart: a second window over all rows would cost more than a second look at them.
RANKED = f"""
    totals as materialized (
        select t.*, (ranked * %(vip_percent)s + 99) / 100 as vip_ranks,
            (ranked * (%(vip_percent)s + %(mid_percent)s) + 99) / 100 as vip_and_mid_ranks
        from (
            select count(*) as ranked, {", ".join(f"count(*) filter (where tier = '{t}') as {t}" for t in TIERS)}
            from customers_customer where tenant_id = %(tenant)s::uuid and first_shipment_at < %(end)s
        ) t
    ),
    ranked as (
        select s.*,
            row_number() over (
                order by score desc, contribution desc, shipment_count desc,
                    first_shipment_at, number collate "C"
            ) as rank
        from scored s
    )"""  # noqa: S608  constants of this module

BY_SHARE = """case
    when rank <= (select vip_ranks from totals) then 1
    when rank <= (select vip_and_mid_ranks from totals) then 2
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

HOLDS = "(o.end_requested_at is null and coalesce(o.expires_on >= %(today)s, o.id is not null))"

# Most customers stay as they are; only the others go on from here.
COMPUTED = """
    levelled as (
        select r.*, {level} as level,
            case when {holds} then {held} end as held_level, o.id is not null as is_overridden
        from ranked r
        left join tiering_tieroverride o
            on o.tenant_id = %(tenant)s::uuid and o.customer_id = r.id
                and o.ended_at is null and o.approved_at is not null
        offset 0
    ),
    computed as (
        select l.*, is_overridden and held_level is null as is_freed
        from levelled l
        where is_overridden or level is distinct from current_level
            or lower_runs > 0 or better_level is not null or lower_as_of is not null
            or contribution <> old_contribution or shipment_count <> old_shipment_count
    )"""

# `runs` counts this run only where its date is later than that of the last one counted.
STREAKS = """
    streaks as (
        select c.*,
            held_level is null and not is_freed and level > current_level as is_lower,
            lower_runs + (lower_as_of is null or %(as_of)s::date > lower_as_of)::int as runs,
            case when lower_runs > 0 then least(better_level, level) else level end as streak_level
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

# Customers that had a tier and are leads again, because their shipments came to others: no tier but one by hand.
LEADS_AGAIN = """
    leads_again as (
        select c.id, c.number, c.tier, case when {holds} then o.tier end as new_tier,
            o.id is not null and not {holds} as is_freed
        from customers_customer c
        left join tiering_tieroverride o
            on o.tenant_id = %(tenant)s::uuid and o.customer_id = c.id
                and o.ended_at is null and o.approved_at is not null
        where c.tenant_id = %(tenant)s::uuid and c.first_shipment_at is null and c.tier is not null
    )"""

# After a demotion to the better of the streak's tiers the date stays, so that the same run again is not new.
PLACED = """
    placed as materialized (
        select id, number, {tier} as tier, rank, contribution, shipment_count, is_freed, {new_tier} as new_tier,
            new_level is distinct from current_level as is_moved,
            case when is_waiting and runs > 0 then {streak_tier} end as new_lower_tier,
            case when is_waiting then runs else 0 end as new_lower_runs,
            case when is_lower and (is_waiting or level > new_level)
                then greatest(lower_as_of, %(as_of)s::date) end as new_lower_as_of
        from decided
        union all
        select id, number, tier, null, 0, 0, is_freed, new_tier, new_tier is distinct from tier, null, 0, null
        from leads_again
    )"""

WRITES = f"""
    written as ({WRITE_PLACED_CUSTOMERS} returning 1),
    freed as (
        update tiering_tieroverride set ended_at = %(at)s
        where tenant_id = %(tenant)s::uuid and ended_at is null and approved_at is not null
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
            %(policy_version)s, rank, (select ranked from totals), contribution, shipment_count, %(at)s
        from moved
    )"""  # noqa: S608  constants of this module


def _told() -> str:
    """Return the part that publishes the moves; the receivers are known only when all rooms are ready."""
    return telling(
        "customer.tier_changed",
        of="moved",
        subject="id",
        payload={
            "number": "number",
            "from": "tier",
            "to": "new_tier",
            "reason": "reason",
            "as_of": "%(as_of)s::date",
        },
    )


# Per tier: who of the ranked had it, less who left it, plus who came to it.
COUNTS = ", ".join(
    f"""{tier} + (select count(*) filter (where new_tier = '{tier}') - count(*) filter (where tier = '{tier}')
        from placed where is_moved and rank is not null) as {tier}"""  # noqa: S608  constants of this module
    for tier in TIERS
)
# What a trial says besides, of the ranked: how many have each tier now, and what these and those to come brought.
AMOUNTS = ", ".join(
    f"""coalesce(sum(greatest(r.contribution, 0)) filter (where {level} = {place}), 0)::bigint"""
    for level in ("r.current_level", "coalesce(p.new_level, r.current_level)")
    for place, _tier_of in enumerate(TIERS, start=1)
)
BROUGHT = f"""
    brought as (
        select array[{AMOUNTS}] as amounts
        from ranked r left join (
            select id, {_level("new_tier")} as new_level from placed where is_moved and rank is not null
        ) p on p.id = r.id
    )"""  # noqa: S608  constants of this module
NOW = ", ".join(f"{tier} as now_{tier}" for tier in TIERS)
AMOUNTS_SHOWN = ", ".join(f"amounts[{place}]" for place in range(1, 2 * len(TIERS) + 1))
# Of a row the figures of the whole: ranked, after and written, and of a trial before and brought.
HEAD = 2 + 4 * len(TIERS)
ANSWER_MOVED = (
    """select id, number, tier, new_tier, is_moved, rank, contribution, shipment_count from placed where is_moved"""
)
ANSWER_ALL = f"""
    select r.id, r.number, {_tier("r.current_level")} as tier,
        coalesce(p.new_tier, {_tier("r.current_level")}) as new_tier, coalesce(p.is_moved, false) as is_moved,
        r.rank, r.contribution, r.shipment_count
    from ranked r left join placed p on p.id = r.id
    union all
    select id, number, tier, new_tier, is_moved, rank, contribution, shipment_count
    from placed where rank is null and is_moved"""  # noqa: S608  constants of this module


def evaluation_statement(policy: TierPolicy, *, dry_run: bool, with_customers: bool) -> str:
    """Return the statement for this policy; a dry run's only reads."""
    weighted = policy.weight_frequency or policy.weight_tenure
    computed = COMPUTED.format(
        level=f"case when shipment_count = 0 then 3 else {COMPUTED_LEVELS[PolicyMode(policy.mode)]} end",
        holds=HOLDS,
        held=_level("o.tier"),
    )
    placed = PLACED.format(tier=_tier("current_level"), new_tier=_tier("new_level"), streak_tier=_tier("streak_level"))
    leads_again = LEADS_AGAIN.format(holds=HOLDS)
    parts = [FIGURES, BY_WEIGHTS if weighted else BY_CONTRIBUTION, RANKED, computed, STREAKS, leads_again, placed]
    parts += [BROUGHT] if dry_run else [WRITES, _told()]
    written = "0" if dry_run else "(select count(*) from written)"
    standings = f"now_vip, now_mid, now_low, {AMOUNTS_SHOWN}" if dry_run else ", ".join(["null"] * (3 * len(TIERS)))
    brought = "brought cross join" if dry_run else ""
    rows = ANSWER_ALL if with_customers else ANSWER_MOVED
    return f"""with{",".join(parts)}
        select t.ranked, t.vip, t.mid, t.low, t.written, {standings}, a.*
        from {brought} (
            select ranked, {COUNTS}, {written} as written, {NOW} from totals
        ) t left join ({rows}) a on true
        order by a.rank"""  # noqa: S608  constants of this module
