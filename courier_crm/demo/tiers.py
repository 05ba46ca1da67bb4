"""What a demo courier decided about tiers: a policy in force, one that waits, and tiers set by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import translation

from core.accounts.enums import Role
from core.accounts.models import User
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_at_once
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import Tier
from customers.models import Customer
from tiering.models import TierPolicy
from tiering.rules import LABELS
from tiering.services import (
    TRIAL_JOB,
    approve_override,
    approve_policy,
    ask_for_tier,
    current_policy,
    submit_policy,
    write_policy,
)

# In yuan; the other courier's money is worth about ten times as much.
COSTS = {"head_start_cost": Decimal(20), "manager_cost": Decimal(300)}
WORTH = {"CNY": 1}
USUAL_WORTH = 10


def make_tier_decisions(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Put entitlements with their costs in force, let a wider VIP tier wait, and set one tier of two by hand."""
    at = day_start(today, courier.time_zone)
    costs = {name: cost / WORTH.get(courier.currency, USUAL_WORTH) for name, cost in COSTS.items()}
    with_costs = _submit({**costs, "mid_rebate": 2}, by=people[Role.SUPERVISOR], at=at - timedelta(days=40))
    approve_policy(policy=with_costs, by=people[Role.ADMINISTRATOR], at=at - timedelta(days=39))
    _submit({"vip_percent": 8, "mid_rebate": 3}, by=people[Role.ADMINISTRATOR], at=at - timedelta(hours=6))
    low = Customer.objects.filter(tier=Tier.LOW).order_by("-contribution", "number")[:2]
    for place, customer in enumerate(low):
        override = ask_for_tier(
            customer=customer,
            tier=Tier.MID,
            reason=courier.override_reason,
            expires_on=today + timedelta(days=90),
            by=people[Role.ACCOUNT_MANAGER],
            at=at,
        )
        if place == 0:
            approve_override(override=override, by=people[Role.SUPERVISOR], at=at)


def _submit(changes: dict[str, object], *, by: User, at: datetime) -> TierPolicy:
    in_force = current_policy()
    rules = {name: getattr(in_force, name) for name in LABELS}
    with translation.override(by.language):
        policy = write_policy(**{**rules, **changes}, by=by, at=at)
    # The job that writing it started is done here: nobody works yet.
    perform_at_once(job=BackgroundJob.objects.get(kind=TRIAL_JOB, state=BackgroundState.WAITING), actor=by, at=at)
    return submit_policy(policy=policy, by=by, at=at)
