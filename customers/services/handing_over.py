"""Giving customers into somebody's care, or into nobody's."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record_many
from core.events.services import publish_many
from core.partners.models import ApiKey
from core.tenancy.copying import rewrite
from core.tenancy.errors import DomainError
from customers.entitlements import managed_tiers
from customers.enums import HandoverReason
from customers.models import Customer
from customers.services.changes import Outcome
from customers.services.locking import CustomerMerged, lock_customer
from customers.services.terms import Handover, NeedsManager, check_keeps_manager, note_handovers
from customers.turns import wait_for_imports


class ManagerGone(DomainError):
    code = "manager_gone"
    message = _("This colleague does not work here any more. Choose somebody else.")


class HandedOverMeanwhile(DomainError):
    code = "handed_over_meanwhile"
    message = _("Somebody else has handed this customer over meanwhile.")


@dataclass(frozen=True, slots=True)
class Passing:
    """A customer that goes from whoever looks after it, by their id, to somebody, or to nobody."""

    customer_id: uuid.UUID
    of_id: uuid.UUID | None
    to: User | None


@transaction.atomic
def hand_over_customer(
    *, customer: Customer, to: User | None, reason: str, by: User | ApiKey | None, at: datetime
) -> tuple[Customer, Outcome]:
    """Give a customer into somebody's care, or into nobody's, with the open work of whoever had it.

    Raises ManagerGone, NeedsManager or CustomerMerged.
    """
    customer = lock_customer(customer.pk)
    _check(to)
    check_keeps_manager(customer, to)
    outcome = _pass([customer], {customer.pk: to}, reason=reason, by=by, at=at)
    return customer, outcome[customer.pk]


@transaction.atomic
def hand_over_customers(
    *, passings: Sequence[Passing], reason: str, by: User | ApiKey | None, at: datetime
) -> dict[uuid.UUID, Outcome | DomainError]:
    """Give many customers over at once; return what became of each, by its id.

    One that somebody else handed over meanwhile, or that was merged, stays, and so does what nobody active would take,
    or what is entitled to an account manager and would have none.
    """
    wait_for_imports()
    managed = managed_tiers() if any(each.to is None for each in passings) else frozenset()
    wanted = {each.customer_id: each for each in passings}
    found = Customer.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    outcomes: dict[uuid.UUID, Outcome | DomainError] = {pk: CustomerMerged() for pk in wanted}
    held = []
    for customer in found:
        passing = wanted[customer.pk]
        if customer.account_manager_id != passing.of_id:
            outcomes[customer.pk] = HandedOverMeanwhile()
        elif passing.to is not None and not passing.to.is_active:
            outcomes[customer.pk] = ManagerGone()
        elif passing.to is None and customer.tier in managed:
            outcomes[customer.pk] = NeedsManager()
        else:
            held.append(customer)
    return outcomes | _pass(held, {pk: each.to for pk, each in wanted.items()}, reason=reason, by=by, at=at)


@transaction.atomic
def pass_on_customer(*, row: Customer, of: User, to: User, by: User, at: datetime) -> bool:
    """Give a customer that `of` looks after into a colleague's care; return whether it still was in theirs.

    Open work stays where it is: whoever leaves chooses for each kind of it who takes it over.
    """
    customer = lock_customer(row.pk)
    if customer.account_manager_id != of.pk:
        return False
    _pass([customer], {customer.pk: to}, reason=HandoverReason.LEFT, moves_work=False, by=by, at=at)
    return True


def _check(to: User | None) -> None:
    if to is not None and not User.objects.filter(pk=to.pk, is_active=True).exists():
        raise ManagerGone


def _pass(
    customers: Sequence[Customer],
    takers: dict[uuid.UUID, User | None],
    *,
    reason: str,
    moves_work: bool = True,
    by: User | ApiKey | None,
    at: datetime,
) -> dict[uuid.UUID, Outcome]:
    """Write the account managers of customers that the caller holds, and let follow what follows."""
    handovers = []
    for customer in customers:
        former_id, to = customer.account_manager_id, takers[customer.pk]
        if former_id == (to and to.pk):
            continue
        customer.account_manager = to
        customer.version += 1
        handovers.append(Handover(customer, former_id))
    changed = [each.customer for each in handovers]
    rewrite(changed, {"account_manager", "version"})
    record_many("customer.updated", changed, by=by, at=at)
    told = [
        (each.pk, {"number": each.number, "version": each.version, "changed": ["account_manager"]}) for each in changed
    ]
    publish_many("customer.updated", told, at=at)
    note_handovers(handovers, reason=reason, moves_work=moves_work, by=by, at=at)
    moved = {each.pk for each in changed}
    return {each.pk: Outcome.UPDATED if each.pk in moved else Outcome.UNCHANGED for each in customers}
