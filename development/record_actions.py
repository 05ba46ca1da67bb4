"""What may be done on the pages of opportunities and proposals, and to open one from a customer's."""

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from development.enums import DealStage, ProposalState
from development.models import MarketNote, Opportunity, Proposal
from development.panels import create_url
from development.permissions import APPROVE, VIEW, WRITE
from development.stages import may_move

ICONS = {
    DealStage.IDENTIFIED: "eye",
    DealStage.QUALIFIED: "filter",
    DealStage.PROPOSED: "file-text",
    DealStage.NEGOTIATING: "messages",
    DealStage.WON: "trophy",
    DealStage.LOST: "thumb-down",
}
ORDER = list(DealStage)


def find_opportunity(pk: uuid.UUID, user: Any) -> Opportunity | None:
    return Opportunity.objects.filter(pk=pk).first()


def _moves(stage: DealStage, *, is_forward: bool) -> Callable[[Opportunity, Any], bool]:
    def applies(opportunity: Opportunity, _user: Any) -> bool:
        ahead = ORDER.index(stage) > ORDER.index(opportunity.deal_stage)
        return ahead == is_forward and may_move(old=opportunity.deal_stage, new=stage)

    return applies


def _move(stage: DealStage, *, is_forward: bool) -> Action:
    return Action(
        name=f"{'to' if is_forward else 'back_to'}_{stage}",
        label=format_lazy(_("To: {stage}"), stage=stage.label)
        if is_forward
        else format_lazy(_("Back to: {stage}"), stage=stage.label),
        icon=ICONS[stage] if is_forward else "arrow-back-up",
        url=lambda opportunity: reverse("development:move", args=[opportunity.pk, stage.value]),
        permission=WRITE,
        order=(10 if is_forward else 60) + ORDER.index(stage),
        applies=_moves(stage, is_forward=is_forward),
        classes="btn-outline-danger" if stage == DealStage.LOST else "btn-primary" if is_forward else "",
    )


OPPORTUNITY_PAGE = RecordPage(
    url_name="development:detail",
    permission=VIEW,
    load=find_opportunity,
    name_of=lambda opportunity: opportunity.title,
)
OPPORTUNITY_ACTIONS = (
    *(_move(stage, is_forward=True) for stage in ORDER[1:]),
    *(_move(stage, is_forward=False) for stage in ORDER[:-2]),
    Action(
        name="proposal",
        label=_("Write a proposal"),
        icon="file-plus",
        url=at("development:create_proposal"),
        permission=WRITE,
        order=45,
        applies=lambda opportunity, _user: opportunity.is_open,
        is_in_header=False,
    ),
    Action(
        name="edit",
        label=_("Edit"),
        icon="edit",
        url=at("development:update"),
        permission=WRITE,
        order=50,
        applies=lambda opportunity, _user: opportunity.is_open,
    ),
)


def find_proposal(pk: uuid.UUID, user: Any) -> Proposal | None:
    return Proposal.objects.filter(pk=pk).first()


def _is(*states: str) -> Callable[[Proposal, Any], bool]:
    return lambda proposal, _user: proposal.state in states


def may_be_approved(proposal: Proposal, user: Any) -> bool:
    is_own = user.pk in (proposal.written_by_id, proposal.proposed_by_id)
    return proposal.state == ProposalState.PROPOSED and not is_own


PROPOSAL_PAGE = RecordPage(
    url_name="development:proposal", permission=VIEW, load=find_proposal, name_of=lambda proposal: proposal.number
)
PROPOSAL_ACTIONS = (
    Action(
        name="propose",
        label=_("Propose"),
        icon="send",
        url=at("development:propose"),
        permission=WRITE,
        order=10,
        applies=_is(ProposalState.DRAFT),
        confirm=lambda _proposal: gettext("It cannot be changed while it waits for somebody else's approval."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="approve",
        label=_("Approve"),
        icon="check",
        url=at("development:approve"),
        permission=APPROVE,
        order=20,
        applies=may_be_approved,
        confirm=lambda proposal: (
            gettext("It can be shared until %(day)s. A version approved before is withdrawn, and its link ends.")
            % {"day": proposal.valid_until}
        ),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="send_back",
        label=_("Send back"),
        icon="arrow-back-up",
        url=at("development:send_back"),
        permission=APPROVE,
        order=30,
        applies=_is(ProposalState.PROPOSED),
    ),
    Action(
        name="share",
        label=_("Share with the customer"),
        icon="share",
        url=at("development:share"),
        permission=WRITE,
        order=40,
        applies=_is(ProposalState.APPROVED),
        confirm=lambda _proposal: gettext(
            "A link is made by which the customer reads the proposal and accepts or declines it. One from before ends."
        ),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="file",
        label=_("PDF file"),
        icon="file-download",
        url=at("development:proposal_file"),
        permission=VIEW,
        order=50,
    ),
    Action(
        name="next",
        label=_("Next version"),
        icon="copy",
        url=at("development:next_version"),
        permission=WRITE,
        order=60,
        applies=lambda proposal, _user: proposal.state not in (ProposalState.DRAFT, ProposalState.ACCEPTED),
    ),
    Action(
        name="edit",
        label=_("Validity and foreword"),
        icon="edit",
        url=at("development:update_proposal"),
        permission=WRITE,
        order=70,
        applies=_is(ProposalState.DRAFT),
    ),
    Action(
        name="withdraw",
        label=_("Withdraw"),
        icon="link-off",
        url=at("development:withdraw"),
        permission=WRITE,
        order=80,
        applies=_is(ProposalState.APPROVED),
        confirm=lambda _proposal: gettext("The customer can no longer read or accept it."),
        classes="btn-outline-danger",
    ),
    Action(
        name="drop",
        label=_("Drop the draft"),
        icon="trash",
        url=at("development:drop"),
        permission=WRITE,
        order=90,
        applies=_is(ProposalState.DRAFT),
        confirm=lambda _proposal: gettext("The draft is given up; it stays on record."),
        classes="btn-outline-danger",
    ),
)


def find_note(pk: uuid.UUID, user: Any) -> MarketNote | None:
    return MarketNote.objects.filter(pk=pk).first()


NOTE_PAGE = RecordPage(url_name="development:market_note", permission=VIEW, load=find_note, name_of=str)
UPDATE_NOTE = Action(
    name="edit",
    label=_("Edit"),
    icon="edit",
    url=at("development:update_market_note"),
    permission=WRITE,
)
REMOVE_NOTE = Action(
    name="remove",
    label=_("Remove"),
    icon="trash",
    url=at("development:remove_market_note"),
    permission=WRITE,
    confirm=lambda _note: gettext("The note goes for good; the trail says that there was one."),
    classes="btn-outline-danger",
)
FOR_CUSTOMER = Action(
    name="opportunity",
    label=_("Open an opportunity"),
    icon="target-arrow",
    url=create_url,
    permission=WRITE,
    order=56,
    is_in_header=False,
)
