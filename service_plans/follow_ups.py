"""What is to be done about plans that end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind, Priority
from customers.follow_ups.rules import Rule, Wanted
from service_plans.enums import PlanState
from service_plans.models import ServicePlan


def wanted_for_end(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask for the renewal of a plan that still holds."""
    plans = ServicePlan.objects.filter(pk=event.subject_id, state=PlanState.APPROVED).select_related("customer")
    plan = plans.first()
    if plan is None:
        return None
    return Wanted(
        customer=plan.customer,
        cause=f"service_plan:{plan.pk}",
        parameters={"number": plan.number, "ends_on": plan.ends_on.isoformat()},
    )


def say_end(facts: Mapping[str, Any]) -> str:
    return _("Renew service plan %(number)s with the customer: it ends on %(day)s.") % {
        "number": facts["number"],
        "day": facts["ends_on"],
    }


RENEWAL = Rule(
    code="service_plan_renewal",
    label=gettext_lazy("A service plan ends soon"),
    event="service_plan.ends_soon",
    wanted=wanted_for_end,
    say=say_end,
    hours=45,
    kind=FollowUpKind.CALL,
    priority=Priority.HIGH,
)
