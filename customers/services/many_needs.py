"""Special needs by the hundred, as files tell of them: one of a kind for each customer, in a few statements."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from core.accounts.models import User
from core.audit.services import record_many
from core.tenancy.copying import rewrite
from core.tenancy.errors import DomainError
from customers.enums import NeedKind
from customers.models import Customer, CustomerNeed
from customers.needs.kinds import KINDS, MOST_WINDOWS
from customers.services.changes import Outcome
from customers.services.locking import CustomerMerged
from customers.services.many_parts import NoSuchCustomer
from customers.services.needs import TooManyWindows
from customers.services.undoing import CHANGED, GONE
from customers.turns import wait_for_imports

Stored = dict[tuple[uuid.UUID, str], list[CustomerNeed]]


@dataclass(slots=True)
class SentNeeds:
    """The details of a customer's needs by their kinds; what it needs besides stays.

    Of a kind that may repeat, those that are not there yet come beside the others.
    `outcome` tells what became of them, or why nothing did. Of needs that were changed, `before` has id, version since
    and details before; of new ones no details.
    """

    number: str
    needs: Mapping[str, Sequence[Mapping[str, Any]]]
    outcome: Outcome | DomainError = Outcome.UNCHANGED
    customer_id: uuid.UUID | None = None
    before: list[tuple[str, int, dict[str, Any] | None]] = field(default_factory=list)


@dataclass(slots=True)
class WrittenNeeds:
    """What a row wrote, as `SentNeeds.before` has it; `kept` says why it stays, None where it was undone."""

    before: Sequence[Sequence[Any]]
    kept: Promise | None = None


def plan_needs(sent: Sequence[SentNeeds]) -> None:
    """Say what upsert_needs would do, without doing it; two queries."""
    _weigh(sent, Customer.with_merged.all())


@transaction.atomic
def upsert_needs(sent: Sequence[SentNeeds], *, by: User, at: datetime) -> None:
    """Write down needs, or change their details; no customer stands twice among them. An event tells of them together.

    A few statements, however many there are.
    """
    wait_for_imports()
    customers, new, changed = _weigh(sent, Customer.with_merged.select_for_update(of=("self",)).order_by("pk"))
    rewrite(changed, ["details", "version"])
    CustomerNeed.objects.bulk_create(new, batch_size=1000)
    for action, needs in (("need.added", new), ("need.updated", changed)):
        record_many(action, needs, of=lambda need: customers[need.customer_id], by=by, at=at, details=_kind)


@transaction.atomic
def undo_needs(written: Sequence[WrittenNeeds], *, by: User, at: datetime) -> None:
    """Remove needs that are new and give others their details back, row by row, unless somebody touched one since."""
    wait_for_imports()
    ids = [pk for each in written for pk, _version, _details in each.before]
    owners = CustomerNeed.objects.filter(pk__in=ids).values("customer")
    held = Customer.objects.select_for_update(of=("self",)).filter(pk__in=owners).order_by("pk")
    customers = {customer.pk: customer for customer in held}
    stored = {str(need.pk): need for need in CustomerNeed.objects.filter(pk__in=ids, customer__in=customers)}
    removed, restored = [], []
    for each in written:
        if any(pk not in stored for pk, _version, _details in each.before):
            each.kept = GONE
        elif any(stored[pk].version != version for pk, version, _details in each.before):
            each.kept = CHANGED
        else:
            for pk, _version, details in each.before:
                need = stored[pk]
                if details is None:
                    removed.append(need)
                    continue
                need.details, need.version = details, need.version + 1
                restored.append(need)
    rewrite(restored, ["details", "version"])
    for action, needs in (("need.removed", removed), ("need.updated", restored)):
        record_many(action, needs, of=lambda need: customers[need.customer_id], by=by, at=at, details=_kind)
    CustomerNeed.objects.filter(pk__in=[need.pk for need in removed]).delete()


def _weigh(
    sent: Sequence[SentNeeds], customers: Any
) -> tuple[dict[uuid.UUID, Customer], list[CustomerNeed], list[CustomerNeed]]:
    """Find out what is to be done, and do it to the rows in memory; return customers, new and changed needs."""
    by_number = {each.number: each for each in customers.filter(number__in={each.number for each in sent})}
    found = {customer.pk: customer for customer in by_number.values()}
    stored: Stored = defaultdict(list)
    for need in CustomerNeed.objects.filter(customer__in=found).order_by("id"):
        stored[need.customer_id, need.kind].append(need)
    new, changed = [], []
    for each in sent:
        customer = by_number.get(each.number)
        if customer is None or customer.merged_into_id is not None:
            each.outcome = NoSuchCustomer() if customer is None else CustomerMerged()
            continue
        each.customer_id = customer.pk
        windows = [need.details for need in stored[customer.pk, NeedKind.TIME_WINDOW]]
        windows += [told for told in each.needs.get(NeedKind.TIME_WINDOW, ()) if told not in windows]
        if len(windows) > MOST_WINDOWS:
            each.outcome = TooManyWindows()
            continue
        for kind, told in each.needs.items():
            there = stored[customer.pk, kind]
            for details in told:
                if any(need.details == details for need in there):
                    continue
                if there and not KINDS[NeedKind(kind)].may_repeat:
                    [need, *_others] = there
                    before, need.details, need.version = need.details, details, need.version + 1
                    changed.append(need)
                    each.before.append((str(need.pk), need.version, before))
                    continue
                need = CustomerNeed(customer=customer, kind=kind, details=details, added_to=customer.pk)
                there.append(need)
                new.append(need)
                each.before.append((str(need.pk), 1, None))
        if each.before:
            is_new = all(details is None for _pk, _version, details in each.before)
            each.outcome = Outcome.CREATED if is_new else Outcome.UPDATED
    return found, new, changed


def _kind(need: CustomerNeed) -> dict[str, Any]:
    return {"need_kind": need.kind}
