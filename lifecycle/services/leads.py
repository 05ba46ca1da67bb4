"""Capturing leads and working on them."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.permissions import declared, may
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from customers.enums import CustomerKind, PointSource, Stage
from customers.models import Customer
from customers.services import CustomerNumberTaken, NewContactPoint, add_contact, lock_customer, open_customer
from lifecycle.enums import OPEN, LeadAssignment, LeadState
from lifecycle.models import Lead, LeadSource, LifecyclePolicy, LostReason
from lifecycle.permissions import LEADS_WORK
from lifecycle.services.policies import current_policy
from lifecycle.turns import wait_for_assignment, wait_for_number

LONGEST_WISH = 2000
MOST_TAKEN_NUMBERS = 20


class NoLead(DomainError):
    code = "no_lead"
    message = _("This customer has shipped already, or is won: it is no lead.")


class LeadOpen(DomainError):
    code = "lead_open"
    message = _("This customer is an open lead already.")


class LeadClosed(DomainError):
    code = "lead_closed"
    message = _("This lead is converted or lost already.")


class LeadChanged(RecordChanged):
    code = "lead_changed"
    message = _("Somebody else changed this lead in the meantime. Load the page again to see it.")


class LeadTaken(DomainError):
    code = "lead_taken"
    message = _("A colleague was faster: somebody else is in charge of this lead.")


class LeadQualified(DomainError):
    code = "lead_qualified"
    message = _("This lead is as far already.")


class LeadNotLost(DomainError):
    code = "lead_not_lost"
    message = _("Only a lead that was given up can be taken up again.")


class CannotWork(DomainError):
    code = "cannot_work"
    message = _("This colleague does not work on leads, or no longer works here.")


class SourceNotInUse(DomainError):
    code = "source_not_in_use"
    message = _("This source is no longer in use.")


class LostReasonNotInUse(DomainError):
    code = "lost_reason_not_in_use"
    message = _("This reason is no longer in use.")


class WishTooLong(DomainError):
    code = "wish_too_long"
    message = _("What they ship holds 2,000 characters at most.")


def workers() -> QuerySet[User]:
    """Return the colleagues who may be in charge of a lead."""
    return User.objects.filter(is_active=True, role__in=declared()[LEADS_WORK].roles).order_by("name", "id")


@transaction.atomic
def capture_lead(
    *,
    number: str = "",
    kind: str = CustomerKind.COMPANY,
    facts: Mapping[str, Any],
    contact_name: str = "",
    points: Collection[NewContactPoint] = (),
    source: LeadSource | None,
    wish: str = "",
    assignee: User | None = None,
    form_key: str | None = None,
    by: User | ApiKey | None,
    at: datetime,
) -> Lead:
    """Open the archive of somebody who may become a customer, with whoever speaks for it, and take it up as a lead.

    Without a number it gets the next of ours. Raises what open_customer, add_contact and take_up_lead do.
    """
    given = {**facts, "kind": kind, "source": str(source or "")[:100]}
    serial, customer = None, None
    if number:
        customer = open_customer(number=number, facts=given, may_lack_required=True, by=by, at=at)
    else:
        serial, customer = _open_numbered(given, by=by, at=at)
    if contact_name or points:
        name = contact_name or facts.get("person_name") or facts.get("company_name", "")
        # Nobody but the public form captures a lead without saying who does.
        origin = PointSource.FORM if by is None else ""
        add_contact(customer=customer, name=name, is_primary=True, points=list(points), source=origin, by=by, at=at)
    return take_up_lead(
        customer=customer,
        source=source,
        wish=wish,
        assignee=assignee,
        serial=serial,
        form_key=form_key,
        by=by,
        at=at,
    )


@transaction.atomic
def take_up_lead(
    *,
    customer: Customer,
    source: LeadSource | None,
    wish: str = "",
    assignee: User | None = None,
    serial: int | None = None,
    form_key: str | None = None,
    by: User | ApiKey | None,
    at: datetime,
) -> Lead:
    """Take a customer that has not shipped up as a lead; without an assignee the rules say who is in charge.

    Raises NoLead, LeadOpen, SourceNotInUse, WishTooLong, CannotWork or CustomerMerged.
    """
    wish = wish.strip()
    if len(wish) > LONGEST_WISH:
        raise WishTooLong
    if source is not None and not source.is_active:
        raise SourceNotInUse
    if assignee is not None:
        _check_worker(assignee)
    customer = lock_customer(customer.pk)
    if customer.stage != Stage.LEAD:
        raise NoLead
    if Lead.objects.filter(customer=customer, closed_at=None).exists():
        raise LeadOpen
    lead = Lead.objects.create(
        customer=customer,
        source=source,
        wish=wish or None,
        assignee=assignee or _next_assignee(current_policy()),
        captured_at=at,
        captured_by=by if isinstance(by, User) else None,
        captured_by_key=by.pk if isinstance(by, ApiKey) else None,
        serial=serial,
        form_key=form_key,
    )
    details = {"lead_source": str(source.pk)} if source is not None else {}
    record("lead.captured", of=lead, by=by, at=at, details=details)
    publish("lead.captured", subject_id=lead.pk, payload=told_of(lead), at=at)
    return lead


@transaction.atomic
def take_lead(*, lead: Lead, by: User, at: datetime) -> Lead:
    """Put oneself in charge of a lead that nobody is in charge of. Raises LeadClosed, LeadTaken or CannotWork."""
    _check_worker(by)
    lead = _held(lead)
    if lead.assignee_id is not None:
        raise LeadTaken
    lead.assignee = by
    return _kept(lead, "lead.taken", by=by, at=at)


@transaction.atomic
def assign_lead(
    *, lead: Lead, assignee: User | None, version: int | None = None, by: User | ApiKey, at: datetime
) -> Lead:
    """Put a colleague, or for now nobody, in charge of an open lead.

    With `version` it raises LeadChanged if there is another; also LeadClosed or CannotWork.
    """
    if assignee is not None:
        _check_worker(assignee)
    lead = _held(lead, version)
    lead.assignee = assignee
    lead = _kept(lead, "lead.assigned", by=by, at=at)
    if assignee is not None and assignee != by:
        publish("lead.assigned", subject_id=lead.pk, payload=told_of(lead), at=at)
    return lead


@transaction.atomic
def hand_over_lead(*, row: Lead, of: User, to: User, by: User, at: datetime) -> bool:
    """Give a lead that `of` is in charge of to a colleague; return whether it still was theirs to give."""
    lead = Lead.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if lead.assignee_id != of.pk or not lead.is_open:
        return False
    assign_lead(lead=lead, assignee=to, by=by, at=at)
    return True


@transaction.atomic
def contact_lead(*, lead: Lead, version: int | None = None, by: User | ApiKey | None, at: datetime) -> Lead:
    """Note that somebody has spoken with a new lead. Raises LeadChanged, LeadClosed or LeadQualified."""
    lead = _held(lead, version)
    if lead.state != LeadState.NEW:
        raise LeadQualified
    lead.state = LeadState.CONTACTED
    lead.contacted_at = at
    return _moved(lead, "lead.contacted", by=by, at=at)


@transaction.atomic
def qualify_lead(*, lead: Lead, version: int | None = None, by: User | ApiKey, at: datetime) -> Lead:
    """Note that a lead is worth working on: it has a need, and may decide.

    Raises LeadChanged, LeadClosed or LeadQualified.
    """
    lead = _held(lead, version)
    if lead.state == LeadState.QUALIFIED:
        raise LeadQualified
    lead.state = LeadState.QUALIFIED
    lead.contacted_at = lead.contacted_at or at
    lead.qualified_at = at
    return _moved(lead, "lead.qualified", by=by, at=at)


@transaction.atomic
def lose_lead(*, lead: Lead, reason: LostReason, version: int | None = None, by: User | ApiKey, at: datetime) -> Lead:
    """Give a lead up, for a reason of the tenant's list. Raises LeadChanged, LeadClosed or LostReasonNotInUse."""
    if not reason.is_active:
        raise LostReasonNotInUse
    lead = _held(lead, version)
    lead.state = LeadState.LOST
    lead.lost_reason = reason
    lead.closed_at = at
    return _moved(lead, "lead.lost", by=by, at=at)


