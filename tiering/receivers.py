"""What follows in tiering, or for its readers, from events."""

import uuid
from datetime import datetime
from typing import Any

from core.accounts.models import User
from core.events.models import OutboxEvent
from core.web.notices import notify
from customers.models import Customer
from customers.services import tell_in_timeline
from tiering.enums import PolicyState
from tiering.models import TierOverride, TierPolicy
from tiering.permissions import APPROVE, MANAGE
from tiering.querysets import holders_of, others_who_may_approve

TIER_CHANGED = "tier_changed"
POLICY_WAITS = "tier_policy_waits"
POLICY_DECIDED = "tier_policy_decided"
OVERRIDE_WAITS = "tier_override_waits"
MANAGERS_MISSING = "account_managers_missing"


def tell_account_manager(*, event: OutboxEvent, at: datetime) -> None:
    """Tell whoever looks after the customer now that it changed its tier; a first tier is no news."""
    if event.payload["from"] is None:
        return
    looked_after = Customer.objects.filter(pk=event.subject_id, account_manager__is_active=True)
    customer = looked_after.select_related("account_manager").only("account_manager").first()
    if customer is None:
        return
    notify(
        user=customer.account_manager,
        kind=TIER_CHANGED,
        source_id=event.pk,
        subject_id=customer.pk,
        facts={name: event.payload[name] for name in ("from", "to", "reason")},
        at=event.occurred_at,
    )


def tell_timeline(*, event: OutboxEvent, at: datetime) -> None:
    """Put the move into the customer's timeline, a first tier, too."""
    customer = Customer.objects.filter(pk=event.subject_id).first()
    if customer is None:
        return
    tell_in_timeline(
        customer=customer,
        code=event.name,
        parameters={name: event.payload[name] for name in ("from", "to", "reason")},
        source=f"event:{event.pk}",
        happened_at=event.occurred_at,
        at=at,
    )


def tell_approvers(*, event: OutboxEvent, at: datetime) -> None:
    """Tell everybody else who may approve it that a policy waits; of one that does not any more nobody need know."""
    policy = TierPolicy.objects.filter(pk=event.subject_id, state=PolicyState.SUBMITTED).first()
    if policy is None:
        return
    for person in others_who_may_approve(policy):
        _notify(person, POLICY_WAITS, event, {"version": policy.version})


def tell_author(*, event: OutboxEvent, at: datetime) -> None:
    """Tell whoever wrote a policy what became of it."""
    policy = TierPolicy.objects.filter(pk=event.subject_id, created_by__is_active=True).select_related("created_by")
    if (found := policy.first()) is not None:
        _notify(found.created_by, POLICY_DECIDED, event, {"version": found.version, "state": str(found.state)})


def tell_approvers_of_override(*, event: OutboxEvent, at: datetime) -> None:
    """Tell everybody else who may approve it that a tier by hand waits."""
    waiting = TierOverride.objects.filter(pk=event.subject_id, approved_at=None, ended_at=None).first()
    if waiting is None:
        return
    for person in holders_of(APPROVE).exclude(pk=waiting.asked_by_id):
        _notify(person, OVERRIDE_WAITS, event, {"tier": event.payload["tier"]}, subject_id=waiting.customer_id)


def tell_of_missing_managers(*, event: OutboxEvent, at: datetime) -> None:
    """Tell those who lead how many customers lack the account manager that their tier gives them."""
    for person in holders_of(MANAGE):
        _notify(person, MANAGERS_MISSING, event, {"customers": event.payload["customers"]})


def _notify(
    user: User, kind: str, event: OutboxEvent, facts: dict[str, Any], *, subject_id: uuid.UUID | None = None
) -> None:
    notify(
        user=user,
        kind=kind,
        source_id=event.pk,
        subject_id=subject_id or event.subject_id,
        facts=facts,
        at=event.occurred_at,
    )
