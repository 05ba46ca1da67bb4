"""From a draft to what the customer reads: proposed by one, approved by another, shared, and withdrawn."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from development.enums import DealStage, ProposalState
from development.models import Proposal
from development.services.moving import change_stage
from development.services.opening import OpportunityClosed, hold_opportunity
from development.services.proposing import ValidInThePast, lock_draft


class ProposalEmpty(DomainError):
    code = "proposal_empty"
    message = _("Add at least one service first.")


class ProposalNotProposed(DomainError):
    code = "proposal_not_proposed"
    message = _("This proposal does not wait for approval any more.")


class OwnProposal(DomainError):
    code = "own_proposal"
    message = _("You wrote or proposed this proposal yourself: somebody else has to approve it.")


class ProposalNotApproved(DomainError):
    code = "proposal_not_approved"
    message = _("This proposal is not approved, or it was answered or withdrawn.")


@transaction.atomic
def propose_proposal(*, proposal: Proposal, by: User, at: datetime) -> Proposal:
    """Ask for the approval of a draft. Raises ProposalNotDraft or ProposalEmpty."""
    proposal = lock_draft(proposal)
    if not proposal.lines.exists():
        raise ProposalEmpty
    proposal.state = ProposalState.PROPOSED
    proposal.proposed_by, proposal.proposed_at = by, at
    keep(proposal, "state", "proposed_by", "proposed_at")
    record("proposal.proposed", subject=proposal, by=by, at=at)
    return proposal


@transaction.atomic
def approve_proposal(*, proposal: Proposal, by: User, at: datetime) -> Proposal:
    """Let a proposed version stand; the approved one before is withdrawn.

    Raises ProposalNotProposed, OwnProposal, OpportunityClosed or ValidInThePast.
    """
    opportunity = hold_opportunity(proposal.opportunity)
    proposal = _lock(proposal, ProposalState.PROPOSED, ProposalNotProposed)
    if by.pk in (proposal.written_by_id, proposal.proposed_by_id):
        raise OwnProposal
    if not opportunity.is_open:
        raise OpportunityClosed
    if proposal.valid_until < local_date(at, current_tenant().time_zone):
        raise ValidInThePast
    for before in opportunity.proposals.select_for_update().filter(state=ProposalState.APPROVED):
        _withdraw(before, by=by, at=at)
    proposal.state = ProposalState.APPROVED
    proposal.approved_by, proposal.approved_at = by, at
    keep(proposal, "state", "approved_by", "approved_at")
    record("proposal.approved", subject=proposal, by=by, at=at)
    return proposal


@transaction.atomic
def send_back_proposal(*, proposal: Proposal, reason: str, by: User, at: datetime) -> Proposal:
    """Make a proposed version a draft again, with the reason in the trail. Raises ProposalNotProposed."""
    proposal = _lock(proposal, ProposalState.PROPOSED, ProposalNotProposed)
    proposal.state = ProposalState.DRAFT
    proposal.proposed_by = proposal.proposed_at = None
    keep(proposal, "state", "proposed_by", "proposed_at")
    record("proposal.sent_back", subject=proposal, by=by, at=at, reason=reason)
    return proposal


@transaction.atomic
def drop_proposal(*, proposal: Proposal, by: User, at: datetime) -> Proposal:
    """Give a draft up; it stays on record. Raises ProposalNotDraft."""
    proposal = lock_draft(proposal)
    proposal.state = ProposalState.DROPPED
    keep(proposal, "state")
    record("proposal.dropped", subject=proposal, by=by, at=at)
    return proposal


@transaction.atomic
def withdraw_proposal(*, proposal: Proposal, by: User, at: datetime) -> Proposal:
    """Take an approved version back: the customer's link ends. Raises ProposalNotApproved."""
    hold_opportunity(proposal.opportunity)
    return _withdraw(_lock(proposal, ProposalState.APPROVED, ProposalNotApproved), by=by, at=at)


@transaction.atomic
def share_proposal(*, proposal: Proposal, by: User, at: datetime) -> Proposal:
    """Make the link by which the customer reads and answers an approved version, in place of one before; the
    opportunity is in the stage of being proposed then, if it was before that.

    Raises ProposalNotApproved or OpportunityClosed.
    """
    opportunity = hold_opportunity(proposal.opportunity)
    proposal = _lock(proposal, ProposalState.APPROVED, ProposalNotApproved)
    if not opportunity.is_open:
        raise OpportunityClosed
    proposal.share_word, proposal.shared_at = secrets.token_urlsafe(16), at
    keep(proposal, "share_word", "shared_at")
    record("proposal.shared", of=proposal, by=by, at=at)
    if opportunity.deal_stage in (DealStage.IDENTIFIED, DealStage.QUALIFIED):
        change_stage(opportunity, DealStage.PROPOSED, by=by, at=at)
    return proposal


def keep(proposal: Proposal, *names: str) -> None:
    """Write these fields as a new version of the record."""
    proposal.version += 1
    proposal.save(update_fields=[*names, "version"])


def _withdraw(proposal: Proposal, *, by: User, at: datetime) -> Proposal:
    proposal.state = ProposalState.WITHDRAWN
    proposal.share_word = None
    keep(proposal, "state", "share_word")
    record("proposal.withdrawn", subject=proposal, by=by, at=at)
    return proposal


def _lock(proposal: Proposal, state: str, refusal: type[DomainError]) -> Proposal:
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != state:
        raise refusal
    return proposal
