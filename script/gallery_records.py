"""Records of a demo courier for the pages that show one, with what the demo itself does not hold."""

import io
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.http import QueryDict
from django.utils import timezone, translation

from core.accounts.enums import Role
from core.accounts.models import Department, Invitation, Team, User
from core.accounts.services import create_team, invite_user
from core.imports.enums import BatchState
from core.imports.kinds import kind_of
from core.imports.models import ImportBatch
from core.imports.services import receive_file, start_check
from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.partners.models import ApiKey
from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant, tenant_scope
from core.web import bulk, exports
from core.web.lists import actions
from core.web.models import SavedView
from core.web.saved_views import save_view
from courier_crm.demo.couriers import Courier
from customers.enums import CustomFieldKind, HandoverReason, NeedKind, Tier
from customers.models import (
    Address,
    Contact,
    ContactPoint,
    Customer,
    CustomerGroup,
    CustomerMerge,
    CustomerNeed,
    CustomField,
    FollowUp,
    Purpose,
)
from customers.services import add_custom_field, create_customer, merge_customers
from customers.services.needs import add_need
from customers.services.preferences import make_preference_link, preference_token
from customers.services.purposes import MARKETING
from development.enums import DealStage, ProposalState
from development.models import CatalogueService, Competitor, MarketNote, Opportunity, Proposal, ProposalLine
from development.services import share_token as proposal_token
from lifecycle.enums import LeadState
from lifecycle.models import Lead, LeadSource, LostReason, PlaybookStep
from portfolios.bulk import MOVES, start_moves
from portfolios.planning import propose_moves
from portfolios.services import current_policy
from service_plans.enums import PlanState
from service_plans.models import ServicePlan
from service_plans.services import create_next_edition, share_plan, share_token
from service_requests.enums import RequestState
from service_requests.models import ServiceRequest
from shipments.models import Shipment
from shipments.tracking.finding import seal
from tiering.enums import PolicyState
from tiering.models import TierOverride, TierPolicy

MOST_SECONDS = 90
SHIPMENTS = "waybill_number,customer_number,status,accepted_at,freight\n"


@dataclass(frozen=True, kw_only=True)
class Records:
    """The id, or the word, that stands in an address for each."""

    customer: str
    number: str
    new_customer: str
    other_number: str
    contact: str
    contact_point: str
    address: str
    need: str
    shipment: str
    service_request: str
    closed_request: str
    slug: str
    sealed: str
    user: str
    department: str
    team: str
    token: str
    api_key: str
    custom_field: str
    customer_group: str
    purpose: str
    preferences: str
    plan: str
    proposed_plan: str
    draft_plan: str
    plan_item: str
    shared_plan: str
    opportunity: str
    competitor: str
    accepted_proposal: str
    proposed_proposal: str
    draft_proposal: str
    proposal_line: str
    shared_proposal: str
    catalogue_service: str
    market_note: str
    waiting_policy: str
    asked_customer: str
    asked_override: str
    follow_up: str
    closed_follow_up: str
    lead: str
    lost_lead: str
    playbook_step: str
    lead_source: str
    lost_reason: str
    file_batch: str
    new_batch: str
    export_job: str
    bulk_job: str
    moves_job: str