@transaction.atomic
def reopen_lead(*, lead: Lead, version: int | None = None, by: User | ApiKey, at: datetime) -> Lead:
    """Take a lead that was given up up again, as far as it was.

    Raises LeadChanged, LeadNotLost, LeadOpen, NoLead or CustomerMerged.
    """
    customer = lock_customer(lead.customer_id)
    lead = hold_lead(lead, version)
    if lead.state != LeadState.LOST:
        raise LeadNotLost
    if customer.stage != Stage.LEAD:
        raise NoLead
    if Lead.objects.filter(customer=customer, closed_at=None).exists():
        raise LeadOpen
    lead.state = lead.open_state
    lead.lost_reason = None
    lead.closed_at = None
    return _moved(lead, "lead.reopened", by=by, at=at)


def told_of(lead: Lead) -> dict[str, str | None]:
    """Return what events tell of a lead that came or was given to somebody."""
    return {
        "customer_id": str(lead.customer_id),
        "state": str(lead.state),
        "source_id": str(lead.source_id) if lead.source_id else None,
        "assignee_id": str(lead.assignee_id) if lead.assignee_id else None,
    }


def _open_numbered(facts: Mapping[str, Any], *, by: Any, at: datetime) -> tuple[int, Customer]:
    """Open an archive under the next number of ours that no other customer has."""
    wait_for_number()
    last = Lead.objects.aggregate(last=Max("serial"))["last"] or 0
    for serial in range(last + 1, last + MOST_TAKEN_NUMBERS):
        try:
            return serial, open_customer(number=f"LD{serial:06}", facts=facts, may_lack_required=True, by=by, at=at)
        except CustomerNumberTaken:
            continue
    raise CustomerNumberTaken


