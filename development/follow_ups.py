"""What is to be done about opportunities that did not close by when they were expected to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind
from customers.follow_ups.rules import Rule, Wanted
from development.models import Opportunity
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


CLOSE_DATE = Rule(
    code="opportunity_close_date",
    event="opportunity.close_date_passed",
    wanted=wanted_for_close_date,
    say=say_close_date,
    due_in=timedelta(days=1),
    kind=FollowUpKind.CALL,
)
