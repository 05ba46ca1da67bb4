"""What customer development declares: actions in the trail, what its fields hold of a person, events, relations."""

from django.db.models import QuerySet
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
from development.models import Opportunity, StageChange
from development.stages import OPEN

actions.declare("opportunity.opened", _("Opportunity opened"))
actions.declare("opportunity.updated", _("Opportunity changed"))
actions.declare("opportunity.moved", _("Opportunity moved to another stage"))
actions.declare("competitor.added", _("Competitor added"))
actions.declare("competitor.updated", _("Competitor changed"))
actions.declare("competitor.retired", _("Competitor retired"))
actions.declare("competitor.revived", _("Competitor taken up again"))
actions.declare("pipeline_rules.changed", _("Chances of the pipeline changed"))
actions.declare_fields(
    title=_("What it is about"),
    deal_stage=_("Stage of the opportunity"),
    stage_since=_("In this stage since"),
    expected_freight=_("Expected freight a month"),
    closes_on=_("Expected to close on"),
    competitor=_("Competitor"),
    need=_("What the customer needs"),
    lost_reason=_("Why it was lost"),
    reminded_for=_("Close date of whose passing somebody was told"),
    opened_by=_("Opened by"),
    opened_at=_("Opened"),
    strengths=_("Strengths"),
    note=_("Note"),
    opportunities=_("Opportunities"),
    opportunity_moves=_("Moves of opportunities"),
    **{stage.value: stage.label for stage in OPEN},
)

classify(
    "development.Opportunity",
    business="""serial number customer title deal_stage stage_since expected_freight closes_on owner competitor
        lost_reason opened_by opened_at closed_at reminded_for version""",
    personal="need",
)
classify(
    "development.StageChange",
    business="opportunity old_stage new_stage moved_by moved_at",
    personal="remark",
)
classify("development.Competitor", business="name strengths note is_active version")
classify("development.PipelineRules", business="identified qualified proposed negotiating version")


def _moves(customer: Customer) -> QuerySet[StageChange]:
    return StageChange.objects.filter(opportunity__customer=customer)


relations.register(
    "opportunities",
    Relation(
        label=_("Opportunities"),
        model=Opportunity,
        rows=lambda customer: customer.opportunities.all(),
        personal=lambda customer: customer.opportunities.filter(need__isnull=False).count(),
        erase=lambda customer: customer.opportunities.update(need=None),
        moves="customer",
    ),
)
relations.register(
    "opportunity_moves",
    Relation(
        label=_("Moves of opportunities"),
        model=StageChange,
        rows=_moves,
        personal=lambda customer: _moves(customer).filter(remark__isnull=False).count(),
        erase=lambda customer: _moves(customer).update(remark=None),
        stays=_("They go with their opportunities."),
    ),
)

revealable.register(
    kind="opportunity",
    label=_("What the customer of an opportunity needs"),
    model=Opportunity,
    field="need",
    permission=REVEAL,
    owner=lambda opportunity: opportunity.customer,
    url=lambda opportunity: reverse("development:detail", args=[opportunity.pk]),
)

OPPORTUNITY = "the opportunity"
TOLD = {
    "number": registry.text("the opportunity's number"),
    "customer_id": registry.record_id("the customer's id"),
    "stage": registry.text("the stage that it is in: identified, qualified, proposed, negotiating, won or lost"),
    "version": registry.whole_number("the version of the record from now on"),
    "closes_on": registry.day("the day on which it is expected to close"),
}
registry.declare(
    "opportunity.opened",
    version=1,
    subject=OPPORTUNITY,
    payload=TOLD,
    doc="An opportunity of a customer was opened.",
)
registry.declare(
    "opportunity.stage_changed",
    version=1,
    subject=OPPORTUNITY,
    payload={**TOLD, "old_stage": registry.text("the stage that it was in before")},
    doc="An opportunity moved to another stage of the pipeline; won and lost are the last ones.",
)
registry.declare(
    "opportunity.close_date_passed",
    version=1,
    subject=OPPORTUNITY,
    payload=TOLD,
    doc="An opportunity is still open after the day on which it was expected to close. Told once for each such day.",
)
