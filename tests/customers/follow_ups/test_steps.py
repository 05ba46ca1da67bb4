"""The steps with a follow-up: what each writes, what it refuses, and how a series goes on."""

from datetime import date, timedelta

import pytest

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.web.models import Notice
from customers.models import FollowUp, Interaction
from customers.services.follow_up_steps import (
    SnoozeInPast,
    cancel_follow_up,
    complete_follow_up,
    hand_over_follow_up,
    pass_on_follow_up,
    reopen_follow_up,
    reschedule_follow_up,
    snooze_follow_up,
)
from customers.services.follow_ups import AssigneeMayNot, DueInPast, FollowUpClosed, FollowUpOpen
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_user


def test_done_stands_in_the_timeline(customer, agent, now):
    follow_up = make_follow_up(at=now, customer=customer, subject="Ask about the pallets")

    done = complete_follow_up(follow_up=follow_up, outcome="They were fine.", by=agent, at=now)

    assert (done.state, done.closed_by, done.assignee, done.outcome) == ("done", agent, agent, "They were fine.")
    entry = Interaction.objects.get()
    assert (entry.customer, entry.kind, entry.direction, entry.recorded_by, entry.text) == (
        customer,
        "call",
        "outbound",
        agent,
        "Ask about the pallets\nThey were fine.",
    )
    assert OutboxEvent.objects.get(name="follow_up.done").payload["assignee_id"] == str(agent.pk)
    assert AuditEvent.objects.get(action="follow_up.done").actor_id == agent.pk


def test_done_for_no_customer_is_done(agent, now):
    complete_follow_up(follow_up=make_follow_up(at=now), by=agent, at=now)

    assert (FollowUp.objects.get().state, Interaction.objects.count()) == ("done", 0)