def _next_assignee(policy: LifecyclePolicy) -> User | None:
    """Return who gets the next lead by the rules: of a team, or else of the account managers, the least busy."""
    if policy.assignment != LeadAssignment.LOAD:
        return None
    chosen = {"team": policy.team_id} if policy.team_id else {"role": Role.ACCOUNT_MANAGER}
    wait_for_assignment()
    return least_busy(
        workers().filter(**chosen), lambda people: Lead.objects.filter(assignee__in=people, state__in=OPEN)
    )


def least_busy(people: QuerySet[User], load: Callable[[QuerySet[User]], QuerySet[Any]]) -> User | None:
    """Return whoever of the people has the fewest rows of `load`, the first by name of equals; two queries."""
    loads = dict(load(people.order_by()).order_by().values_list("assignee").annotate(count=Count("pk")))
    return min(people, key=lambda person: loads.get(person.pk, 0), default=None)


def _check_worker(user: User) -> None:
    if not may(user, LEADS_WORK):
        raise CannotWork


def hold_lead(lead: Lead, version: int | None = None) -> Lead:
    """Return the lead as it is stored, locked. Raises LeadChanged where a version is named, and it has another."""
    stored = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if version not in (None, stored.version):
        raise LeadChanged
    return stored


def _held(lead: Lead, version: int | None = None) -> Lead:
    """Do the same for an open one. Raises LeadClosed as well."""
    stored = hold_lead(lead, version)
    if not stored.is_open:
        raise LeadClosed
    return stored


def _moved(lead: Lead, action: str, *, by: User | ApiKey | None, at: datetime) -> Lead:
    lead = _kept(lead, action, by=by, at=at)
    publish(
        "lead.state_changed",
        subject_id=lead.pk,
        payload={"customer_id": str(lead.customer_id), "state": str(lead.state)},
        at=at,
    )
    return lead


def _kept(lead: Lead, action: str, *, by: User | ApiKey | None, at: datetime) -> Lead:
    lead.version += 1
    lead.save()
    record(action, subject=lead, by=by, at=at)
    return lead
