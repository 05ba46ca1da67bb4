"""Writing a proposal while it is a draft: what it says, its lines, and the next version of one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.clock import local_date
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.tenancy.turns import wait_for_turn
from development.benefits import is_better
from development.enums import ProposalState
from development.models import Opportunity, Proposal, ProposalLine
from development.services.opening import OpportunityClosed, hold_opportunity

MOST_LINES = 20
LONGEST_TEXT = 1000
FACTS = ("service_id", "text", "price", "price_basis", "measure", "baseline", "target")


class ProposalNotDraft(DomainError):
    code = "proposal_not_draft"
    message = _("This version is no draft any more: what was offered stays as it was written. Make the next version.")


class ValidInThePast(DomainError):
    code = "valid_in_the_past"
    message = _("This day has passed already.")


class TooManyLines(DomainError):
    code = "too_many_lines"
    message = format_lazy(_("A proposal holds {most} services at most."), most=MOST_LINES)


class TargetMissing(DomainError):
    code = "target_missing"
    message = _("Say what figure is promised.")


class TargetNotBetter(DomainError):
    code = "target_not_better"
    message = _("What is promised is not better than what is there today.")


class NoNextVersion(DomainError):
    code = "no_next_version"
    message = _("A draft is changed itself, and what was accepted stays as it is.")


@transaction.atomic
def create_proposal(
    *, opportunity: Opportunity, valid_until: date, foreword: str = "", by: User | None, at: datetime
) -> Proposal:
    """Begin a proposal for an open opportunity, as a draft without lines.

    Raises OpportunityClosed or ValidInThePast.
    """
    opportunity = hold_opportunity(opportunity)
    if not opportunity.is_open:
        raise OpportunityClosed
    _check_day(valid_until, at)
    proposal = _begin(opportunity, valid_until=valid_until, foreword=foreword.strip() or None, by=by, at=at)
    record("proposal.created", of=proposal, by=by, at=at)
    return proposal


@transaction.atomic
def update_proposal(*, proposal: Proposal, valid_until: date, foreword: str = "", by: User, at: datetime) -> Proposal:
    """Change what a draft says; an empty foreword keeps what is stored. Raises ProposalNotDraft or ValidInThePast."""
    proposal = lock_draft(proposal)
    _check_day(valid_until, at)
    proposal.valid_until = valid_until
    if foreword.strip():
        proposal.foreword = foreword.strip()
    # Whoever wrote any of it does not approve it.
    proposal.written_by = by
    proposal.version += 1
    proposal.save(update_fields=["valid_until", "foreword", "written_by", "version"])
    record("proposal.updated", subject=proposal, by=by, at=at)
    return proposal


@transaction.atomic
def add_line(*, proposal: Proposal, facts: Mapping[str, Any], by: User | None, at: datetime) -> ProposalLine:
    """Add a service to a draft. Raises ProposalNotDraft, TooManyLines, TargetMissing or TargetNotBetter."""
    proposal = lock_draft(proposal)
    if proposal.lines.count() >= MOST_LINES:
        raise TooManyLines
    last = proposal.lines.aggregate(last=Max("place"))["last"] or 0
    line = ProposalLine(proposal=proposal, place=last + 1, **facts)
    _check_line(line)
    line.save(force_insert=True)
    _touch(proposal, by)
    record("proposal.line_added", of=proposal, by=by, at=at)
    return line


@transaction.atomic
def change_line(*, line: ProposalLine, facts: Mapping[str, Any], by: User, at: datetime) -> ProposalLine:
    """Change a line of a draft. Raises ProposalNotDraft, TargetMissing or TargetNotBetter."""
    proposal = lock_draft(line.proposal)
    line = ProposalLine.objects.select_for_update().get(pk=line.pk)
    for name, value in facts.items():
        setattr(line, name, value)
    _check_line(line)
    line.save()
    _touch(proposal, by)
    record("proposal.line_changed", of=proposal, by=by, at=at)
    return line


@transaction.atomic
def remove_line(*, line: ProposalLine, by: User, at: datetime) -> None:
    """Take a service out of a draft. Raises ProposalNotDraft."""
    proposal = lock_draft(line.proposal)
    line.delete()
    _touch(proposal, by)
    record("proposal.line_removed", of=proposal, by=by, at=at)


@transaction.atomic
def create_next_version(*, proposal: Proposal, valid_until: date, by: User, at: datetime) -> Proposal:
    """Make a draft of the next version, with the same lines; the one before stands until the next is approved.

    Raises NoNextVersion, OpportunityClosed or ValidInThePast.
    """
    opportunity = hold_opportunity(proposal.opportunity)
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state in (ProposalState.DRAFT, ProposalState.ACCEPTED):
        raise NoNextVersion
    if not opportunity.is_open:
        raise OpportunityClosed
    _check_day(valid_until, at)
    following = _begin(opportunity, valid_until=valid_until, foreword=proposal.foreword, by=by, at=at)
    for line in proposal.lines.order_by("place"):
        facts = {name: getattr(line, name) for name in FACTS}
        ProposalLine.objects.create(proposal=following, place=line.place, **facts)
    record("proposal.created", of=following, by=by, at=at, details={"follows": proposal.number})
    return following


def lock_draft(proposal: Proposal) -> Proposal:
    """Return the proposal's row, held. Raises ProposalNotDraft."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != ProposalState.DRAFT:
        raise ProposalNotDraft
    return proposal


def _begin(opportunity: Opportunity, **facts: Any) -> Proposal:
    by, at = facts.pop("by"), facts.pop("at")
    serial = _next_serial()
    last = opportunity.proposals.aggregate(last=Max("edition"))["last"] or 0
    return Proposal.objects.create(
        serial=serial,
        number=f"PR{serial:06}",
        opportunity=opportunity,
        edition=last + 1,
        written_by=by,
        written_at=at,
        **facts,
    )


def _touch(proposal: Proposal, by: User | None) -> None:
    proposal.written_by = by
    proposal.version += 1
    proposal.save(update_fields=["written_by", "version"])


def _check_day(valid_until: date, at: datetime) -> None:
    if valid_until < local_date(at, current_tenant().time_zone):
        raise ValidInThePast


def _check_line(line: ProposalLine) -> None:
    line.text = (line.text or "").strip() or None
    if not line.measure:
        line.baseline = line.target = None
        return
    if line.target is None:
        raise TargetMissing
    if line.baseline is not None and not is_better(line.measure, line.target, than=line.baseline):
        raise TargetNotBetter


def _next_serial() -> int:
    """Return the number after the last, held for this transaction: those of a tenant are numbered one by one."""
    wait_for_turn("proposals")
    return (Proposal.objects.aggregate(last=Max("serial"))["last"] or 0) + 1
