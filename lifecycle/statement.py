"""The one SQL statement of an evaluation of stages, put together of named parts and of the table of moves.

Every part names the tenant: row-level security is the second wall, and the planner needs the first to use the indexes.
"""

from core.audit.statement import recording
from core.events.statement import telling
from core.tenancy.ids import UUID7
from customers.enums import Stage
from customers.stages import WRITE_MOVED_CUSTOMERS
from lifecycle.enums import LeadState, MoveCause
from lifecycle.moves import MOVES

# What a window brought is held against as many windows before it.
WINDOWS_BEFORE = 3
# With fewer shipments nobody can tell a rhythm.
RHYTHM_SHIPMENTS = 5

FIGURES = """
    sums as (
        select customer_id,
            coalesce(sum(contribution) filter (where accepted_at >= %(window_start)s), 0)::bigint as contribution,
            coalesce(sum(contribution) filter (where accepted_at < %(window_start)s), 0)::bigint as earlier
        from shipments_shipment
        where tenant_id = %(tenant)s::uuid and accepted_at >= %(before_start)s and accepted_at < %(end)s
        group by customer_id
    ),
    figures as (
        select c.id, c.number, c.stage, c.stage_since, c.shipment_count,
            (c.first_shipment_at at time zone %(zone)s)::date as first_day,
            (c.last_shipment_at at time zone %(zone)s)::date as last_day,
            coalesce(c.stage_held_until >= %(as_of)s::date, false) as is_held,
            coalesce(s.contribution, 0) as contribution, coalesce(s.earlier, 0) as earlier
        from customers_customer c left join sums s on s.customer_id = c.id
        where c.tenant_id = %(tenant)s::uuid and c.merged_into_id is null
            and (c.stage <> 'lead' or c.first_shipment_at is not null)
            and (c.stage_since is null or c.stage_since < %(as_of)s::date)
    )"""

MEASURED = f"""
    measured as (
        select f.*, %(as_of)s::date as as_of,
            %(as_of)s::date - first_day + 1 as age_days,
            %(as_of)s::date - stage_since as stage_days,
            greatest(%(as_of)s::date - coalesce(last_day, stage_since), 0) as silent_days,
            case when shipment_count >= {RHYTHM_SHIPMENTS} then least(%(lost_days)s, greatest(
                %(lost_least_days)s,
                ceil((last_day - first_day) * %(lost_rhythms)s::numeric / (shipment_count - 1))::int
            )) else %(lost_days)s end as lost_after,
            case when before_days > 0 then earlier * %(window)s / before_days else 0 end as usual,
            %(growing_at)s as growing_at, %(declining_at)s as declining_at, %(new_days)s as new_days,
            %(least_days)s as least_days, %(won_back_days)s as won_back_days,
            first_day is null and stage <> 'lead' and coalesce((
                select h.shipment_count > 0 from lifecycle_stagechange h
                where h.tenant_id = %(tenant)s::uuid and h.customer_id = f.id
                order by h.changed_at desc, h.id desc limit 1
            ), false) as had_shipped
        from (
            select figures.*, least(%(before_days)s, %(window_day)s::date - first_day) as before_days from figures
        ) f
    )"""  # noqa: S608  constants of this module

# No condition that is unknown, for want of a day, makes a move.
CASES = "\n".join(
    f"when stage = '{move.before}' and coalesce({move.when}, false) then '{move.after}'" for move in MOVES
)

MOVED = f"""
    decided as (
        select m.*, case
            {CASES}
            else stage end as new_stage
        from measured m
    ),
    moved as materialized (select * from decided where new_stage <> stage)"""  # noqa: S608  the table of moves

WRITES = f"""
    written as ({WRITE_MOVED_CUSTOMERS} returning c.id),
    told as (select m.* from moved m join written using (id)),
    history as (
        insert into lifecycle_stagechange (id, tenant_id, customer_id, from_stage, to_stage, cause, reason, as_of,
            policy_version, contribution, usual, shipment_count, silent_days, lost_after, changed_at)
        select {UUID7}, %(tenant)s::uuid, id, stage, new_stage, '{MoveCause.EVALUATION}', '', %(as_of)s::date,
            %(policy_version)s, contribution, usual, shipment_count, silent_days, lost_after, %(at)s
        from told
    ),
    converted as (
        update lifecycle_lead l
        set state = '{LeadState.CONVERTED}', closed_at = %(at)s, lost_reason_id = null, version = version + 1
        from told
        where l.tenant_id = %(tenant)s::uuid and l.customer_id = told.id and told.stage = '{Stage.LEAD}'
            and l.id = (
                select n.id from lifecycle_lead n where n.tenant_id = %(tenant)s::uuid and n.customer_id = told.id
                order by n.captured_at desc, n.id desc limit 1
            )
            and l.state <> '{LeadState.CONVERTED}'
        returning l.id, l.customer_id
    )"""  # noqa: S608  constants of this module

# Who is in the first stage and was taken up by nobody becomes a lead of no known source.
ADOPTING = f"""
    with adopted as (
        insert into lifecycle_lead (id, tenant_id, customer_id, state, captured_at, version)
        select {UUID7}, %(tenant)s::uuid, c.id, '{LeadState.NEW}', c.created_at, 1
        from customers_customer c
        where c.tenant_id = %(tenant)s::uuid and c.merged_into_id is null and c.erased_at is null
            and c.stage = '{Stage.LEAD}' and c.first_shipment_at is null and not exists (
                select from lifecycle_lead l where l.tenant_id = %(tenant)s::uuid and l.customer_id = c.id
                    and (l.state <> '{LeadState.CONVERTED}' or c.stage_since is null)
            )
        on conflict do nothing
        returning 1
    )
    select count(*) from adopted"""  # noqa: S608  constants of this module


def evaluation_statement() -> str:
    """Return the statement; who receives its events is known only when all rooms are ready."""
    told = telling(
        "customer.stage_changed",
        of="told",
        subject="id",
        payload={
            "number": "number",
            "from": "stage",
            "to": "new_stage",
            "cause": f"'{MoveCause.EVALUATION}'",
            "as_of": "%(as_of)s::date",
        },
    )
    recorded = recording(
        "customer.stage_moved",
        of="told",
        kind="customers.customer",
        subject="id",
        changes="jsonb_build_object('stage', jsonb_build_array(stage, new_stage))",
    )
    of_leads = telling(
        "lead.state_changed",
        of="converted",
        subject="id",
        payload={"customer_id": "customer_id", "state": f"'{LeadState.CONVERTED}'"},
    )
    parts = ",".join([FIGURES, MEASURED, MOVED, WRITES, told, of_leads, f"recorded as ({recorded})"])
    return f"""with {parts}
        select stage, new_stage, count(*) from told group by stage, new_stage order by 1, 2"""  # noqa: S608  our own
