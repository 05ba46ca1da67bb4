"""What is to be done about customers that come into a stage, by the tenant's playbooks."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.events.models import OutboxEvent
from customers.enums import Assignment, Stage
from customers.follow_ups.querysets import is_open, workers
from customers.follow_ups.rules import Rule, Wanted
from customers.models import Customer, FollowUp
from lifecycle.enums import OF_MERGES, ForWhom
from lifecycle.models import Lead, PlaybookStep
from lifecycle.services.leads import least_busy


def wanted_for_stage(event: OutboxEvent, at: datetime) -> Iterable[Wanted]:
    """Ask for each step of the stage into which a customer came, if it still is there; by a merge it came nowhere."""
    if event.payload["cause"] in OF_MERGES:
        return []
    stage = event.payload["to"]
    customer = Customer.objects.filter(pk=event.subject_id, stage=stage).select_related("account_manager").first()
    return _wanted(customer, stage, None)


def wanted_for_lead(event: OutboxEvent, at: datetime) -> Iterable[Wanted]:
    """Ask for each step of the first stage, of whoever is in charge of the lead; nothing where it is none by now."""
    lead = Lead.objects.filter(pk=event.subject_id, closed_at=None).select_related("customer", "assignee").first()
    return _wanted(lead.customer, Stage.LEAD, lead.assignee) if lead is not None else []


def _wanted(customer: Customer | None, stage: str, in_charge: User | None) -> Iterable[Wanted]:
    """Yield them one by one: whoever is the least busy is so after the one before was opened."""
    if customer is None:
        return
    steps = PlaybookStep.objects.filter(Q(tier="") | Q(tier=customer.tier or ""), stage=stage)
    for step in steps.order_by("pk"):
        yield Wanted(
            customer=customer,
            cause=f"playbook:{step.pk}:{customer.pk}",
            parameters={"stage": stage, "words": step.words},
            kind=step.kind,
            due_in=timedelta(days=step.due_days),
            **_for_whom(step, in_charge),
        )


def _for_whom(step: PlaybookStep, in_charge: User | None) -> dict[str, Any]:
    if step.for_whom != ForWhom.MANAGER:
        return {"assignment": Assignment.HAND, "assignee": _least_busy(step)}
    if in_charge is not None and in_charge in workers():
        return {"assignment": Assignment.HAND, "assignee": in_charge}
    return {"assignment": Assignment.PORTFOLIO}


def _least_busy(step: PlaybookStep) -> User | None:
    chosen = {"team": step.team_id} if step.for_whom == ForWhom.TEAM else {"role": step.role}
    return least_busy(workers().filter(**chosen), _open_ones)


def _open_ones(people: QuerySet[User]) -> QuerySet[FollowUp]:
    return is_open(FollowUp.objects.filter(assignee__in=people))


def say_step(facts: Mapping[str, Any]) -> str:
    """Say what is to be done, as the tenant has put it, after the stage."""
    return f"{Stage(facts['stage']).label}: {facts['words']}"


STAGE_ENTERED = Rule(
    code="playbook",
    label=_("A customer came into a stage with a playbook"),
    event="customer.stage_changed",
    wanted=wanted_for_stage,
    say=say_step,
    hours=None,
)
LEAD_CAPTURED = Rule(
    code="lead_playbook",
    label=_("A lead was captured"),
    event="lead.captured",
    wanted=wanted_for_lead,
    say=say_step,
    hours=None,
)
