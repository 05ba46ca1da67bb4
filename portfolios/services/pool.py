"""Claiming customers from the pool, and giving them back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.permissions import may
from core.tenancy.clock import day_start
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.enums import HandoverReason
from customers.models import Customer, ManagerTerm
from customers.querysets import selves
from customers.services import check_keeps_manager, hand_over_customer, lock_customer
from portfolios.models import NO_TIER, PortfolioPolicy
from portfolios.permissions import MANAGE
from portfolios.selectors import portfolio_of, today_at
from portfolios.services.policies import current_policy
from portfolios.turns import wait_for_turn

RELEASE_REASONS = (
    HandoverReason.UNREACHABLE,
    HandoverReason.NO_NEED,
    HandoverReason.WORKLOAD,
    HandoverReason.AREA,
    HandoverReason.OTHER,
)


class AlreadyClaimed(DomainError):
    code = "already_claimed"
    message = _("Somebody else looks after this customer by now.")


class NotInPool(DomainError):
    code = "not_in_pool"
    message = _("Customers of this tier and stage do not stand in the pool.")


class ClaimsUsedUp(DomainError):
    code = "claims_used_up"
    message = _("You have claimed as many customers today as the rules allow. Go on tomorrow.")


class RecentlyLost(DomainError):
    code = "recently_lost"
    message = _("You looked after this customer a short while ago. Let others have it first.")


class NoRoom(DomainError):
    code = "no_room"
    message = _("The portfolio has no room for this customer.")


class TierNotServed(DomainError):
    code = "tier_not_served"
    message = _("Customers of this tier are not served from this portfolio.")


class NotYours(DomainError):
    code = "not_yours"
    message = _("Only whoever looks after a customer releases it.")


@transaction.atomic
def claim_customer(*, customer: Customer, by: User, at: datetime) -> Customer:
    """Take a customer out of the pool into one's own portfolio, with the open work that waits for it.

    Of two at once the first has it. Raises what check_claim does, ManagerGone or CustomerMerged.
    """
    wait_for_turn()
    customer = lock_customer(customer.pk)
    check_claim(customer, by, policy=current_policy(), at=at)
    return hand_over_customer(customer=customer, to=by, reason=HandoverReason.CLAIMED, by=by, at=at)[0]


def check_claim(customer: Customer, by: User, *, policy: PortfolioPolicy, at: datetime) -> None:
    """Raise AlreadyClaimed, NotInPool, ClaimsUsedUp, RecentlyLost, TierNotServed or NoRoom where somebody cannot claim
    a customer.
    """
    if customer.account_manager_id is not None:
        raise AlreadyClaimed
    if not policy.is_pooled(customer):
        raise NotInPool
    if claims_left(by, policy=policy, at=at) <= 0:
        raise ClaimsUsedUp
    rests_from = at - timedelta(days=policy.rest_days)
    if ManagerTerm.objects.filter(customer__in=selves(customer), manager=by, ended_at__gt=rests_from).exists():
        raise RecentlyLost
    check_room(customer, by, policy=policy)


@transaction.atomic
def release_customer(*, customer: Customer, reason: str, by: User, at: datetime) -> Customer:
    """Give a customer back to the pool; open work waits with whoever had it until somebody claims the customer.

    Raises NotYours, NeedsManager, NotInPool, CustomerMerged, or ValueError for another reason than those of
    RELEASE_REASONS.
    """
    if reason not in RELEASE_REASONS:
        raise ValueError(f"Nobody releases a customer because of {reason!r}.")
    customer = lock_customer(customer.pk)
    check_release(customer, by)
    return hand_over_customer(customer=customer, to=None, reason=reason, by=by, at=at)[0]


def check_release(customer: Customer, by: User) -> None:
    """Raise NotYours, NeedsManager or NotInPool where somebody cannot give a customer back to the pool."""
    if not may_release(customer, by):
        raise NotYours
    check_keeps_manager(customer, None)
    if not current_policy().is_pooled(customer):
        raise NotInPool


def may_release(customer: Customer, user: User) -> bool:
    has_manager = customer.account_manager_id is not None
    return has_manager and (customer.account_manager_id == user.pk or may(user, MANAGE))


def claims_left(user: User, *, policy: PortfolioPolicy, at: datetime) -> int:
    """Return how many customers somebody may still claim today; one query."""
    midnight = day_start(today_at(at), current_tenant().time_zone)
    claimed = ManagerTerm.objects.filter(manager=user, started_at__gte=midnight, reason=HandoverReason.CLAIMED)
    return max(0, policy.claims_a_day - claimed.count())


def check_room(customer: Customer, person: User, *, policy: PortfolioPolicy) -> None:
    """Raise TierNotServed or NoRoom where a customer does not fit into somebody's portfolio; the caller holds it."""
    portfolio = portfolio_of(person, policy=policy)
    if (customer.tier or NO_TIER) not in portfolio.serves:
        raise TierNotServed
    if policy.weight_of(customer.tier) > portfolio.free:
        raise NoRoom
