"""What customer development declares: actions in the trail, what its fields hold of a person, events, relations."""

from django.db.models import Q, QuerySet
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
from development.models import BenefitMonth, MarketNote, Opportunity, Proposal, ProposalLine, StageChange
from development.stages import OPEN

actions.declare("opportunity.opened", _("Opportunity opened"))
actions.declare("opportunity.updated", _("Opportunity changed"))
actions.declare("opportunity.moved", _("Opportunity moved to another stage"))
actions.declare("competitor.added", _("Competitor added"))
actions.declare("competitor.updated", _("Competitor changed"))
actions.declare("competitor.retired", _("Competitor retired"))
actions.declare("competitor.revived", _("Competitor taken up again"))
actions.declare("pipeline_rules.changed", _("Chances of the pipeline changed"))
actions.declare("market_note.written", _("Market note written"))
actions.declare("market_note.updated", _("Market note changed"))
actions.declare("market_note.removed", _("Market note removed"))
actions.declare("catalogue_service.added", _("Service added to the catalogue"))
actions.declare("catalogue_service.updated", _("Service of the catalogue changed"))
actions.declare("catalogue_service.retired", _("Service of the catalogue retired"))
actions.declare("catalogue_service.revived", _("Service of the catalogue taken up again"))
actions.declare("proposal.created", _("Proposal begun"))
actions.declare("proposal.updated", _("Proposal changed"))
actions.declare("proposal.line_added", _("Service added to the proposal"))
actions.declare("proposal.line_changed", _("Service of the proposal changed"))
actions.declare("proposal.line_removed", _("Service taken out of the proposal"))
actions.declare("proposal.proposed", _("Proposal sent for approval"))
actions.declare("proposal.approved", _("Proposal approved"))
actions.declare("proposal.sent_back", _("Proposal sent back"))
actions.declare("proposal.dropped", _("Draft of the proposal dropped"))
actions.declare("proposal.shared", _("Proposal shared with the customer"))
actions.declare("proposal.withdrawn", _("Proposal withdrawn"))
actions.declare("proposal.accepted", _("Proposal accepted by the customer"))
actions.declare("proposal.declined", _("Proposal declined by the customer"))
actions.declare_fields(
    valid_until=_("Valid until"),
    foreword=_("Foreword"),
    answered_at=_("Answered"),
    answered_name=_("Name of who answered"),
    answer=_("What the customer answered"),
    plan=_("Service plan"),
    share_word=_("Link for the customer"),
    description_zh=_("Description in Chinese"),
    description_en=_("Description in English"),
    price_basis=_("Price basis"),
    list_price=_("List price"),
    measure=_("What it makes better"),
    improves_percent=_("Usually by, per cent"),
    plan_item=_("Becomes in the service plan"),
    proposals=_("Proposals"),
    proposal_lines=_("Services of proposals"),
    title=_("What it is about"),
    deal_stage=_("Stage of the opportunity"),
    expected_freight=_("Expected freight a month"),
    closes_on=_("Expected to close on"),
    competitor=_("Competitor"),
    need=_("What the customer needs"),
    lost_reason=_("Why it was lost"),
    reminded_for=_("Close date whose passing was told"),
    opened_by=_("Opened by"),
    opened_at=_("Opened"),
    strengths=_("Strengths"),
    note=_("Note"),
    opportunities=_("Opportunities"),
    market_notes=_("Market notes"),
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
classify(
    "development.MarketNote",
    business="region industry competitor customer opportunity written_by written_at version",
    personal="text",
)
classify("development.Competitor", business="name strengths note is_active version")
classify("development.PipelineRules", business="identified qualified proposed negotiating version")

classify(
    "development.CatalogueService",
    business="""kind name_zh name_en description_zh description_en price_basis list_price measure improves_percent
        plan_item is_active version""",
)
classify(
    "development.Proposal",
    business="""serial number opportunity edition state valid_until written_by written_at proposed_by proposed_at
        approved_by approved_at shared_at answered_at plan version""",
    personal="foreword answered_name answer",
    sensitive="share_word",
)
classify(
    "development.ProposalLine",
    business="proposal place service price price_basis measure baseline target",
    personal="text",
)
classify("development.BenefitMonth", business="line month measured figure")


def _moves(customer: Customer) -> QuerySet[StageChange]:
    return StageChange.objects.filter(opportunity__customer=customer)


def _proposals(customer: Customer) -> QuerySet[Proposal]:
    return Proposal.objects.filter(opportunity__customer=customer)


def _lines(customer: Customer) -> QuerySet[ProposalLine]:
    return ProposalLine.objects.filter(proposal__opportunity__customer=customer)


def _worded(customer: Customer) -> int:
    said = Q(foreword__isnull=False) | Q(answered_name__isnull=False) | Q(answer__isnull=False)
    return _proposals(customer).filter(said).count()


def _silence(customer: Customer) -> None:
    """Take the words away; the links to them end."""
    _proposals(customer).update(foreword=None, answered_name=None, answer=None, share_word=None)


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
relations.register(
    "proposals",
    Relation(
        label=_("Proposals"),
        model=Proposal,
        rows=_proposals,
        left_out=frozenset({"share_word"}),
        personal=_worded,
        erase=_silence,
        stays=_("They go with their opportunities."),
    ),
)
relations.register(
    "proposal_lines",
    Relation(
        label=_("Services of proposals"),
        model=ProposalLine,
        rows=_lines,
        personal=lambda customer: _lines(customer).filter(text__isnull=False).count(),
        erase=lambda customer: _lines(customer).update(text=None),
        stays=_("They go with their opportunities."),
    ),
)
relations.register(
    "benefit_months",
    Relation(
        label=_("What became of promised benefits"),
        model=BenefitMonth,
        rows=lambda customer: BenefitMonth.objects.filter(line__proposal__opportunity__customer=customer),
        stays=_("They go with their opportunities."),
    ),
)

relations.register(
    "market_notes",
    Relation(
        label=_("Market notes"),
        model=MarketNote,
        rows=lambda customer: customer.market_notes.all(),
        personal=lambda customer: customer.market_notes.filter(text__isnull=False).count(),
        erase=lambda customer: customer.market_notes.update(text=None),
        moves="customer",
    ),
)

revealable.register(
    kind="market-note",
    label=_("Market note"),
    model=MarketNote,
    field="text",
    permission=REVEAL,
    owner=lambda note: note.customer or note,
    url=lambda note: reverse("development:market_note", args=[note.pk]),
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
revealable.register(
    kind="proposal-line",
    label=_("What a proposal offers"),
    model=ProposalLine,
    field="text",
    permission=REVEAL,
    owner=lambda line: line.proposal.opportunity.customer,
    url=lambda line: reverse("development:proposal", args=[line.proposal_id]),
)
for kind, field, label in (
    ("proposal-foreword", "foreword", _("Foreword of a proposal")),
    ("proposal-name", "answered_name", _("Name of who answered a proposal")),
    ("proposal-answer", "answer", _("What a customer answered to a proposal")),
):
    revealable.register(
        kind=kind,
        label=label,
        model=Proposal,
        field=field,
        permission=REVEAL,
        owner=lambda proposal: proposal.opportunity.customer,
        url=lambda proposal: reverse("development:proposal", args=[proposal.pk]),
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
ANSWERED = {
    "number": registry.text("the proposal's number"),
    "customer_id": registry.record_id("the customer's id"),
    "opportunity_id": registry.record_id("the opportunity's id"),
    "edition": registry.whole_number("which version of the proposal it is"),
    "version": registry.whole_number("the version of the record from now on"),
}
registry.declare(
    "proposal.accepted",
    version=1,
    subject="the proposal",
    payload=ANSWERED,
    doc="A customer accepted a proposal by its link: the opportunity is won, and a service plan is drafted.",
)
registry.declare(
    "proposal.declined",
    version=1,
    subject="the proposal",
    payload=ANSWERED,
    doc="A customer declined a proposal by its link.",
)
