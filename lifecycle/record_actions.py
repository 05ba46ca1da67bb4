"""What may be done on the page of a lead, and about stages on a customer's."""

import uuid
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from customers.enums import Stage
from lifecycle.enums import LeadState
from lifecycle.models import Lead
from lifecycle.moves import reachable_by_hand
from lifecycle.permissions import LEADS_VIEW, LEADS_WORK, MOVE


def find_lead(pk: uuid.UUID, user: Any) -> Lead | None:
    return Lead.objects.filter(pk=pk).select_related("customer").first()


LEAD_PAGE = RecordPage(
    url_name="lifecycle:lead",
    permission=LEADS_VIEW,
    load=find_lead,
    name_of=lambda lead: lead.customer.display_name,
)
LEAD_ACTIONS = (
    Action(
        name="take",
        label=_("Take it"),
        icon="hand-grab",
        url=at("lifecycle:take"),
        permission=LEADS_WORK,
        order=10,
        applies=lambda lead, _user: lead.is_open and lead.assignee_id is None,
        confirm=lambda _lead: gettext("You are in charge of it from now on, and colleagues see that."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="contacted",
        label=_("Contacted"),
        icon="phone-check",
        url=at("lifecycle:contact"),
        permission=LEADS_WORK,
        order=20,
        applies=lambda lead, _user: lead.state == LeadState.NEW,
        confirm=lambda _lead: gettext("Somebody has spoken with them. A call that is written down says so by itself."),
        confirm_classes="btn-primary",
    ),
    Action(
        name="qualify",
        label=_("Qualify"),
        icon="star",
        url=at("lifecycle:qualify"),
        permission=LEADS_WORK,
        order=30,
        applies=lambda lead, _user: lead.is_open and lead.state != LeadState.QUALIFIED,
        confirm=lambda _lead: gettext("They ship, we can carry it, and whom we speak with may decide."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="convert",
        label=_("Convert"),
        icon="check",
        url=at("lifecycle:convert"),
        permission=LEADS_WORK,
        order=40,
        applies=lambda lead, _user: lead.is_open,
        confirm=lambda _lead: gettext(
            "They have agreed to ship with us: the lead is won, and the customer is new. The first shipment would do"
            " the same by itself."
        ),
        confirm_classes="btn-primary",
    ),
    Action(
        name="hand_over",
        label=_("Hand over"),
        icon="arrows-exchange",
        url=at("lifecycle:assign"),
        permission=LEADS_WORK,
        order=50,
        applies=lambda lead, _user: lead.is_open,
    ),
    Action(
        name="lose",
        label=pgettext_lazy("lead", "Give up"),
        icon="x",
        url=at("lifecycle:lose"),
        permission=LEADS_WORK,
        order=60,
        applies=lambda lead, _user: lead.is_open,
    ),
    Action(
        name="reopen",
        label=_("Take up again"),
        icon="rotate-clockwise",
        url=at("lifecycle:reopen"),
        permission=LEADS_WORK,
        order=70,
        applies=lambda lead, _user: lead.state == LeadState.LOST,
        confirm=lambda _lead: gettext("The lead is open again, as far as it was."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
)
CUSTOMER_ACTIONS = (
    Action(
        name="move_stage",
        label=_("Put into another stage"),
        icon="arrows-right-left",
        url=at("lifecycle:move"),
        permission=MOVE,
        order=32,
        applies=lambda customer, _user: bool(reachable_by_hand(customer.stage)),
        is_in_header=False,
    ),
    Action(
        name="take_up_lead",
        label=_("Take up as a lead"),
        icon="user-search",
        url=at("lifecycle:take_up"),
        permission=LEADS_WORK,
        order=33,
        applies=lambda customer, _user: customer.stage == Stage.LEAD,
        is_in_header=False,
    ),
)
