"""Opening an opportunity, and changing what is known of it."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.permissions import may
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.turns import wait_for_turn
from customers.models import Customer
from customers.services import lock_customer, tell_in_timeline
from development.enums import DealStage
from development.models import Competitor, Opportunity, StageChange
from development.permissions import WRITE

LONGEST_NEED = 2000
FACTS = ("title", "expected_freight", "closes_on", "owner", "competitor", "need")


class OpportunityChanged(RecordChanged):
    code = "opportunity_changed"
    message = _("Somebody else changed this opportunity in the meantime.")


class OpportunityClosed(DomainError):
    code = "opportunity_closed"
    message = _("This opportunity is won or lost.")


class OwnerMayNot(DomainError):
    code = "owner_may_not"
    message = _("This colleague may not work on opportunities.")


@transaction.atomic
def open_opportunity(
    *,
    customer: Customer,
    title: str,
    expected_freight: Decimal,
    closes_on: date,
    owner: User | None = None,
    competitor: Competitor | None = None,
    need: str = "",
    by: User | ApiKey | None,
    at: datetime,
) -> Opportunity:
    """Open an opportunity of a customer, in the first stage. Raises OwnerMayNot or CustomerMerged."""
    _check_owner(owner)
    customer = lock_customer(customer.pk, lets_others_point_here=True)
    serial = _next_serial()
    person = by if isinstance(by, User) else None
    opportunity = Opportunity.objects.create(
        serial=serial,
        number=f"OP{serial:06}",
        customer=customer,
        title=title.strip(),
        stage_since=at,
        expected_freight=expected_freight,
        closes_on=closes_on,
        owner=owner,
        competitor=competitor,
        need=need.strip() or None,
        opened_by=person,
        opened_at=at,
    )
    StageChange.objects.create(opportunity=opportunity, new_stage=DealStage.IDENTIFIED, moved_by=person, moved_at=at)
    record("opportunity.opened", subject=opportunity, by=by, at=at)
    tell_in_timeline(
        customer=customer,
        code="opportunity.opened",
        parameters={"number": opportunity.number},
        source=f"opportunity.opened:{opportunity.pk}",
        happened_at=at,
        at=at,
    )
    publish("opportunity.opened", subject_id=opportunity.pk, payload=told_of(opportunity), at=at)
    return opportunity


@transaction.atomic
def update_opportunity(
    *,
    opportunity: Opportunity,
    version: int,
    title: str,
    expected_freight: Decimal,
    closes_on: date,
    owner: User | None,
    competitor: Competitor | None,
    need: str = "",
    by: User | ApiKey,
    at: datetime,
) -> Opportunity:
    """Change the facts of an open opportunity; an empty need keeps what is stored. Where nothing differs, nothing is
    written.

    Raises OpportunityChanged if there is a newer version, OpportunityClosed or OwnerMayNot.
    """
    opportunity = hold_opportunity(opportunity)
    if opportunity.version != version:
        raise OpportunityChanged
    if not opportunity.is_open:
        raise OpportunityClosed
    if owner is not None and owner.pk != opportunity.owner_id:
        _check_owner(owner)
    opportunity.title = title.strip()
    opportunity.expected_freight = expected_freight
    opportunity.closes_on = closes_on
    opportunity.owner = owner
    opportunity.competitor = competitor
    if need.strip():
        opportunity.need = need.strip()
    if opportunity.differs_in(FACTS):
        _keep(opportunity, *FACTS)
        record("opportunity.updated", subject=opportunity, by=by, at=at)
    return opportunity


@transaction.atomic
def hand_over_opportunity(*, row: Opportunity, of: User, to: User, by: User, at: datetime) -> bool:
    """Give an opportunity that `of` owns to a colleague; return whether it still was theirs to give."""
    opportunity = hold_opportunity(row)
    if opportunity.owner_id != of.pk or not opportunity.is_open:
        return False
    opportunity.owner = to
    _keep(opportunity, "owner")
    record("opportunity.updated", subject=opportunity, by=by, at=at)
    return True


def hold_opportunity(opportunity: Opportunity) -> Opportunity:
    """Return an opportunity as it is stored, held to the end of the transaction, its customer before it, as merges and
    erasures do. Raises OpportunityChanged where it moved to another customer at this moment.
    """
    customer_id = Opportunity.objects.values_list("customer_id", flat=True).get(pk=opportunity.pk)
    lock_customer(customer_id, lets_others_point_here=True)
    stored = Opportunity.objects.select_for_update(of=("self",)).get(pk=opportunity.pk)
    if stored.customer_id != customer_id:
        raise OpportunityChanged
    return stored


def told_of(opportunity: Opportunity) -> dict[str, object]:
    """Return what events tell of an opportunity."""
    return {
        "number": opportunity.number,
        "customer_id": str(opportunity.customer_id),
        "stage": str(opportunity.deal_stage),
        "version": opportunity.version,
        "closes_on": opportunity.closes_on.isoformat(),
    }


def _keep(opportunity: Opportunity, *names: str) -> None:
    opportunity.version += 1
    opportunity.save(update_fields=[*names, "version"])


def _check_owner(owner: User | None) -> None:
    if owner is not None and not (owner.is_active and may(owner, WRITE)):
        raise OwnerMayNot


def _next_serial() -> int:
    """Return the number after the last, held for this transaction: those of a tenant are numbered one by one."""
    wait_for_turn("opportunities")
    return (Opportunity.objects.aggregate(last=Max("serial"))["last"] or 0) + 1
