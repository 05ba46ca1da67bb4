"""Proposals: written by one, approved by another, answered once by the customer, and measured afterwards."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.models import Interaction
from customers.services import erase_customer
from customers.services.erasure import ErasureReason
from development.benefits import is_better, mean, usual_target
from development.follow_ups import say_accepted, wanted_for_answer
from development.models import BenefitMonth, CatalogueService, Opportunity, Proposal
from development.offers import for_record, shown
from development.services import (
    BenefitWithoutMeasure,
    NobodyAnswers,
    NoNextVersion,
    OpportunityClosed,
    OwnProposal,
    ProposalAnswered,
    ProposalEmpty,
    ProposalExpired,
    ProposalNotApproved,
    ProposalNotDraft,
    ProposalNotProposed,
    ServiceChanged,
    TargetMissing,
    TargetNotBetter,
    ValidInThePast,
    accept_proposal,
    add_line,
    approve_proposal,
    change_line,
    create_next_version,
    create_proposal,
    decline_proposal,
    drop_proposal,
    measure_months,
    measures_of,
    move_opportunity,
    propose_proposal,
    remove_line,
    retire_service,
    send_back_proposal,
    share_proposal,
    share_token,
    shared_proposal,
    update_proposal,
    update_service,
    withdraw_proposal,
)
from service_plans.models import ServicePlan
from shipments.models import Shipment
from tests.development.made import PUNCTUAL, make_opportunity, make_proposal, make_service, make_shared
from tests.factories.accounts import inside, make_tenant, make_user
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", company_name="Blue Kiln", at=now)


@pytest.fixture
def opportunity(customer, account_manager, now):
    return make_opportunity(customer, by=account_manager, at=now)


@pytest.fixture
def draft(opportunity, account_manager, now):
    return make_proposal(opportunity, by=account_manager, at=now)


@pytest.fixture
def shared(opportunity, account_manager, supervisor, now):
    return make_shared(opportunity, by=account_manager, approver=supervisor, at=now)


def fresh(proposal):
    return Proposal.objects.get(pk=proposal.pk)


def test_draft_is_written_proposed_and_approved_by_another(draft, account_manager, supervisor, now):
    with pytest.raises(ProposalNotProposed):
        approve_proposal(proposal=draft, by=supervisor, at=now)
    propose_proposal(proposal=draft, by=account_manager, at=now)
    for change in (update_proposal, propose_proposal):
        facts = {"valid_until": draft.valid_until} if change is update_proposal else {}
        with pytest.raises(ProposalNotDraft):
            change(proposal=draft, **facts, by=account_manager, at=now)
    with pytest.raises(OwnProposal):
        approve_proposal(proposal=draft, by=account_manager, at=now)

    approved = approve_proposal(proposal=draft, by=supervisor, at=now)

    assert (approved.state, approved.approved_by, approved.number, approved.edition) == (
        "approved",
        supervisor,
        "PR000001",
        1,
    )
    told = AuditEvent.objects.filter(subject_id=draft.pk).order_by("happened_at", "pk")
    assert list(told.values_list("action", flat=True)) == [
        "proposal.created",
        "proposal.line_added",
        "proposal.proposed",
        "proposal.approved",
    ]


def test_database_refuses_whoever_approves_their_own(shared, account_manager):
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=shared.pk).update(approved_by=account_manager)


def test_lines_are_checked(draft, account_manager, now):
    line = draft.lines.get()
    facts = {**PUNCTUAL, "service": line.service}
    made = {"by": account_manager, "at": now}

    with pytest.raises(TargetMissing):
        add_line(proposal=draft, facts=facts, **made)
    with pytest.raises(TargetNotBetter):
        add_line(proposal=draft, facts={**facts, "baseline": Decimal(96), "target": Decimal(95)}, **made)
    change_line(line=line, facts={"measure": "", "baseline": Decimal(1), "target": Decimal(2)}, **made)
    line.refresh_from_db()
    assert (line.baseline, line.target, line.text) == (None, None, "Ask Lin Mei.")
    remove_line(line=line, **made)
    with pytest.raises(ProposalEmpty):
        propose_proposal(proposal=draft, **made)


def test_what_is_past_or_closed_is_not_offered(opportunity, draft, account_manager, supervisor, now):
    with pytest.raises(ValidInThePast):
        create_proposal(opportunity=opportunity, valid_until=date(2026, 3, 1), by=account_manager, at=now)
    propose_proposal(proposal=draft, by=account_manager, at=now)
    with pytest.raises(ValidInThePast):
        approve_proposal(proposal=draft, by=supervisor, at=now + timedelta(days=40))
    move_opportunity(opportunity=opportunity, stage="lost", lost_reason="price", by=supervisor, at=now)
    with pytest.raises(OpportunityClosed):
        approve_proposal(proposal=draft, by=supervisor, at=now)
    with pytest.raises(OpportunityClosed):
        create_proposal(opportunity=opportunity, valid_until=date(2026, 4, 1), by=account_manager, at=now)
    sent_back = send_back_proposal(proposal=draft, reason="Too late", by=supervisor, at=now)
    assert drop_proposal(proposal=sent_back, by=supervisor, at=now).state == "dropped"


def test_next_version_takes_the_place_of_the_one_before(shared, account_manager, supervisor, now):
    token = share_token(shared)
    following = create_next_version(proposal=shared, valid_until=date(2026, 5, 1), by=account_manager, at=now)
    with pytest.raises(NoNextVersion):
        create_next_version(proposal=following, valid_until=date(2026, 5, 1), by=account_manager, at=now)
    propose_proposal(proposal=following, by=account_manager, at=now)
    assert shared_proposal(token) == shared

    approve_proposal(proposal=following, by=supervisor, at=now)

    assert (following.edition, following.lines.get().target) == (2, Decimal(95))
    assert (fresh(shared).state, shared_proposal(token)) == ("withdrawn", None)
    with pytest.raises(ProposalAnswered):
        accept_proposal(proposal=shared, name="Mei", at=now)
    with pytest.raises(ProposalNotApproved):
        withdraw_proposal(proposal=shared, by=supervisor, at=now)


def test_sharing_moves_the_opportunity_and_a_new_link_ends_the_old(shared, opportunity, account_manager, now):
    opportunity.refresh_from_db()
    old = share_token(shared)

    again = share_proposal(proposal=shared, by=account_manager, at=now)

    assert opportunity.deal_stage == "proposed"
    assert (shared_proposal(old), shared_proposal(share_token(again)), shared_proposal("made-up")) == (
        None,
        again,
        None,
    )


def test_link_opens_nothing_at_another_tenant(shared, tenant, other_tenant):
    token = share_token(shared)

    with inside(other_tenant, leaving=tenant):
        assert shared_proposal(token) is None
    assert shared_proposal(token) == shared


def test_accepted_proposal_wins_and_drafts_a_plan(shared, opportunity, customer, now):
    with pytest.raises(NobodyAnswers):
        accept_proposal(proposal=shared, name="  ", at=now)

    accepted = accept_proposal(proposal=shared, name="Lin Mei", at=now)

    opportunity.refresh_from_db()
    plan = ServicePlan.objects.get()
    item = plan.items.get()
    assert (accepted.state, accepted.answered_name, accepted.answered_at, accepted.plan) == (
        "accepted",
        "Lin Mei",
        now,
        plan,
    )
    assert (opportunity.deal_stage, opportunity.closed_at) == ("won", now)
    assert (plan.state, plan.customer, plan.starts_on, plan.ends_on) == (
        "draft",
        customer,
        date(2026, 3, 3),
        date(2027, 3, 2),
    )
    assert (item.kind, item.target_percent) == ("product", 95)
    assert "Ask Lin Mei." in item.text
    event = OutboxEvent.objects.get(name="proposal.accepted")
    wanted = wanted_for_answer(event, now)
    assert (wanted.customer, say_accepted(wanted.parameters)) == (
        customer,
        "Proposal PR000001 was accepted: complete its service plan and propose it.",
    )
    assert Interaction.objects.filter(customer=customer, code="proposal.accepted").count() == 1
    for answer in (accept_proposal, decline_proposal):
        with pytest.raises(ProposalAnswered):
            answer(proposal=shared, name="Lin Mei", at=now)
    assert ServicePlan.objects.count() == 1


def test_declined_proposal_leaves_the_opportunity_open(shared, opportunity, now):
    declined = decline_proposal(proposal=shared, name="Lin Mei", answer="Too dear", at=now)

    opportunity.refresh_from_db()
    assert (declined.state, declined.answer, opportunity.deal_stage) == ("declined", "Too dear", "proposed")
    assert OutboxEvent.objects.filter(name="proposal.declined").count() == 1


def test_expired_or_closed_is_not_accepted(shared, opportunity, supervisor, now):
    with pytest.raises(ProposalExpired):
        accept_proposal(proposal=shared, name="Lin Mei", at=datetime(2026, 4, 2, 1, tzinfo=UTC))
    move_opportunity(opportunity=opportunity, stage="lost", lost_reason="price", by=supervisor, at=now)
    with pytest.raises(ProposalAnswered):
        accept_proposal(proposal=shared, name="Lin Mei", at=now)
    assert (fresh(shared).state, ServicePlan.objects.count()) == ("approved", 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_accept_once(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        writer, approver = (make_user(role=role, at=now) for role in (Role.ACCOUNT_MANAGER, Role.SUPERVISOR))
        opportunity = make_opportunity(make_customer(at=now), by=writer, at=now)
        proposal = make_shared(opportunity, by=writer, approver=approver, at=now)

    def work(name):
        with tenant_scope(tenant):
            accept_proposal(proposal=proposal, name=name, at=now)

    done = [others(work, name=name) for name in ("Mei", "Bo")]
    errors = [each.exception() for each in done]

    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "ProposalAnswered"]
    with tenant_scope(tenant):
        assert (ServicePlan.objects.count(), Opportunity.objects.get().deal_stage) == (1, "won")


def test_erasure_takes_words_names_and_links(shared, customer, supervisor, now):
    token = share_token(shared)
    accept_proposal(proposal=shared, name="Lin Mei", at=now)

    erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    kept = fresh(shared)
    assert (kept.answered_name, kept.share_word, kept.lines.get().text, kept.state) == (None, None, None, "accepted")
    assert shared_proposal(token) is None


def ship(customer, day, *, late=False, freight="10", **facts):
    accepted = datetime(2026, day[0], day[1], 4, tzinfo=UTC)
    return Shipment.objects.create(
        customer=customer,
        waybill_number=f"W-{Shipment.objects.count()}",
        accepted_at=accepted,
        promised_at=accepted + timedelta(days=2),
        delivered_at=accepted + timedelta(days=3 if late else 1),
        freight=Decimal(freight),
        **{"status": "delivered", **facts},
    )


def test_benefits_are_measured_before_and_after(shared, customer, tenant, now):
    ship(customer, (1, 5))
    ship(customer, (2, 5), late=True)
    accept_proposal(proposal=shared, name="Lin Mei", at=now)
    ship(customer, (3, 10), late=True)
    ship(customer, (4, 10))
    ship(customer, (4, 11))
    ship(customer, (4, 12), late=True, status="cancelled")
    later = datetime(2026, 5, 2, tzinfo=UTC)

    measure_months(first=date(2026, 3, 1), last=date(2026, 5, 1), at=later)
    again = measure_months(first=date(2026, 3, 1), last=date(2026, 5, 1), at=later)

    found = BenefitMonth.objects.order_by("month").values_list("month", "measured", "figure")
    assert list(found) == [
        (date(2026, 1, 1), 1, Decimal(100)),
        (date(2026, 2, 1), 1, Decimal(0)),
        (date(2026, 3, 1), 1, Decimal(0)),
        (date(2026, 4, 1), 2, Decimal(100)),
    ]
    assert again == 2


def test_benefit_is_shown_beside_its_promise(shared, customer, now):
    ship(customer, (2, 5), late=True)
    accept_proposal(proposal=shared, name="Lin Mei", at=now)
    line = shared.lines.get()
    BenefitMonth.objects.create(line=line, month=date(2026, 4, 1), measured=4, figure=Decimal(90))
    BenefitMonth.objects.create(line=line, month=date(2026, 5, 1), measured=6, figure=Decimal(100))

    with time_machine.travel(datetime(2026, 6, 2, tzinfo=UTC), tick=False):
        (offered,) = shown(for_record(Proposal.objects.all()).get(), names=["Lin Mei"])

    benefit = offered.benefit
    assert (benefit.baseline, benefit.target, benefit.before_words, benefit.after_words, benefit.is_kept) == (
        "80%",
        "95%",
        "0%",
        "96%",
        True,
    )
    assert (benefit.after.measured, offered.text) == (10, "Ask L****i.")


def test_each_measure_of_a_customer(customer, tenant, now):
    other = make_customer(at=now)
    ship(customer, (1, 5), freight="10")
    ship(customer, (2, 5), late=True, freight="20", exceptions=["returned"])
    ship(customer, (3, 1), late=True, freight="900")
    ship(other, (2, 5), freight="900")

    assert measures_of(customer, today=date(2026, 3, 2), at=now) == {
        "cost": Decimal(15),
        "days": Decimal(2),
        "returns": Decimal(50),
        "on_time": Decimal(50),
    }
    assert measures_of(make_customer(at=now), today=date(2026, 3, 2), at=now) == {}


def test_benefits_as_rules():
    assert usual_target("on_time", Decimal(80), 50) == Decimal(90)
    assert usual_target("days", Decimal(3), 10) == Decimal("2.70")
    assert is_better("days", Decimal(2), than=Decimal(3))
    assert not is_better("on_time", Decimal(2), than=Decimal(3))
    assert mean([]).figure is None
    assert mean([(1, Decimal(10)), (3, Decimal(30))]).figure == Decimal(25)


def test_catalogue_is_managed(tenant, supervisor, now):
    with pytest.raises(BenefitWithoutMeasure):
        make_service(at=now, measure="")
    service = make_service(at=now)

    changed = update_service(service=service, version=1, facts={"name_en": "Always"}, by=supervisor, at=now)
    with pytest.raises(ServiceChanged):
        update_service(service=service, version=1, facts={"name_en": "Never"}, by=supervisor, at=now)
    retire_service(service=changed, by=supervisor, at=now)

    assert (CatalogueService.objects.get().name_en, CatalogueService.objects.get().is_active) == ("Always", False)
    assert AuditEvent.objects.get(action="catalogue_service.updated").changes == {"name_en": ["Punctual", "Always"]}
