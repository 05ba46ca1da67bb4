"""What playbooks open when a customer comes into a stage, for whom, and that nothing is doubled."""

from datetime import timedelta

import pytest

from core.accounts.enums import Role
from core.accounts.services import create_team
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.events.registry import receiver_named
from customers.follow_ups.words import subject_of
from customers.models import Customer, FollowUp
from customers.services.follow_up_steps import complete_follow_up
from lifecycle.models import PlaybookStep
from lifecycle.services import (
    EntryChanged,
    TooManySteps,
    WhoMissing,
    add_step,
    evaluate_stages,
    move_by_hand,
    remove_step,
    update_step,
)
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.lifecycle import in_stage, make_lead, make_regular

DAY = timedelta(days=1)
CALL = {
    "stage": "lost",
    "kind": "call",
    "words": "Ask where they went",
    "due_days": 2,
    "for_whom": "manager",
    "team": None,
    "role": "",
    "tier": "",
}


def deliver(name, *, at):
    code = {"customer.stage_changed": "playbook", "lead.captured": "lead_playbook"}[name]
    for event in OutboxEvent.objects.filter(name=name).order_by("pk"):
        receiver_named(f"follow_ups.{code}")(event=event, at=at)


def opened():
    return [(each.kind, subject_of(each), each.assignee, each.due_at) for each in FollowUp.objects.order_by("pk")]


@pytest.fixture
def silent(tenant, account_manager, now):
    customer = in_stage(make_regular(at=now - DAY, since=500, until=300), "mature", since=now - timedelta(days=99))
    Customer.objects.filter(pk=customer.pk).update(account_manager=account_manager)
    return customer


def test_step_opens_a_follow_up_for_the_account_manager_once(silent, supervisor, account_manager, now):
    add_step(facts=CALL, by=supervisor, at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)

    deliver("customer.stage_changed", at=now)
    deliver("customer.stage_changed", at=now)

    assert opened() == [("call", "Lost: Ask where they went", account_manager, now + 2 * DAY)]
    assert FollowUp.objects.get().origin == "rule"


def test_done_step_is_opened_anew_when_the_customer_comes_in_again(silent, supervisor, account_manager, now):
    add_step(facts=CALL, by=supervisor, at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)
    deliver("customer.stage_changed", at=now)
    complete_follow_up(follow_up=FollowUp.objects.get(), outcome="They come back", by=account_manager, at=now)
    OutboxEvent.objects.filter(name="customer.stage_changed").delete()
    for stage in ("won_back", "lost"):
        customer = Customer.objects.get(pk=silent.pk)
        move_by_hand(customer=customer, stage=stage, reason="Called", held_until=now.date(), by=supervisor, at=now)

    deliver("customer.stage_changed", at=now)

    assert [each.state for each in FollowUp.objects.order_by("pk")] == ["done", "open"]


def test_customer_that_has_gone_on_is_left_alone(silent, supervisor, now):
    add_step(facts=CALL, by=supervisor, at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)
    in_stage(silent, "won_back", since=now)

    deliver("customer.stage_changed", at=now)

    assert not FollowUp.objects.exists()


def test_step_of_a_tier_is_for_its_customers_alone(silent, supervisor, now):
    add_step(facts={**CALL, "tier": "vip"}, by=supervisor, at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)

    deliver("customer.stage_changed", at=now)
    assert opened() == []

    Customer.objects.filter(pk=silent.pk).update(tier="vip")
    deliver("customer.stage_changed", at=now)
    assert len(opened()) == 1


def test_step_of_a_team_or_role_goes_to_the_least_busy(silent, supervisor, account_manager, now):
    team = create_team(name="North", department=None, by=supervisor, at=now)
    agents = [make_user(role=Role.AGENT, at=now) for _ in range(2)]
    for agent in agents:
        agent.team = team
        agent.save(update_fields=["team"])
    add_step(facts={**CALL, "for_whom": "team", "team": team}, by=supervisor, at=now)
    add_step(facts={**CALL, "for_whom": "role", "role": "agent", "kind": "visit"}, by=supervisor, at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)

    deliver("customer.stage_changed", at=now)

    assert sorted(each.pk for _kind, _words, each, _due in opened()) == sorted(agent.pk for agent in agents)


def test_step_of_leads_is_for_who_is_in_charge(tenant, supervisor, agent, now):
    add_step(facts={**CALL, "stage": "lead"}, by=supervisor, at=now)
    make_lead(at=now, assignee=agent)
    make_lead(at=now)

    deliver("lead.captured", at=now)

    assert [(words, who) for _kind, words, who, _due in opened()] == [
        ("Lead: Ask where they went", agent),
        ("Lead: Ask where they went", None),
    ]


def test_step_needs_to_know_for_whom(tenant, supervisor, now):
    for facts in ({"for_whom": "team"}, {"for_whom": "role"}):
        with pytest.raises(WhoMissing):
            add_step(facts={**CALL, **facts}, by=supervisor, at=now)
    assert not PlaybookStep.objects.exists()


def test_stage_has_ten_steps_at_most(tenant, supervisor, now):
    for _ in range(10):
        add_step(facts=CALL, by=supervisor, at=now)

    with pytest.raises(TooManySteps):
        add_step(facts=CALL, by=supervisor, at=now)
    assert PlaybookStep.objects.count() == 10


def test_step_is_changed_and_removed(tenant, supervisor, now):
    step = add_step(facts=CALL, by=supervisor, at=now)
    update_step(step=step, version=1, facts={**CALL, "due_days": 5}, by=supervisor, at=now)

    with pytest.raises(EntryChanged):
        update_step(step=step, version=1, facts={**CALL, "due_days": 9}, by=supervisor, at=now)
    assert PlaybookStep.objects.get().due_days == 5

    remove_step(step=step, by=supervisor, at=now)
    remove_step(step=step, by=supervisor, at=now)
    actions = AuditEvent.objects.filter(action__startswith="playbook_step.").order_by("pk")
    assert [event.action for event in actions] == [
        "playbook_step.added",
        "playbook_step.changed",
        "playbook_step.removed",
    ]


def test_customer_without_steps_is_asked_nothing(tenant, now):
    in_stage(make_regular(at=now - DAY, since=500, until=300), "mature", since=now - timedelta(days=99))
    make_customer(at=now)
    evaluate_stages(as_of=(now - DAY).date(), at=now)

    deliver("customer.stage_changed", at=now)

    assert opened() == []