def records_of(courier: Courier) -> Records:
    """Return what stands in the addresses of the courier's pages, and make what is not there yet."""
    tenant = Tenant.objects.get(slug=courier.slug)
    with tenant_scope(tenant), translation.override(courier.language):
        admin = User.objects.get(email=f"admin@{courier.slug}.example")
        jobs = _make_what_is_missing(courier, admin)
    _wait_for(tenant, jobs)
    with tenant_scope(tenant):
        # The biggest VIP whose timeline and archive have something of everything.
        vips = Customer.objects.filter(tier=Tier.VIP, addresses__isnull=False, contacts__points__isnull=False)
        customer = vips.annotate(people=Count("contacts")).order_by("-people", "-contribution").first()
        shipment = Shipment.objects.filter(customer=customer, scans__isnull=False).first()
        newcomer, other = Customer.objects.filter(contribution=0).order_by("-number")[:2]
        contact = Contact.objects.filter(customer=customer, points__isnull=False).first()
        Invitation.objects.filter(email=f"newcomer@{courier.slug}.example").delete()
        facts = {"role": Role.AGENT, "language": courier.language}
        _row, token = invite_user(email=f"newcomer@{courier.slug}.example", **facts, by=admin, at=timezone.now())
        plan = ServicePlan.objects.filter(state=PlanState.APPROVED).order_by("pk").first()
        plan = share_plan(plan=plan, by=admin, at=timezone.now())
        draft = ServicePlan.objects.filter(state=PlanState.DRAFT).first()
        if draft is None:
            draft = create_next_edition(plan=plan, by=admin, at=timezone.now())
        asked = TierOverride.objects.filter(approved_at=None, ended_at=None).first()
        own = BackgroundJob.objects.filter(owner=admin).order_by("-pk")
        return Records(
            customer=str(customer.pk),
            number=customer.number,
            new_customer=str(newcomer.pk),
            other_number=other.number,
            contact=str(contact.pk),
            contact_point=str(ContactPoint.objects.filter(contact=contact).first().pk),
            address=str(Address.objects.filter(customer=customer).first().pk),
            need=str(_need_of(customer).pk),
            shipment=str(shipment.pk),
            service_request=str(ServiceRequest.objects.filter(state=RequestState.WAITING).first().pk),
            closed_request=str(ServiceRequest.objects.filter(state=RequestState.DONE).first().pk),
            slug=courier.slug,
            sealed=seal(shipment.pk),
            user=str(User.objects.get(email=f"account-manager@{courier.slug}.example").pk),
            department=str(Department.objects.first().pk),
            team=str(Team.objects.first().pk),
            token=token,
            api_key=str(ApiKey.objects.order_by("pk").first().pk),
            custom_field=str(CustomField.objects.first().pk),
            customer_group=str(CustomerGroup.objects.order_by("name").first().pk),
            purpose=str(Purpose.objects.get(key=MARKETING).pk),
            preferences=preference_token(make_preference_link(customer=customer, by=admin, at=timezone.now())),
            plan=str(plan.pk),
            proposed_plan=str(ServicePlan.objects.filter(state=PlanState.PROPOSED).first().pk),
            draft_plan=str(draft.pk),
            plan_item=str(draft.items.first().pk),
            shared_plan=share_token(plan),
            opportunity=str(Opportunity.objects.filter(deal_stage=DealStage.NEGOTIATING).first().pk),
            competitor=str(Competitor.objects.order_by("name").first().pk),
            accepted_proposal=str(Proposal.objects.filter(state=ProposalState.ACCEPTED).first().pk),
            proposed_proposal=str(Proposal.objects.filter(state=ProposalState.PROPOSED).first().pk),
            draft_proposal=str(Proposal.objects.filter(state=ProposalState.DRAFT).first().pk),
            proposal_line=str(ProposalLine.objects.filter(proposal__state=ProposalState.DRAFT).first().pk),
            shared_proposal=proposal_token(Proposal.objects.filter(state=ProposalState.APPROVED).first()),
            waiting_policy=str(TierPolicy.objects.get(state=PolicyState.SUBMITTED).pk),
            asked_customer=str(asked.customer_id),
            asked_override=str(asked.pk),
            market_note=str(MarketNote.objects.order_by("pk").first().pk),
            catalogue_service=str(CatalogueService.objects.filter(is_active=True).order_by("pk").first().pk),
            follow_up=str(FollowUp.objects.filter(state="open", customer__isnull=False).first().pk),
            closed_follow_up=str(FollowUp.objects.filter(state="done").first().pk),
            file_batch=str(ImportBatch.objects.filter(kind="customers", state=BatchState.CHECKED).first().pk),
            lead=str(Lead.objects.filter(state=LeadState.QUALIFIED).order_by("pk").last().pk),
            lost_lead=str(Lead.objects.filter(state=LeadState.LOST).first().pk),
            playbook_step=str(PlaybookStep.objects.order_by("pk").first().pk),
            lead_source=str(LeadSource.objects.order_by("pk")[1].pk),
            lost_reason=str(LostReason.objects.order_by("pk").first().pk),
            new_batch=str(ImportBatch.objects.filter(state=BatchState.WAITING).first().pk),
            export_job=str(own.filter(kind=exports.KIND).first().pk),
            bulk_job=str(own.filter(kind=bulk.KIND).first().pk),
            moves_job=str(BackgroundJob.objects.filter(parameters__action=MOVES.name).first().pk),
        )


def _need_of(customer: Customer) -> CustomerNeed:
    need = CustomerNeed.objects.filter(customer=customer).first()
    return need or add_need(customer=customer, kind=NeedKind.FRAGILE, details={}, by=None, at=timezone.now())


