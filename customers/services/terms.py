"""What follows when a customer gets another account manager, in whatever way: history, open work, trail and event."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record_many
from core.events.services import publish_many
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.entitlements import managed_tiers
from customers.enums import HandoverReason
from customers.handovers.open_work import move_open_work
from customers.models import Customer, ManagerTerm


class NeedsManager(DomainError):
    code = "needs_manager"
    message = _("Its tier entitles this customer to an account manager of its own. Hand it over to somebody instead.")


@dataclass(frozen=True, slots=True)
class Handover:
    """A customer whose account manager is the one that stands in it now, and the id of the one before."""

    customer: Customer
    former_id: uuid.UUID | None


def check_keeps_manager(customer: Customer, to: User | None, *, managed: Collection[str] | None = None) -> None:
    """Raise NeedsManager where a customer that somebody looks after would come into nobody's care in spite of its tier.

    `managed` are the tiers with an account manager of their own, asked for where it takes that.
    """
    if to is not None or customer.account_manager_id is None or not customer.tier:
        return
    if customer.tier in (managed_tiers() if managed is None else managed):
        raise NeedsManager


def begin_terms(managers: Iterable[tuple[uuid.UUID, uuid.UUID | None]], *, reason: str, at: datetime) -> None:
    """Note who looks after customers from now on, given as (customer's id, account manager's id); one statement."""
    terms = [
        ManagerTerm(customer_id=customer_id, manager_id=manager_id, reason=reason, started_at=at)
        for customer_id, manager_id in managers
        if manager_id is not None
    ]
    if terms:
        ManagerTerm.objects.bulk_create(terms)


def end_terms(customer_ids: Collection[uuid.UUID], *, reason: str, at: datetime) -> None:
    """Note that whoever looks after these customers does so no more; one statement."""
    ManagerTerm.objects.filter(customer__in=customer_ids, ended_at=None).update(ended_at=at, end_reason=reason)


def note_handovers(
    handovers: Sequence[Handover],
    *,
    reason: str,
    is_told: bool = True,
    moves_work: bool = True,
    by: User | ApiKey | None,
    at: datetime,
) -> None:
    """Let follow what follows from another account manager: the caller holds the customers and has written them.

    The open work of the former one goes along, of a customer that nobody looks after that of the last who did, and
    stays with the former one where nobody follows. A few statements for all, besides those for each piece of work. Not
    `is_told` are those of whom an event tells together; `moves_work` is not set where it is given to people by itself.
    """
    handovers = [each for each in handovers if each.customer.account_manager_id != each.former_id]
    if not handovers:
        return
    customers = [each.customer for each in handovers]
    givers = {each.customer.pk: each.former_id for each in handovers}
    givers |= _last_managers([each.customer.pk for each in handovers if each.former_id is None])
    end_terms([customer.pk for customer in customers], reason=reason, at=at)
    begin_terms([(each.pk, each.account_manager_id) for each in customers], reason=reason, at=at)
    moved = _move_work(customers, givers, by, at) if moves_work else {}
    former = {each.customer.pk: each.former_id for each in handovers}
    record_many(
        "customer.handed_over",
        customers,
        by=by,
        at=at,
        details=lambda customer: {
            "giver": _text(former[customer.pk]),
            "taker": _text(customer.account_manager_id),
            "handover_reason": reason,
            "open_work": moved.get(customer.pk, 0),
        },
    )
    if is_told:
        told = [(each.customer.pk, _told(each, reason, by)) for each in handovers]
        publish_many("customer.handed_over", told, at=at)


def _last_managers(customer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """Return who looked after each customer last, of those that nobody does; one query."""
    if not customer_ids:
        return {}
    terms = ManagerTerm.objects.filter(customer__in=customer_ids).order_by("customer", "-started_at", "-pk")
    return dict(terms.distinct("customer").values_list("customer_id", "manager_id"))


def _move_work(
    customers: Sequence[Customer],
    givers: dict[uuid.UUID, uuid.UUID | None],
    by: User | ApiKey | None,
    at: datetime,
) -> dict[uuid.UUID, int]:
    taken = [each for each in customers if each.account_manager_id and givers.get(each.pk)]
    if not taken:
        return {}
    people = User.objects.filter(is_active=True).in_bulk({each.account_manager_id for each in taken})
    takers = {
        each.pk: (givers[each.pk], people[each.account_manager_id])
        for each in taken
        if each.account_manager_id in people and givers[each.pk] != each.account_manager_id
    }
    return move_open_work(takers, by=by, at=at) if takers else {}


def _told(handover: Handover, reason: str, by: User | ApiKey | None) -> dict[str, object]:
    customer = handover.customer
    return {
        "number": customer.number,
        "version": customer.version,
        "from_id": _text(handover.former_id),
        "to_id": _text(customer.account_manager_id),
        "by_id": _text(by.pk) if isinstance(by, User) else None,
        "reason": HandoverReason(reason).value,
    }


def _text(pk: uuid.UUID | None) -> str | None:
    return str(pk) if pk is not None else None
