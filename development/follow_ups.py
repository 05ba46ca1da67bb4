"""What is to be done about opportunities that did not close in time, and about proposals that were answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind, Priority
from customers.follow_ups.rules import Rule, Wanted
from development.models import Opportunity, Proposal
from development.stages import OPEN


def wanted_for_close_date(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask what became of an opportunity that is still open."""
    found = Opportunity.objects.filter(pk=event.subject_id, deal_stage__in=OPEN).select_related("customer")
    opportunity = found.first()
    if opportunity is None or opportunity.closes_on.isoformat() != event.payload["closes_on"]:
        return None
    return Wanted(
        customer=opportunity.customer,
        cause=f"opportunity:{opportunity.pk}",
        parameters={"number": opportunity.number, "closes_on": opportunity.closes_on.isoformat()},
    )


def say_close_date(facts: Mapping[str, Any]) -> str:
    return _("Opportunity %(number)s was expected to close on %(day)s: close it, or set another date.") % {
        "number": facts["number"],
        "day": facts["closes_on"],
    }


def wanted_for_answer(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask for what follows an answer: the plan completed, or the customer called."""
    proposal = Proposal.objects.filter(pk=event.subject_id).select_related("opportunity__customer").first()
    if proposal is None:
        return None
    return Wanted(
        customer=proposal.opportunity.customer,
        cause=f"proposal:{proposal.pk}",
        parameters={"number": proposal.number},
    )


def say_accepted(facts: Mapping[str, Any]) -> str:
    return _("Proposal %(number)s was accepted: complete its service plan and propose it.") % facts


def say_declined(facts: Mapping[str, Any]) -> str:
    return _("Proposal %(number)s was declined: ask what would do.") % facts


ACCEPTED = Rule(
    code="proposal_accepted",
    label=gettext_lazy("A proposal was accepted"),
    event="proposal.accepted",
    wanted=wanted_for_answer,
    say=say_accepted,
    hours=18,
    priority=Priority.HIGH,
)
DECLINED = Rule(
    code="proposal_declined",
    label=gettext_lazy("A proposal was declined"),
    event="proposal.declined",
    wanted=wanted_for_answer,
    say=say_declined,
    hours=9,
)
CLOSE_DATE = Rule(
    code="opportunity_close_date",
    label=gettext_lazy("An opportunity did not close by its date"),
    event="opportunity.close_date_passed",
    wanted=wanted_for_close_date,
    say=say_close_date,
    hours=9,
    kind=FollowUpKind.CALL,
)