def _make_what_is_missing(courier: Courier, admin: User) -> list[BackgroundJob]:
    """Add, once, a team, a field, a view, a merge, imports, an export and changes of many; return the jobs begun."""
    made = {"by": admin, "at": timezone.now()}
    if not Team.objects.exists():
        create_team(name=courier.departments[1], department=Department.objects.first(), **made)
    if not CustomField.objects.exists():
        facts = {"key": "terms", "kind": CustomFieldKind.CHOICE, "choices": list(courier.tags)}
        add_custom_field(label=courier.tags[0].capitalize(), **facts, **made)
    if not SavedView.objects.exists():
        save_view(
            list_name="customers",
            name=courier.tags[0].capitalize(),
            query=f"tag={courier.tags[0]}",
            is_shared=True,
            **made,
        )
    if not CustomerMerge.objects.exists():
        kept = Customer.objects.filter(tier=Tier.VIP).order_by("-contribution").first()
        facts = {"number": f"{courier.prefix}-0TWICE", "kind": kept.kind, "company_name": kept.company_name}
        twice = create_customer(**facts, custom_values=kept.custom_values, at=made["at"])
        merge_customers(kept=kept, absorbed=twice, versions=(kept.version, twice.version), **made)
    if ImportBatch.objects.exists():
        return []
    begun = [_check_shipments(courier, made), _check(courier, made), _export(made), _change(courier, made)]
    return [*begun, _move(courier, at=made["at"])]


def _check_shipments(courier: Courier, made: dict) -> BackgroundJob:
    """Check a file of shipments of which one row is wrong and one is odd."""
    day = (made["at"] - timedelta(days=1)).date()
    number = Customer.objects.order_by("number").first().number
    rows = [f"{courier.prefix}G{at:09},{number},delivered,{day},12.50" for at in range(8)]
    rows += [f"{courier.prefix}G8,{number},delivered,{day},0", f"{courier.prefix}G9,unknown,delivered,{day},x"]
    text = SHIPMENTS + "\n".join(rows)
    kind, stream = kind_of("shipments"), io.BytesIO(text.encode())
    batch = receive_file(kind=kind, stream=stream, size=len(text), file_name="october.csv", **made)
    return start_check(batch=batch, mapping=batch.mapping, **made)


def _check(courier: Courier, made: dict) -> BackgroundJob:
    """Check a file of customers of which two rows are wrong, and keep another whose columns are not told."""
    known = Customer.objects.filter(kind="company").order_by("number").first()
    rows = [f"{courier.prefix}-N{at},{known.company_name} {at},1990-01-0{at + 1}" for at in range(6)]
    rows += [
        f"{courier.prefix}-N8,{known.company_name},",
        f"{courier.prefix}-N9,,",
        f"{courier.prefix}-N7,A,2090-01-01",
    ]
    text = "number,company_name,birthday\n" + "\n".join(rows)
    kind, size = kind_of("customers"), len(text.encode())
    for name in ("leads.csv", "fair.csv"):
        stream = io.BytesIO(text.encode())
        batch = receive_file(kind=kind, stream=stream, size=size, file_name=name, **made)
    return start_check(batch=batch, mapping=batch.mapping, **made)


def _export(made: dict) -> BackgroundJob:
    parameters = {"list": "customers", "path": "/customers/", "query": "tier=vip", "format": "xlsx"}
    return start_job(kind=exports.KIND, title=str(exports.titles()["customers"]), parameters=parameters, **made)


def _change(courier: Courier, made: dict) -> BackgroundJob:
    view = exports.find("customers")()
    action = actions.find("customers", "add-tag")
    form = action.form(QueryDict(f"tag={courier.tags[1]}"))
    form.is_valid()
    return bulk.start(
        action=action, selection=bulk.Selection(view=view, query="tier=vip", rows=None), form=form, **made
    )


def _move(courier: Courier, *, at: datetime) -> BackgroundJob:
    """Let the supervisor confirm one of the moves that are proposed."""
    boss = User.objects.get(email=f"supervisor@{courier.slug}.example")
    [proposal, *_others] = propose_moves(policy=current_policy(), at=at, most=1).proposals
    return start_moves(sent=[proposal.sent], reason=HandoverReason.REBALANCED, by=boss, at=at)


def _wait_for(tenant: Tenant, jobs: list[BackgroundJob]) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while jobs and time.monotonic() < deadline:
        with tenant_scope(tenant):
            jobs = list(BackgroundJob.objects.filter(pk__in=[job.pk for job in jobs], state__in=UNFINISHED))
        time.sleep(0.5)
    if jobs:
        raise SystemExit(f"{current_tenant() or tenant.name}: the background jobs do not end. Does a worker run?")
