"""Moves that were proposed and confirmed: one by one, each as long as what it was proposed for still holds."""

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.tenancy.errors import DomainError
from customers.enums import HandoverReason
from customers.models import Customer
from customers.services import (
    HandedOverMeanwhile,
    ManagerGone,
    Outcome,
    Passing,
    hand_over_customer,
    hand_over_customers,
    lock_customer,
)
from portfolios.models import NO_TIER
from portfolios.planning import propose_assignments, unassigned
from portfolios.selectors import portfolio_of, today_at
from portfolios.services.policies import current_policy
from portfolios.services.pool import NoRoom, TierNotServed
from portfolios.turns import wait_for_turn

# So many a night are assigned at most; the next night goes on.
MOST_A_NIGHT = 5000


class TierChangedMeanwhile(DomainError):
    code = "tier_changed_meanwhile"
    message = _("This customer has come into another tier meanwhile. Open the proposal again.")


@transaction.atomic
def perform_move(
    *,
    customer: Customer,
    of_id: uuid.UUID | None,
    to_id: uuid.UUID,
    tier: str,
    reason: str,
    by: User,
    at: datetime,
) -> bool:
    """Give a customer to somebody as was proposed; return whether it went.

    Raises HandedOverMeanwhile, TierChangedMeanwhile, ManagerGone, TierNotServed, NoRoom or CustomerMerged where that
    does not hold any more.
    """
    wait_for_turn()
    customer = lock_customer(customer.pk)
    if customer.account_manager_id != of_id:
        raise HandedOverMeanwhile
    if (customer.tier or NO_TIER) != tier:
        raise TierChangedMeanwhile
    taker = User.objects.filter(pk=to_id, is_active=True).first()
    if taker is None:
        raise ManagerGone
    policy = current_policy()
    portfolio = portfolio_of(taker, policy=policy)
    if not portfolio.takes(tier, today=today_at(at)):
        raise TierNotServed
    if policy.weight_of(customer.tier) > portfolio.free:
        raise NoRoom
    _customer, outcome = hand_over_customer(customer=customer, to=taker, reason=reason, by=by, at=at)
    return outcome == Outcome.UPDATED


def assign_unowned(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Give every customer that somebody should look after to whoever has most room; return how many went and stayed."""
    wait_for_turn()
    policy = current_policy()
    proposed = propose_assignments(policy=policy, at=at, most=MOST_A_NIGHT)
    passings = [Passing(each.customer.pk, None, each.taker) for each in proposed.proposals]
    outcomes = (
        hand_over_customers(passings=passings, reason=HandoverReason.ASSIGNED, by=None, at=at) if passings else {}
    )
    assigned = sum(outcome == Outcome.UPDATED for outcome in outcomes.values())
    return {"assigned": assigned, "left": unassigned(policy).count()}