STEPS = {
    "done": lambda follow_up, by, at: complete_follow_up(follow_up=follow_up, by=by, at=at),
    "cancel": lambda follow_up, by, at: cancel_follow_up(follow_up=follow_up, by=by, at=at),
    "snooze": lambda follow_up, by, at: snooze_follow_up(
        follow_up=follow_up, until=at + timedelta(hours=1), by=by, at=at
    ),
    "reschedule": lambda follow_up, by, at: reschedule_follow_up(
        follow_up=follow_up, due_at=at + timedelta(days=1), by=by, at=at
    ),
    "hand_over": lambda follow_up, by, at: hand_over_follow_up(
        follow_up=follow_up, assignee=by, team=None, by=by, at=at
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_step_with_a_closed_one_is_refused(step, customer, agent, now):
    follow_up = make_follow_up(at=now, customer=customer)
    cancel_follow_up(follow_up=follow_up, by=agent, at=now)
    before = FollowUp.objects.values().get()

    with pytest.raises(FollowUpClosed):
        STEPS[step](follow_up, agent, now)

    assert FollowUp.objects.values().get() == before


@pytest.mark.parametrize("step", STEPS)
def test_step_changes_the_version_and_leaves_a_line(step, agent, now):
    STEPS[step](make_follow_up(at=now), agent, now)

    assert FollowUp.objects.get().version == 2
    actions = {"done": "done", "cancel": "cancelled", "snooze": "snoozed", "reschedule": "rescheduled"}
    assert AuditEvent.objects.filter(action=f"follow_up.{actions.get(step, 'handed_over')}").count() == 1


def test_snooze_leaves_the_time_it_is_due(agent, now):
    follow_up = make_follow_up(at=now)

    snooze_follow_up(follow_up=follow_up, until=now + timedelta(days=2), by=agent, at=now)

    stored = FollowUp.objects.get()
    assert (stored.due_at, stored.snoozed_until) == (follow_up.due_at, now + timedelta(days=2))
    with pytest.raises(SnoozeInPast):
        snooze_follow_up(follow_up=follow_up, until=now, by=agent, at=now)


def test_reschedule_wakes_it_and_counts_by_the_new_time(agent, now):
    follow_up = make_follow_up(at=now)
    FollowUp.objects.update(snoozed_until=now + timedelta(hours=1), escalated_at=now)

    reschedule_follow_up(follow_up=follow_up, due_at=now + timedelta(days=2), by=agent, at=now)

    stored = FollowUp.objects.get()
    assert (stored.due_at, stored.snoozed_until, stored.escalated_at) == (now + timedelta(days=2), None, None)
    with pytest.raises(DueInPast):
        reschedule_follow_up(follow_up=follow_up, due_at=now - timedelta(days=2), by=agent, at=now)


def test_hand_over_tells_whoever_gets_it(agent, account_manager, now):
    follow_up = make_follow_up(at=now, assignee=agent)

    hand_over_follow_up(follow_up=follow_up, assignee=account_manager, team=None, by=agent, at=now)

    assert FollowUp.objects.get().assignee == account_manager
    assert [(each.user, each.kind) for each in Notice.objects.all()] == [(account_manager, "follow_up_given")]
    officer = make_user(role=Role.PRIVACY_OFFICER, at=now)
    with pytest.raises(AssigneeMayNot):
        hand_over_follow_up(follow_up=follow_up, assignee=officer, team=None, by=agent, at=now)


def test_pass_on_gives_only_what_is_still_theirs(agent, account_manager, supervisor, now):
    follow_up = make_follow_up(at=now, assignee=agent)
    facts = {"row": follow_up, "by": supervisor, "at": now}

    assert pass_on_follow_up(**facts, of=supervisor, to=account_manager) is False
    assert pass_on_follow_up(**facts, of=agent, to=account_manager) is True
    assert FollowUp.objects.get().assignee == account_manager


def test_reopened_is_open_as_before(customer, agent, now):
    follow_up = make_follow_up(at=now, customer=customer)
    complete_follow_up(follow_up=follow_up, outcome="Too early", by=agent, at=now)

    reopen_follow_up(follow_up=follow_up, by=agent, at=now)
    with pytest.raises(FollowUpOpen):
        reopen_follow_up(follow_up=follow_up, by=agent, at=now)
    complete_follow_up(follow_up=follow_up, outcome="Now", by=agent, at=now)

    assert FollowUp.objects.get().outcome == "Now"
    assert Interaction.objects.count() == 2


def test_reopening_beside_another_for_the_same_cause_is_refused(agent, now):
    first = make_follow_up(at=now, cause="shipment:1")
    complete_follow_up(follow_up=first, by=agent, at=now)
    make_follow_up(at=now, cause="shipment:1")

    with pytest.raises(FollowUpOpen):
        reopen_follow_up(follow_up=first, by=agent, at=now)

    assert sorted(FollowUp.objects.values_list("state", flat=True)) == ["done", "open"]


def test_done_opens_the_next_of_the_series(customer, agent, now):
    follow_up = make_follow_up(
        at=now, customer=customer, recurrence="weekly", repeats_until=date(2026, 4, 1), assignee=agent
    )
    due_at = follow_up.due_at

    complete_follow_up(follow_up=follow_up, by=agent, at=now)

    done, following = FollowUp.objects.order_by("pk")
    assert (done.recurrence, done.repeats_from) == ("", None)
    assert (following.due_at, following.recurrence, following.repeats_from) == (
        due_at + timedelta(days=7),
        "weekly",
        due_at,
    )
    assert (following.subject, following.assignee, following.origin) == ("Ask how it went", agent, "series")
    assert (following.repeats_until, following.created_by) == (date(2026, 4, 1), None)


def test_late_done_leaves_out_what_has_passed(agent, now):
    follow_up = make_follow_up(at=now, recurrence="daily")

    complete_follow_up(follow_up=follow_up, by=agent, at=now + timedelta(days=5))

    following = FollowUp.objects.get(state="open")
    # The fifth day is a Saturday.
    assert following.due_at == follow_up.due_at + timedelta(days=7)


def test_series_of_every_so_many_goes_on_so(agent, now):
    follow_up = make_follow_up(at=now, recurrence="weekly", repeats_every=2)

    complete_follow_up(follow_up=follow_up, by=agent, at=now)

    done, following = FollowUp.objects.order_by("pk")
    assert (done.recurrence, done.repeats_every) == ("", 1)
    assert following.due_at == follow_up.due_at + timedelta(days=14)
    assert (following.recurrence, following.repeats_every) == ("weekly", 2)


@pytest.mark.parametrize(("until", "count"), [(date(2026, 3, 9), 2), (date(2026, 3, 8), 1)])
def test_series_ends_on_its_last_day(agent, now, until, count):
    follow_up = make_follow_up(at=now, recurrence="weekly", repeats_until=until)

    complete_follow_up(follow_up=follow_up, by=agent, at=now)

    assert FollowUp.objects.count() == count


def test_rescheduling_one_moves_no_other_of_the_series(agent, now):
    follow_up = make_follow_up(at=now, recurrence="weekly")
    due_at = follow_up.due_at
    reschedule_follow_up(follow_up=follow_up, due_at=due_at + timedelta(days=2), by=agent, at=now)

    complete_follow_up(follow_up=follow_up, by=agent, at=now)

    assert FollowUp.objects.get(state="open").due_at == due_at + timedelta(days=7)


def test_cancelling_ends_the_series(agent, now):
    cancel_follow_up(follow_up=make_follow_up(at=now, recurrence="weekly"), by=agent, at=now)

    assert list(FollowUp.objects.values_list("state", flat=True)) == ["cancelled"]
