"""The customer's answer to a proposal, by the link: accepted once, it becomes an agreement and a service plan."""

import secrets
import uuid
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core.audit.services import record
from core.events.services import publish
from core.tenancy.clock import local_date, months_after
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.services import tell_in_timeline
from development.enums import ANSWERED, DealStage, Measure, ProposalState
from development.models import Opportunity, Proposal, ProposalLine
from development.services.deciding import keep
from development.services.measuring import BEFORE, measure_months
from development.services.moving import change_stage
from development.services.opening import hold_opportunity
from development.words import price_in_words
from service_plans.enums import ItemKind
from service_plans.models import ServicePlan
from service_plans.services import add_item, create_plan

LONGEST_NAME, LONGEST_ANSWER = 100, 1000
READ = (ProposalState.APPROVED, *ANSWERED)


class ProposalAnswered(DomainError):
    code = "proposal_answered"
    message = _("This proposal was answered already, or it was withdrawn.")


class ProposalExpired(DomainError):
    code = "proposal_expired"
    message = _("This proposal is no longer valid. Ask us for a new one.")


class NobodyAnswers(DomainError):
    code = "nobody_answers"
    message = _("Enter your name.")


def share_token(proposal: Proposal) -> str:
    """Return what proves in an address that its holder was given the link."""
    return signing.dumps([proposal.pk.hex, proposal.share_word], salt=_salt())


def shared_proposal(token: str) -> Proposal | None:
    """Return the proposal that a token of the active tenant opens; None for one that is withdrawn or made up."""
    try:
        pk, word = signing.loads(token, salt=_salt())
    except signing.BadSignature:
        return None
    found = Proposal.objects.filter(pk=uuid.UUID(pk), state__in=READ)
    proposal = found.exclude(opportunity__customer__erased_at__isnull=False).first()
    is_good = proposal is not None and proposal.share_word and secrets.compare_digest(proposal.share_word, word)
    return proposal if is_good else None


@transaction.atomic
def accept_proposal(*, proposal: Proposal, name: str, at: datetime) -> Proposal:
    """Agree to a proposal in the customer's name: the opportunity is won, and a service plan is drafted.

    Raises ProposalAnswered, ProposalExpired or NobodyAnswers.
    """
    opportunity, proposal = _held(proposal, name, at)
    today = local_date(at, current_tenant().time_zone)
    proposal.state = ProposalState.ACCEPTED
    proposal.answered_at, proposal.answered_name = at, name.strip()
    proposal.plan = _draft_plan(opportunity, proposal, today, at)
    keep(proposal, "state", "answered_at", "answered_name", "plan")
    record("proposal.accepted", subject=proposal, by=None, at=at)
    change_stage(opportunity, DealStage.WON, by=None, at=at)
    _tell_timeline(opportunity, proposal, "proposal.accepted", at)
    publish("proposal.accepted", subject_id=proposal.pk, payload=_told(opportunity, proposal), at=at)
    this_month = today.replace(day=1)
    measure_months(first=months_after(this_month, -BEFORE), last=this_month, at=at, proposal=proposal)
    return proposal


@transaction.atomic
def decline_proposal(*, proposal: Proposal, name: str, answer: str = "", at: datetime) -> Proposal:
    """Decline a proposal in the customer's name; the opportunity stays as it is.

    Raises ProposalAnswered, ProposalExpired or NobodyAnswers.
    """
    opportunity, proposal = _held(proposal, name, at)
    proposal.state = ProposalState.DECLINED
    proposal.answered_at, proposal.answered_name = at, name.strip()
    proposal.answer = answer.strip() or None
    keep(proposal, "state", "answered_at", "answered_name", "answer")
    record("proposal.declined", subject=proposal, by=None, at=at)
    _tell_timeline(opportunity, proposal, "proposal.declined", at)
    publish("proposal.declined", subject_id=proposal.pk, payload=_told(opportunity, proposal), at=at)
    return proposal


def _held(proposal: Proposal, name: str, at: datetime) -> tuple[Opportunity, Proposal]:
    if not name.strip():
        raise NobodyAnswers
    opportunity = hold_opportunity(proposal.opportunity)
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != ProposalState.APPROVED or not opportunity.is_open:
        raise ProposalAnswered
    if not proposal.is_answerable(local_date(at, current_tenant().time_zone)):
        raise ProposalExpired
    return opportunity, proposal


def _draft_plan(opportunity: Opportunity, proposal: Proposal, today: date, at: datetime) -> ServicePlan:
    """Write down what was agreed as a plan from tomorrow, for a year, for somebody to complete and propose."""
    starts_on = today + timedelta(days=1)
    ends_on = months_after(starts_on, 12) - timedelta(days=1)
    plan = create_plan(customer=opportunity.customer, starts_on=starts_on, ends_on=ends_on, by=None, at=at)
    with override(current_tenant().language):
        for line in proposal.lines.select_related("service").order_by("place"):
            add_item(plan=plan, facts=_item(line), by=None, at=at)
    return plan


def _item(line: ProposalLine) -> dict[str, object]:
    words = (str(line.service), line.text or "", price_in_words(line))
    kind = line.service.plan_item
    is_measured = kind == ItemKind.PRODUCT and line.measure == Measure.ON_TIME and line.target >= 1
    return {
        "kind": kind,
        "text": "\n".join(filter(None, words)),
        "target_percent": min(int(line.target), 100) if is_measured else None,
    }


def _tell_timeline(opportunity: Opportunity, proposal: Proposal, code: str, at: datetime) -> None:
    tell_in_timeline(
        customer=opportunity.customer,
        code=code,
        parameters={"number": proposal.number, "edition": proposal.edition},
        source=f"{code}:{proposal.pk}",
        happened_at=at,
        at=at,
    )


def _told(opportunity: Opportunity, proposal: Proposal) -> dict[str, object]:
    return {
        "number": proposal.number,
        "customer_id": str(opportunity.customer_id),
        "opportunity_id": str(opportunity.pk),
        "edition": proposal.edition,
        "version": proposal.version,
    }


def _salt() -> str:
    return f"development.shared:{required_tenant_id()}"
