"""What service plans declare: actions in the trail, what their fields hold of a person, events, and relations."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto import revealable
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.models import Customer
from customers.permissions import REVEAL
from customers.relations import Relation
from service_plans.enums import ItemKind
from service_plans.models import PlanItem, PlanMonth, ServicePlan
from service_plans.querysets import overlapping

actions.declare("service_plan.created", _("Service plan begun"))
actions.declare("service_plan.updated", _("Dates of the service plan changed"))
actions.declare("service_plan.item_added", _("Item added to the service plan"))
actions.declare("service_plan.item_changed", _("Item of the service plan changed"))
actions.declare("service_plan.item_removed", _("Item taken out of the service plan"))
actions.declare("service_plan.proposed", _("Service plan proposed"))
actions.declare("service_plan.approved", _("Service plan approved"))
actions.declare("service_plan.sent_back", _("Service plan sent back"))
actions.declare("service_plan.dropped", _("Draft of the service plan dropped"))
actions.declare("service_plan.ended", _("Service plan ended early"))
actions.declare("service_plan.shared", _("Service plan shared with the customer"))
actions.declare("service_plan.unshared", _("Service plan no longer shared"))
actions.declare_fields(
    starts_on=_("Holds from"),
    ends_on=_("Holds until"),
    remind_days=_("Days before the end to remind of renewal"),
    item_kind=_("Item"),
    follows=_("Edition before"),
    proposed_by=_("Proposed by"),
    proposed_at=_("Proposed"),
    written_by=_("Written by"),
    approved_by=_("Approved by"),
    approved_at=_("Approved"),
    shared_until=_("Shared until"),
    service_plans=_("Service plans"),
    plan_items=_("Items of service plans"),
)
actions.declare_values("item_kind", lambda: dict(ItemKind.choices))

classify(
    "service_plans.ServicePlan",
    business="""serial number customer edition follows state starts_on ends_on remind_days reminded_at written_by
        written_at proposed_by proposed_at approved_by approved_at shared_until version""",
    sensitive="share_word",
)
classify(
    "service_plans.PlanItem",
    business="""plan kind place product packaging origin_city destination_city most_hours picked_up_from picked_up_until
        target_percent""",
    personal="text",
)
classify("service_plans.PlanMonth", business="item month measured kept")


def _items(customer: Customer) -> object:
    return PlanItem.objects.filter(plan__customer=customer)


def _erase(customer: Customer) -> None:
    """Take the words away; the links to them end."""
    _items(customer).update(text=None)
    customer.service_plans.update(share_word=None, shared_until=None)


relations.register(
    "service_plans",
    Relation(
        label=_("Service plans"),
        model=ServicePlan,
        rows=lambda customer: customer.service_plans.all(),
        left_out=frozenset({"share_word"}),
        moves="customer",
        clashes=overlapping,
    ),
)
relations.register(
    "plan_items",
    Relation(
        label=_("Items of service plans"),
        model=PlanItem,
        rows=_items,
        personal=lambda customer: _items(customer).filter(text__isnull=False).count(),
        erase=_erase,
        stays=_("They go with their plans."),
    ),
)
relations.register(
    "plan_months",
    Relation(
        label=_("What was kept of service plans"),
        model=PlanMonth,
        rows=lambda customer: PlanMonth.objects.filter(item__plan__customer=customer),
        stays=_("They go with their plans."),
    ),
)

revealable.register(
    kind="plan-item",
    label=_("Item of a service plan"),
    model=PlanItem,
    field="text",
    permission=REVEAL,
    owner=lambda item: item.plan.customer,
    url=lambda item: reverse("service_plans:detail", args=[item.plan_id]),
)

PLAN = "the service plan"
TOLD = {
    "number": registry.text("the plan's number"),
    "customer_id": registry.record_id("the customer's id"),
    "edition": registry.whole_number("which edition of what was agreed it is"),
    "version": registry.whole_number("the version of the record from now on"),
    "starts_on": registry.day("the first day on which it holds"),
    "ends_on": registry.day("the last day on which it holds"),
}
registry.declare(
    "service_plan.approved",
    version=1,
    subject=PLAN,
    payload=TOLD,
    doc="An edition of what was agreed for a customer was approved, and holds on its days.",
)
registry.declare(
    "service_plan.ends_soon",
    version=1,
    subject=PLAN,
    payload=TOLD,
    doc="An approved plan ends soon, and no next edition was begun. Told once.",
)
