"""Customers with whom nobody speaks go back to the pool, after a warning."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core.events.services import publish_many
from customers.entitlements import managed_tiers
from customers.enums import SPOKEN, HandoverReason, InteractionKind
from customers.models import Customer, Interaction, ManagerTerm
from customers.services import Outcome, Passing, hand_over_customers
from portfolios.models import PortfolioPolicy, ReturnWarning
from portfolios.selectors import today_at
from portfolios.services.policies import current_policy

TALKED = [kind.value for kind in SPOKEN if kind != InteractionKind.NOTE]
# So many a night are warned of at most; the next night goes on.
MOST_A_NIGHT = 5000


def return_silent(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Return to the pool whom nobody spoke with for too long, and warn of those that will be; a few statements.

    Nobody is returned who was not warned of so many days before, or whose tier has an account manager of its own.
    """
    policy = current_policy()
    if not policy.silent_days:
        ReturnWarning.objects.all().delete()
        return {"returned": 0, "warned": 0}
    warned_after = policy.silent_days - policy.warn_days
    still_quiet = quiet(policy, at - timedelta(days=warned_after)).filter(pk=OuterRef("customer"))
    ReturnWarning.objects.filter(~Exists(still_quiet)).delete()
    returned = _return(policy, at)
    warned = _warn(policy, at - timedelta(days=warned_after), at)
    return {"returned": returned, "warned": warned}


def quiet(policy: PortfolioPolicy, since: datetime) -> QuerySet[Customer]:
    """Return the customers that would stand in the pool, and whose account manager of today has been there since then
    without anybody having spoken with them.
    """
    talks = Interaction.objects.filter(customer=OuterRef("pk"), kind__in=TALKED, happened_at__gte=since)
    newer = ManagerTerm.objects.filter(customer=OuterRef("pk"), ended_at=None, started_at__gte=since)
    owned = Customer.objects.filter(policy.pooled, account_manager__isnull=False, created_at__lt=since)
    return owned.filter(~Exists(talks), ~Exists(newer)).exclude(tier__in=managed_tiers())


def _return(policy: PortfolioPolicy, at: datetime) -> int:
    due = ReturnWarning.objects.filter(due_on__lte=today_at(at))
    silent = quiet(policy, at - timedelta(days=policy.silent_days)).filter(pk__in=due.values("customer"))
    passings = [Passing(pk, manager, None) for pk, manager in silent.values_list("pk", "account_manager")]
    if not passings:
        return 0
    outcomes = hand_over_customers(passings=passings, reason=HandoverReason.RETURNED, by=None, at=at)
    ReturnWarning.objects.filter(customer__in=[*outcomes]).delete()
    return sum(outcome == Outcome.UPDATED for outcome in outcomes.values())


def _warn(policy: PortfolioPolicy, since: datetime, at: datetime) -> int:
    known = ReturnWarning.objects.filter(customer=OuterRef("pk"))
    unknown = quiet(policy, since).filter(~Exists(known)).only("number", "account_manager")
    found = list(unknown.order_by("pk")[:MOST_A_NIGHT])
    due_on = today_at(at) + timedelta(days=policy.warn_days)
    ReturnWarning.objects.bulk_create(ReturnWarning(customer=each, due_on=due_on, warned_at=at) for each in found)
    told = [
        (
            each.pk,
            {"number": each.number, "manager_id": str(each.account_manager_id), "due_on": due_on.isoformat()},
        )
        for each in found
    ]
    publish_many("customer.return_due", told, at=at)
    return len(found)
