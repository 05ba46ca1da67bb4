"""Opportunities: opened, changed, moved through their stages, handed over, reminded of, merged and erased."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.models import FollowUp, Interaction
from customers.services import erase_customer, merge_customers
from customers.services.erasure import ErasureReason
from development.enums import DealStage, LostReason
from development.follow_ups import wanted_for_close_date
from development.models import Competitor, Opportunity, PipelineRules, StageChange
from development.services import (
    BadChance,
    CompetitorChanged,
    CompetitorNameTaken,
    LostForNoReason,
    MoveNotAllowed,
    OpportunityChanged,
    OpportunityClosed,
    OwnerMayNot,
    RulesChanged,
    add_competitor,
    hand_over_opportunity,
    move_opportunity,
    remind_of_close_dates,
    retire_competitor,
    revive_competitor,
    rules_in_force,
    set_chances,
    update_competitor,
    update_opportunity,
)
from development.stages import MOVES, OPEN
from tests.development.made import make_opportunity
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", company_name="Blue Kiln", at=now)


@pytest.fixture
def opportunity(customer, account_manager, now):
    return make_opportunity(customer, by=account_manager, at=now, need="Lin Mei wants it daily.")


def moved(opportunity, *stages, by, at):
    for stage in stages:
        opportunity = move_opportunity(opportunity=opportunity, stage=stage, by=by, at=at)
    return opportunity


def facts_of(opportunity, **others):
    names = ("title", "expected_freight", "closes_on", "owner", "competitor")
    return {"version": opportunity.version, **{name: getattr(opportunity, name) for name in names}, **others}


def test_opportunity_is_opened_and_told_of(opportunity, customer, account_manager):
    told = AuditEvent.objects.get(action="opportunity.opened")
    event = OutboxEvent.objects.get(name="opportunity.opened")

    assert (opportunity.number, opportunity.deal_stage, opportunity.serial) == ("OP000001", "identified", 1)
    assert (told.subject_id, told.changes, told.actor_id) == (opportunity.pk, {}, account_manager.pk)
    assert event.payload == {
        "number": "OP000001",
        "customer_id": str(customer.pk),
        "stage": "identified",
        "version": 1,
        "closes_on": "2026-04-30",
    }
    assert Interaction.objects.get(customer=customer).code == "opportunity.opened"
    assert [change.new_stage for change in opportunity.changes.all()] == ["identified"]


def test_owner_must_be_one_who_works_on_opportunities(customer, account_manager, agent, now):
    gone = make_user(role=Role.ACCOUNT_MANAGER, at=now)
    gone.is_active = False
    gone.save(update_fields=["is_active"])

    for owner in (agent, gone):
        with pytest.raises(OwnerMayNot):
            make_opportunity(customer, by=account_manager, at=now, owner=owner)
    assert Opportunity.objects.count() == 0


def test_opportunity_is_changed_in_what_differs(opportunity, account_manager, now):
    facts = facts_of(opportunity, title="Export lane to Kobe", expected_freight=Decimal(9000))

    changed = update_opportunity(opportunity=opportunity, **facts, by=account_manager, at=now)
    same = update_opportunity(opportunity=changed, **facts_of(changed), by=account_manager, at=now)

    told = AuditEvent.objects.get(action="opportunity.updated")
    assert told.changes == {
        "title": ["Export lane to Osaka", "Export lane to Kobe"],
        "expected_freight": ["12000.00", "9000"],
    }
    assert (same.version, same.need) == (2, "Lin Mei wants it daily.")
    with pytest.raises(OpportunityChanged):
        update_opportunity(opportunity=opportunity, **facts, by=account_manager, at=now)


def test_stages_lead_where_the_table_says_and_nowhere_else(customer, account_manager, now):
    for old in DealStage:
        for new in DealStage:
            opportunity = make_opportunity(customer, by=account_manager, at=now)
            Opportunity.objects.filter(pk=opportunity.pk).update(
                deal_stage=old,
                lost_reason="price" if old == "lost" else "",
                closed_at=now if old in ("won", "lost") else None,
            )
            try:
                move_opportunity(
                    opportunity=opportunity, stage=new, lost_reason=LostReason.PRICE, by=account_manager, at=now
                )
                went = True
            except MoveNotAllowed:
                went = False
            assert went == (new in MOVES[old]), (old, new)
            opportunity.refresh_from_db()
            assert (opportunity.deal_stage, opportunity.is_open) == ((new, new in OPEN) if went else (old, old in OPEN))


def test_opportunity_is_lost_for_a_reason_and_taken_up_again(opportunity, customer, account_manager, now):
    with pytest.raises(LostForNoReason):
        move_opportunity(opportunity=opportunity, stage="lost", by=account_manager, at=now)
    assert StageChange.objects.count() == 1

    lost = move_opportunity(
        opportunity=opportunity,
        stage="lost",
        lost_reason=LostReason.COMPETITOR,
        remark="Half the price.",
        by=account_manager,
        at=now,
    )
    assert (lost.lost_reason, lost.closed_at, lost.changes.get(new_stage="lost").remark) == (
        "competitor",
        now,
        "Half the price.",
    )
    with pytest.raises(OpportunityClosed):
        update_opportunity(opportunity=lost, **facts_of(lost), by=account_manager, at=now)
    back = moved(lost, "qualified", by=account_manager, at=now)

    assert (back.lost_reason, back.closed_at) == ("", None)
    told = OutboxEvent.objects.filter(name="opportunity.stage_changed").order_by("pk").values_list("payload", flat=True)
    assert [(each["old_stage"], each["stage"]) for each in told] == [("identified", "lost"), ("lost", "qualified")]
    timeline = Interaction.objects.filter(customer=customer, code="opportunity.moved").order_by("pk")
    assert [each.parameters["new"] for each in timeline] == ["lost", "qualified"]


def test_database_refuses_what_is_lost_without_a_reason(opportunity):
    with pytest.raises(IntegrityError), transaction.atomic():
        Opportunity.objects.filter(pk=opportunity.pk).update(deal_stage="lost")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_move_it_once(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        mover = make_user(role=Role.SUPERVISOR, at=now)
        opportunity = make_opportunity(make_customer(at=now), by=mover, at=now)

    def work():
        with tenant_scope(tenant):
            move_opportunity(opportunity=opportunity, stage="qualified", by=mover, at=now)

    done = [others(work) for _turn in range(2)]
    errors = [each.exception() for each in done]

    assert sorted(type(error).__name__ for error in errors) == ["MoveNotAllowed", "NoneType"]
    with tenant_scope(tenant):
        assert StageChange.objects.filter(new_stage="qualified").count() == 1


def test_owner_who_leaves_hands_over(opportunity, account_manager, supervisor, now):
    colleague = make_user(role=Role.ACCOUNT_MANAGER, at=now)

    given = hand_over_opportunity(row=opportunity, of=account_manager, to=colleague, by=supervisor, at=now)
    again = hand_over_opportunity(row=opportunity, of=account_manager, to=supervisor, by=supervisor, at=now)

    assert (given, again, Opportunity.objects.get().owner) == (True, False, colleague)


def test_passed_close_date_is_told_once_and_anew_for_another(opportunity, account_manager, now):
    day = date(2026, 5, 1)
    assert remind_of_close_dates(business_date=date(2026, 4, 30), at=now) == {"told": 0}
    assert remind_of_close_dates(business_date=day, at=now) == {"told": 1}
    assert remind_of_close_dates(business_date=day, at=now) == {"told": 0}

    opportunity.refresh_from_db()
    facts = facts_of(opportunity, closes_on=date(2026, 5, 20))
    update_opportunity(opportunity=opportunity, **facts, by=account_manager, at=now)
    assert remind_of_close_dates(business_date=date(2026, 5, 21), at=now) == {"told": 1}

    old, new = OutboxEvent.objects.filter(name="opportunity.close_date_passed").order_by("pk")
    assert wanted_for_close_date(old, now) is None
    assert wanted_for_close_date(new, now).cause == f"opportunity:{opportunity.pk}"
    move_opportunity(opportunity=opportunity, stage="lost", lost_reason="silent", by=account_manager, at=now)
    assert wanted_for_close_date(new, now) is None
    assert FollowUp.objects.count() == 0


def test_merge_moves_opportunities_and_erasure_takes_their_words(opportunity, customer, supervisor, now):
    move_opportunity(opportunity=opportunity, stage="qualified", remark="Call Lin Mei", by=supervisor, at=now)
    kept = make_customer(number="C-2", company_name="Blue Kiln Ltd", at=now)

    merge_customers(kept=kept, absorbed=customer, versions=(1, 1), by=supervisor, at=now)
    opportunity.refresh_from_db()
    assert opportunity.customer_id == kept.pk
    erase_customer(customer=kept, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    opportunity.refresh_from_db()
    assert (opportunity.need, opportunity.title) == (None, "Export lane to Osaka")
    assert opportunity.changes.get(new_stage="qualified").remark is None


def test_chances_are_set_and_seen_before_they_are_replaced(tenant, supervisor, now):
    assert [rules_in_force().chance(stage) for stage in DealStage] == [10, 30, 50, 75, 100, 0]
    chances = {"identified": 5, "qualified": 20, "proposed": 40, "negotiating": 80}

    rules = set_chances(chances=chances, replaces=0, by=supervisor, at=now)
    with pytest.raises(RulesChanged):
        set_chances(chances=chances, replaces=0, by=supervisor, at=now)
    with pytest.raises(BadChance):
        set_chances(chances={**chances, "proposed": 101}, replaces=1, by=supervisor, at=now)
    set_chances(chances=chances, replaces=1, by=supervisor, at=now)

    assert (rules.version, rules_in_force().version, PipelineRules.objects.count()) == (1, 1, 1)
    assert AuditEvent.objects.get(action="pipeline_rules.changed").changes["qualified"] == [30, 20]


def test_competitors_are_managed(tenant, supervisor, now):
    competitor = add_competitor(name="Swallow", strengths="Cheap", by=supervisor, at=now)
    with pytest.raises(CompetitorNameTaken):
        add_competitor(name="Swallow", by=supervisor, at=now)
    facts = {"name": "Swallow Express", "strengths": "Cheap", "note": "", "by": supervisor, "at": now}

    changed = update_competitor(competitor=competitor, version=1, **facts)
    with pytest.raises(CompetitorChanged):
        update_competitor(competitor=competitor, version=1, **facts)
    retire_competitor(competitor=changed, by=supervisor, at=now)
    revive_competitor(competitor=changed, by=supervisor, at=now + timedelta(hours=1))

    assert Competitor.objects.get().name == "Swallow Express"
    told = AuditEvent.objects.filter(subject_id=competitor.pk).order_by("happened_at", "pk")
    assert list(told.values_list("action", flat=True)) == [
        "competitor.added",
        "competitor.updated",
        "competitor.retired",
        "competitor.revived",
    ]
