"""Opening follow-ups: what is refused, who gets them, what the house is told."""

from datetime import timedelta

import pytest

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.enums import Assignment, FollowUpOrigin
from customers.models import FollowUp
from customers.services import merge_customers
from customers.services.follow_ups import (
    AssigneeMayNot,
    BadRecurrence,
    DueInPast,
    FollowUpChanged,
    NobodyInTeam,
    SubjectMissing,
    open_follow_up,
    update_follow_up,
)
from customers.services.locking import CustomerMerged
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer


def test_open_follow_up_is_kept_told_and_in_the_trail(customer, agent, now):
    due_at = now + timedelta(days=1)

    follow_up = open_follow_up(
        customer=customer, kind="visit", subject=" Bring the samples ", due_at=due_at, assignee=agent, by=agent, at=now
    )

    stored = FollowUp.objects.get()
    assert (stored.pk, stored.subject, stored.assignee, stored.created_by) == (
        follow_up.pk,
        "Bring the samples",
        agent,
        agent,
    )
    event = OutboxEvent.objects.get(name="follow_up.created")
    assert (event.subject_id, event.payload) == (
        stored.pk,
        {
            "customer_id": str(customer.pk),
            "kind": "visit",
            "origin": "hand",
            "code": "",
            "due_at": due_at.isoformat(),
            "assignee_id": str(agent.pk),
        },
    )
    trace = AuditEvent.objects.get(action="follow_up.created")
    assert (trace.actor_id, trace.details) == (agent.pk, {"origin": "hand"})


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"subject": " "}, SubjectMissing),
        ({"due_in": timedelta(hours=-1)}, DueInPast),
        ({"recurrence": "daily", "until": -1}, BadRecurrence),
        ({"assignment": Assignment.LOAD}, NobodyInTeam),
    ],
)
def test_open_follow_up_that_is_refused_keeps_nothing(tenant, now, facts, refusal):
    due_at = now + facts.pop("due_in", timedelta(hours=3))
    if "until" in facts:
        facts["repeats_until"] = (due_at + timedelta(days=facts.pop("until"))).date()
    given = {"customer": None, "kind": "call", "subject": "Call", "due_at": due_at, **facts}

    with pytest.raises(refusal):
        open_follow_up(**given, by=None, at=now)

    assert FollowUp.objects.count() == OutboxEvent.objects.filter(name="follow_up.created").count() == 0


def test_colleague_who_does_none_is_refused(tenant, now, agent):
    officer = make_user(role=Role.PRIVACY_OFFICER, at=now)
    for nobody in (officer, agent):
        type(agent).objects.filter(pk=agent.pk).update(is_active=False)
        with pytest.raises(AssigneeMayNot):
            make_follow_up(at=now, assignee=nobody)

    assert FollowUp.objects.count() == 0


def test_merged_customer_is_refused(customer, supervisor, now):
    other = make_customer(at=now)
    merge_customers(kept=other, absorbed=customer, versions=(other.version, customer.version), by=supervisor, at=now)

    with pytest.raises(CustomerMerged):
        make_follow_up(at=now, customer=customer)

    assert FollowUp.objects.count() == 0


def test_by_portfolio_it_comes_to_the_account_manager(customer, account_manager, now):
    follow_up = make_follow_up(at=now, customer=customer, assignment=Assignment.PORTFOLIO)

    assert follow_up.assignee == account_manager


def test_without_account_manager_it_comes_to_the_team_by_load(vip, team, members, now):
    follow_up = make_follow_up(at=now, customer=vip, assignment=Assignment.PORTFOLIO, team=team)

    assert follow_up.assignee in members
    assert make_follow_up(at=now, customer=vip, assignment=Assignment.PORTFOLIO).assignee is None


def test_by_load_it_comes_to_whoever_has_the_fewest_open_ones(team, members, now):
    anna, bert = members
    for _ in range(2):
        make_follow_up(at=now, assignee=anna)
    FollowUp.objects.filter(pk=make_follow_up(at=now, assignee=bert).pk).update(state="done", closed_at=now)

    given = [make_follow_up(at=now, team=team, assignment=Assignment.LOAD).assignee for _ in range(4)]

    assert given == [bert, bert, anna, bert]


def test_what_is_open_for_a_cause_is_not_opened_again(customer, agent, now):
    first = make_follow_up(at=now, customer=customer, cause="shipment:1", origin=FollowUpOrigin.RULE)

    again = make_follow_up(at=now, customer=customer, cause="shipment:1", origin=FollowUpOrigin.RULE)

    assert again.pk == first.pk
    assert OutboxEvent.objects.filter(name="follow_up.created").count() == 1
    FollowUp.objects.update(state="done", closed_at=now)
    assert make_follow_up(at=now, customer=customer, cause="shipment:1").pk != first.pk


def test_another_tenant_has_causes_of_its_own(tenant, other_tenant, now):
    make_follow_up(at=now, cause="shipment:1")

    with inside(other_tenant, leaving=tenant):
        make_follow_up(at=now, cause="shipment:1")
        assert FollowUp.objects.count() == 1

    assert FollowUp.objects.count() == 1


CHANGES = {
    "kind": "email",
    "priority": 1,
    "is_promised": True,
    "recurrence": "",
    "repeats_every": 1,
    "repeats_until": None,
}


def test_update_follow_up_of_an_older_version_changes_nothing(agent, now):
    follow_up = make_follow_up(at=now)
    FollowUp.objects.update(version=2)

    with pytest.raises(FollowUpChanged):
        update_follow_up(
            follow_up=follow_up, version=1, **CHANGES, due_at=follow_up.due_at, subject="Else", by=agent, at=now
        )

    assert FollowUp.objects.get().kind == "call"


def test_update_follow_up_keeps_a_subject_that_is_not_typed(agent, now):
    follow_up = make_follow_up(at=now, subject="Stays")
    due_at = now + timedelta(days=2)

    update_follow_up(follow_up=follow_up, version=1, **CHANGES, due_at=due_at, by=agent, at=now)

    stored = FollowUp.objects.get()
    assert (stored.subject, stored.kind, stored.priority, stored.due_at, stored.version) == (
        "Stays",
        "email",
        1,
        due_at,
        2,
    )
    changes = AuditEvent.objects.get(action="follow_up.updated").changes
    assert set(changes) == {"kind", "priority", "is_promised", "due_at"}


def test_series_that_gets_another_time_begins_anew(agent, now):
    follow_up = make_follow_up(at=now, recurrence="weekly")
    due_at = now + timedelta(days=2)
    series = {**CHANGES, "recurrence": "weekly"}

    update_follow_up(follow_up=follow_up, version=1, **series, due_at=due_at, by=agent, at=now)

    assert FollowUp.objects.get().repeats_from == due_at
