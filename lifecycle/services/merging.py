"""What follows for stages and leads when two customers become one, or two again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.enums import Stage
from customers.models import Customer, CustomerMerge
from lifecycle.enums import LeadState, MoveCause
from lifecycle.models import Lead
from lifecycle.services.moving import tell_move


def tell_merged_stage(merge: CustomerMerge, stood: Mapping[str, Any], by: User | ApiKey) -> None:
    """Tell of the stage that a merge, or its undoing, gave to the customer that is kept.

    An open lead of somebody who ships already is won by the merge; its undoing makes of it what it was.
    """
    customer = Customer.objects.get(pk=merge.kept_id)
    if customer.stage == stood["stage"]:
        return
    at = merge.undone_at or merge.merged_at
    if merge.undone_at is None and stood["stage"] == Stage.LEAD:
        for lead in _locked(customer=customer, closed_at=None):
            _put(lead, LeadState.CONVERTED, "lead.converted", closed_at=at, by=by, at=at)
    elif merge.undone_at is not None and customer.stage == Stage.LEAD:
        pair = (merge.kept_id, merge.absorbed_id)
        for lead in _locked(customer__in=pair, state=LeadState.CONVERTED, closed_at=merge.merged_at):
            _put(lead, lead.open_state, "lead.reopened", closed_at=None, by=by, at=at)
    tell_move(
        customer,
        stood["stage"],
        MoveCause.UNMERGE if merge.undone_at else MoveCause.MERGE,
        today=local_date(at, current_tenant().time_zone),
        by=by if isinstance(by, User) else None,
        at=at,
    )


def _locked(**which: Any) -> list[Lead]:
    return list(Lead.objects.select_for_update(of=("self",)).filter(**which).order_by("pk"))


def _put(
    lead: Lead, state: LeadState, action: str, *, closed_at: datetime | None, by: User | ApiKey, at: datetime
) -> None:
    lead.state = state
    lead.closed_at = closed_at
    lead.version += 1
    lead.save(update_fields=["state", "closed_at", "version"])
    record(action, subject=lead, by=by, at=at)
    publish(
        "lead.state_changed",
        subject_id=lead.pk,
        payload={"customer_id": str(lead.customer_id), "state": lead.state.value},
        at=at,
    )
