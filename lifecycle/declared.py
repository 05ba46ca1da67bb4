"""What the lifecycle declares: actions in the audit trail, what its fields hold of a person, and events."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto import revealable
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.enums import Stage
from customers.models import Customer
from customers.permissions import REVEAL
from customers.querysets import selves
from customers.relations import Relation
from lifecycle.enums import LeadAssignment, LeadState, MoveCause
from lifecycle.models import Lead, LeadSource, StageChange
from lifecycle.services.merging import tell_merged_stage
from lifecycle.turns import wait_for_turn
from lifecycle.words import RULES

actions.declare("customer.stage_moved", _("Stage changed"))
actions.declare("lifecycle_policy.changed", _("Rules of stages and leads changed"))
actions.declare("lead.captured", _("Lead taken up"))
actions.declare("lead.taken", _("Lead taken over"))
actions.declare("lead.assigned", _("Lead given to somebody"))
actions.declare("lead.contacted", _("Lead contacted"))
actions.declare("lead.qualified", _("Lead qualified"))
actions.declare("lead.converted", _("Lead converted"))
actions.declare("lead.lost", _("Lead given up"))
actions.declare("lead.reopened", _("Lead taken up again"))
actions.declare("lead_source.added", _("Source of leads added"))
actions.declare("lead_source.changed", _("Source of leads changed"))
actions.declare("lead_source.retired", _("Source of leads retired"))
actions.declare("lead_source.revived", _("Source of leads taken up again"))
actions.declare("lost_reason.added", _("Reason for lost leads added"))
actions.declare("lost_reason.changed", _("Reason for lost leads changed"))
actions.declare("lost_reason.retired", _("Reason for lost leads retired"))
actions.declare("lost_reason.revived", _("Reason for lost leads taken up again"))
actions.declare("playbook_step.added", _("Step of a playbook added"))
actions.declare("playbook_step.changed", _("Step of a playbook changed"))
actions.declare("playbook_step.removed", _("Step of a playbook removed"))
actions.declare_fields(
    lead_source=_("Source"),
    key=_("Word in the address of the form"),
    contacted_at=_("Contacted"),
    qualified_at=_("Qualified"),
    from_month=_("From the month on"),
    monthly_cost=_("Cost a month"),
    words=_("What is to be done"),
    due_days=_("Days until it is due"),
    for_whom=_("For whom"),
    leads=_("Leads"),
    stage_changes=_("Moves between stages"),
    **{name: label for name, label in RULES.items() if name not in {"team", "window_days"}},
)
actions.declare_values("lead_source", lambda: {str(each.pk): str(each) for each in LeadSource.objects.all()})
actions.declare_values("assignment", lambda: dict(LeadAssignment.choices))

classify(
    "lifecycle.LifecyclePolicy",
    business="""version window_days new_days growth_percent decline_percent least_days lost_days lost_least_days
        lost_rhythms won_back_days assignment team created_by created_at""",
)
classify(
    "lifecycle.StageChange",
    business="""customer from_stage to_stage cause reason moved_by as_of policy_version contribution usual
        shipment_count silent_days lost_after changed_at""",
)
classify("lifecycle.LeadSource", business="key name_zh name_en is_active version")
classify("lifecycle.SourceCost", business="source from_month amount")
classify("lifecycle.LostReason", business="name_zh name_en is_active version")
classify(
    "lifecycle.Lead",
    business="""customer source state assignee lost_reason captured_at contacted_at qualified_at closed_at captured_by
        captured_by_key serial form_key version""",
    personal="wish",
)
classify("lifecycle.PlaybookStep", business="stage kind words due_days for_whom team role tier version")


def both_open(one: Customer, other: Customer) -> int:
    """Count what stands in the way where both customers are open leads."""
    open_ones = Lead.objects.filter(closed_at=None)
    return open_ones.filter(customer=other).count() if open_ones.filter(customer=one).exists() else 0


relations.register(
    "stage_changes",
    Relation(
        label=_("Moves between stages"),
        model=StageChange,
        rows=lambda customer: StageChange.objects.filter(customer__in=selves(customer)),
        stays=_("They tell how one customer went by what it had sent then."),
        tell=tell_merged_stage,
    ),
)
relations.register(
    "leads",
    Relation(
        label=_("Leads"),
        model=Lead,
        rows=lambda customer: customer.leads.all(),
        personal=lambda customer: customer.leads.filter(wish__isnull=False).count(),
        erase=lambda customer: customer.leads.update(wish=None),
        moves="customer",
        clashes=both_open,
        wait=wait_for_turn,
        # Whom the night took up, and nobody has begun with.
        goes_along=Q(version=1, state=LeadState.NEW, source=None, assignee=None)
        & Q(captured_by=None, captured_by_key=None, form_key=None),
    ),
)

revealable.register(
    kind="lead-wish",
    label=_("What they ship"),
    model=Lead,
    field="wish",
    permission=REVEAL,
    owner=lambda lead: lead.customer,
    url=lambda lead: reverse("lifecycle:lead", args=[lead.pk]),
)

STAGE = {"values": Stage.values}
registry.declare(
    "customer.stage_changed",
    version=1,
    subject="the customer",
    payload={
        "number": registry.text("the customer's number"),
        "from": registry.text("the stage before", **STAGE),
        "to": registry.text("the stage now", **STAGE),
        "cause": registry.text("what moved the customer", values=MoveCause.values),
        "as_of": registry.day("the last date that counted"),
    },
    doc="A customer came from one stage of the lifecycle into another.",
)
LEAD = "the lead"
CUSTOMER_ID = registry.record_id("the customer's id")
STATE = registry.text("how far it is", values=LeadState.values)
TOLD = {
    "customer_id": CUSTOMER_ID,
    "state": STATE,
    "source_id": registry.record_id("the id of the source, null for an unknown one", is_nullable=True),
    "assignee_id": registry.record_id("the id of the colleague in charge, null for nobody yet", is_nullable=True),
}
registry.declare(
    "lead.captured",
    version=1,
    subject=LEAD,
    payload=TOLD,
    doc="Somebody who has not shipped was taken up as a lead: by hand, by a partner, or by the public form.",
)
registry.declare(
    "lead.assigned",
    version=1,
    subject=LEAD,
    payload=TOLD,
    doc="A colleague who did not take it themselves was put in charge of a lead.",
)
registry.declare(
    "lead.state_changed",
    version=1,
    subject=LEAD,
    payload={"customer_id": CUSTOMER_ID, "state": STATE},
    doc="A lead was contacted, qualified, converted, given up, or taken up again.",
)
