"""What may be done on the page of a service plan, and to begin one from a customer's."""

import uuid
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from service_plans.enums import PlanState
from service_plans.models import ServicePlan
from service_plans.panels import create_url
from service_plans.permissions import APPROVE, VIEW, WRITE


def find_plan(pk: uuid.UUID, user: Any) -> ServicePlan | None:
    return ServicePlan.objects.filter(pk=pk).first()


def is_draft(plan: ServicePlan, _user: Any) -> bool:
    return plan.state == PlanState.DRAFT


def is_proposed(plan: ServicePlan, _user: Any) -> bool:
    return plan.state == PlanState.PROPOSED


def is_approved(plan: ServicePlan, _user: Any) -> bool:
    return plan.state == PlanState.APPROVED


def may_be_approved(plan: ServicePlan, user: Any) -> bool:
    return is_proposed(plan, user) and user.pk not in (plan.written_by_id, plan.proposed_by_id)


PLAN_PAGE = RecordPage(
    url_name="service_plans:detail", permission=VIEW, load=find_plan, name_of=lambda plan: plan.number
)
PLAN_ACTIONS = (
    Action(
        name="propose",
        label=_("Propose"),
        icon="send",
        url=at("service_plans:propose"),
        permission=WRITE,
        order=10,
        applies=is_draft,
        confirm=lambda _plan: gettext("The items cannot be changed while the plan waits for somebody else's approval."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="approve",
        label=_("Approve"),
        icon="check",
        url=at("service_plans:approve"),
        permission=APPROVE,
        order=20,
        applies=may_be_approved,
        confirm=lambda plan: (
            gettext("The plan holds from %(start)s through %(end)s. The edition before ends earlier.")
            % {"start": plan.starts_on, "end": plan.ends_on}
            if plan.follows_id
            else gettext("The plan holds from %(start)s through %(end)s.")
            % {"start": plan.starts_on, "end": plan.ends_on}
        ),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="send_back",
        label=_("Send back"),
        icon="arrow-back-up",
        url=at("service_plans:send_back"),
        permission=APPROVE,
        order=30,
        applies=is_proposed,
    ),
    Action(
        name="share",
        label=_("Share with the customer"),
        icon="share",
        url=at("service_plans:share"),
        permission=WRITE,
        order=40,
        applies=is_approved,
        confirm=lambda _plan: gettext("A link is made by which the customer reads the plan. One from before ends."),
        confirm_classes="btn-primary",
    ),
    Action(
        name="stop_sharing",
        label=_("Stop sharing"),
        icon="link-off",
        url=at("service_plans:stop_sharing"),
        permission=WRITE,
        order=50,
        applies=lambda plan, user: is_approved(plan, user) and plan.shared_until is not None,
        confirm=lambda _plan: gettext("The customer's link no longer works."),
    ),
    Action(
        name="next",
        label=_("Next edition"),
        icon="copy",
        url=at("service_plans:next"),
        permission=WRITE,
        order=60,
        applies=is_approved,
        confirm=lambda _plan: gettext("A draft with the same items is begun, from the day after this one ends."),
        confirm_classes="btn-primary",
    ),
    Action(
        name="edit",
        label=_("Dates"),
        icon="calendar",
        url=at("service_plans:update"),
        permission=WRITE,
        order=70,
        applies=is_draft,
    ),
    Action(
        name="end",
        label=_("End early"),
        icon="calendar-x",
        url=at("service_plans:end"),
        permission=WRITE,
        order=80,
        applies=is_approved,
    ),
    Action(
        name="drop",
        label=_("Drop the draft"),
        icon="trash",
        url=at("service_plans:drop"),
        permission=WRITE,
        order=90,
        applies=is_draft,
        confirm=lambda _plan: gettext("The draft is given up; it stays on record."),
        classes="btn-outline-danger",
    ),
)
FOR_CUSTOMER = Action(
    name="service_plan",
    label=_("Begin a service plan"),
    icon="file-certificate",
    url=create_url,
    permission=WRITE,
    order=55,
    is_in_header=False,
)
