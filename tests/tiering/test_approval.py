"""A version of the policy is written by one and approved by another; what was written meanwhile is overtaken."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.web.models import Notice
from core.web.notices import lines_of
from tests.factories.accounts import inside
from tests.factories.tiering import RULES, put_in_force, tiering_state
from tiering.enums import PolicyState
from tiering.models import TierPolicy
from tiering.services import (
    AnotherWaits,
    BadEntitlements,
    DecisionReasonMissing,
    NotYourDraft,
    OwnPolicy,
    PolicyChanged,
    PolicyClosed,
    PolicyNotDraft,
    PolicyNotWaiting,
    PolicyUntried,
    TrialTooOld,
    approve_policy,
    ask_for_trial,
    current_policy,
    decline_policy,
    submit_policy,
    try_policy,
    withdraw_policy,
    write_policy,
)


@pytest.fixture
def draft(supervisor, now):
    return write_policy(**{**RULES, "vip_percent": 8}, by=supervisor, at=now)


@pytest.fixture
def waiting(draft, supervisor, now):
    try_policy(policy=draft, at=now)
    return submit_policy(policy=draft, by=supervisor, at=now)


def told():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_version_comes_into_force_when_somebody_else_approves_it(waiting, supervisor, administrator, now):
    before = current_policy()

    approved = approve_policy(policy=waiting, by=administrator, at=now)

    assert before.version == 1
    assert current_policy() == approved
    assert (approved.created_by, approved.approved_by, approved.approved_at) == (supervisor, administrator, now)
    assert [event for event in told() if event.startswith("tier")] == [
        "tier_policy.written",
        "tier_policy.submitted",
        "tier_policy.approved",
    ]
    event = AuditEvent.objects.get(action="tier_policy.approved")
    assert event.changes["vip_percent"] == [5, 8]
    assert [(each.name, each.payload) for each in OutboxEvent.objects.filter(name__startswith="tier_policy")] == [
        ("tier_policy.submitted", {"version": 2, "replaces": 1}),
        ("tier_policy.approved", {"version": 2, "replaces": 1}),
    ]


def test_nobody_approves_what_they_wrote(waiting, supervisor, now):
    state = tiering_state()

    with pytest.raises(OwnPolicy):
        approve_policy(policy=waiting, by=supervisor, at=now)
    with pytest.raises(IntegrityError, match="tier_policy_four_eyes"), transaction.atomic():
        TierPolicy.objects.filter(pk=waiting.pk).update(state="approved", approved_at=now, approved_by=supervisor)

    assert current_policy().version == 1
    assert tiering_state() == state


def test_an_administrator_alone_approves_nothing_of_their_own(administrator, now):
    policy = write_policy(**RULES, by=administrator, at=now)
    policy = submit_policy(policy=policy, by=administrator, at=now)

    with pytest.raises(OwnPolicy):
        approve_policy(policy=policy, by=administrator, at=now)

    assert current_policy().version == 1


def test_version_is_approved_by_a_trial_of_these_very_rules_alone(draft, supervisor, administrator, now):
    try_policy(policy=draft, at=now)
    rewritten = write_policy(draft=draft, **{**RULES, "vip_percent": 9}, by=supervisor, at=now + timedelta(minutes=1))
    policy = submit_policy(policy=rewritten, by=supervisor, at=now)
    state = tiering_state()

    with pytest.raises(PolicyUntried):
        approve_policy(policy=policy, by=administrator, at=now)

    assert (current_policy().version, tiering_state()) == (1, state)
    try_policy(policy=policy, at=now)
    assert approve_policy(policy=policy, by=administrator, at=now) == current_policy()


def test_version_is_approved_by_a_trial_of_these_days_alone(waiting, administrator, now):
    try_policy(policy=waiting, at=now)
    state, later = tiering_state(), now + timedelta(days=7, seconds=1)

    with pytest.raises(TrialTooOld):
        approve_policy(policy=waiting, by=administrator, at=later)

    assert (current_policy().version, tiering_state()) == (1, state)
    try_policy(policy=waiting, at=later)
    assert approve_policy(policy=waiting, by=administrator, at=later + timedelta(days=7)) == current_policy()


def test_what_was_decided_on_is_tried_no_more(waiting, administrator, now):
    approve_policy(policy=waiting, by=administrator, at=now)
    state = tiering_state()

    with pytest.raises(PolicyClosed):
        ask_for_trial(policy=waiting, by=administrator, at=now)

    assert try_policy(policy=waiting, at=now) is None
    assert tiering_state() == state


def test_one_version_waits_at_most(waiting, administrator, now):
    other = write_policy(**{**RULES, "vip_percent": 9}, by=administrator, at=now)
    state = tiering_state()

    with pytest.raises(AnotherWaits):
        submit_policy(policy=other, by=administrator, at=now)
    with pytest.raises(IntegrityError, match="tier_policy_one_waits"), transaction.atomic():
        TierPolicy.objects.filter(pk=other.pk).update(state="submitted")

    assert tiering_state() == state
    other.refresh_from_db()
    assert other.state == PolicyState.DRAFT


def test_approved_without_a_time_or_approved_though_declined_is_refused_by_the_database(waiting, administrator, now):
    for facts in ({"state": "approved"}, {"state": "declined", "approved_at": now, "approved_by": administrator}):
        with pytest.raises(IntegrityError, match="tier_policy_approved_or_not"), transaction.atomic():
            TierPolicy.objects.filter(pk=waiting.pk).update(**facts)


def test_drafts_are_overtaken_by_what_comes_into_force(waiting, supervisor, administrator, now):
    other = write_policy(**{**RULES, "vip_percent": 9}, by=administrator, at=now)

    approve_policy(policy=waiting, by=administrator, at=now)

    other.refresh_from_db()
    assert (other.state, other.closed_at) == (PolicyState.STALE, now)
    with pytest.raises(PolicyNotDraft):
        submit_policy(policy=other, by=administrator, at=now)
    with pytest.raises(PolicyChanged):
        write_policy(**RULES, replaces=1, by=administrator, at=now)
    assert current_policy().version == 2
    assert AuditEvent.objects.get(action="tier_policy.overtaken").subject_id == other.pk


def test_decision_is_made_once_and_gives_a_reason(waiting, administrator, now):
    with pytest.raises(DecisionReasonMissing):
        decline_policy(policy=waiting, reason=" ", by=administrator, at=now)
    declined = decline_policy(policy=waiting, reason=" Too dear ", by=administrator, at=now)

    for step in (
        lambda: approve_policy(policy=waiting, by=administrator, at=now),
        lambda: decline_policy(policy=waiting, reason="Again", by=administrator, at=now),
    ):
        with pytest.raises(PolicyNotWaiting):
            step()
    assert (declined.state, declined.closed_by, declined.closed_reason) == ("declined", administrator, "Too dear")
    assert AuditEvent.objects.get(action="tier_policy.declined").reason == "Too dear"
    assert current_policy().version == 1


def test_what_waits_may_be_withdrawn_and_written_anew(waiting, supervisor, now):
    withdrawn = withdraw_policy(policy=waiting, reason="A mistake", by=supervisor, at=now)
    with pytest.raises(PolicyClosed):
        withdraw_policy(policy=waiting, reason="Again", by=supervisor, at=now)
    with pytest.raises(PolicyClosed):
        withdraw_policy(policy=current_policy(), reason="Away with it", by=supervisor, at=now)

    again = submit_policy(policy=write_policy(**RULES, by=supervisor, at=now), by=supervisor, at=now)

    assert withdrawn.state == PolicyState.WITHDRAWN
    assert (again.version, again.replaces, again.state) == (3, 1, PolicyState.SUBMITTED)


def test_draft_is_its_writers_and_waits_unchanged(draft, supervisor, administrator, now):
    with pytest.raises(NotYourDraft):
        write_policy(draft=draft, **RULES, by=administrator, at=now)
    with pytest.raises(NotYourDraft):
        submit_policy(policy=draft, by=administrator, at=now)
    later = now + timedelta(minutes=1)
    changed = write_policy(draft=draft, **{**RULES, "vip_percent": 11}, by=supervisor, at=later)
    submit_policy(policy=draft, by=supervisor, at=now)
    with pytest.raises(PolicyNotDraft):
        write_policy(draft=draft, **RULES, by=supervisor, at=now)

    stored = TierPolicy.objects.get(pk=draft.pk)
    assert changed.pk == draft.pk
    assert (stored.version, stored.vip_percent, stored.state) == (2, 11, PolicyState.SUBMITTED)
    assert TierPolicy.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"vip_head_start": 241},
        {"mid_rebate": 101},
        {"low_rebate": -1},
        {"manager_cost": -1},
        {"head_start_cost": 10**12},
    ],
)
def test_entitlements_out_of_bounds_are_refused(changes, supervisor, now):
    with pytest.raises(BadEntitlements):
        write_policy(**{**RULES, **changes}, by=supervisor, at=now)

    assert TierPolicy.objects.count() == 1


def test_those_who_may_approve_are_told_and_the_writer_of_the_decision(waiting, tenant, administrator, agent, now):
    work_off(tenant_id=tenant.pk, now=lambda: now)
    [asked] = Notice.objects.exclude(user__email=f"admin@{tenant.slug}.example")
    decline_policy(policy=waiting, reason="Too dear", by=administrator, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)
    [told_of] = Notice.objects.filter(user=waiting.created_by)

    assert (asked.user, asked.kind, asked.subject_id) == (administrator, "tier_policy_waits", waiting.pk)
    assert lines_of([asked])[0].words.text == "Version 2 of the tier policy waits for your approval"
    assert (told_of.kind, told_of.facts) == ("tier_policy_decided", {"version": 2, "state": "declined"})
    assert lines_of([told_of])[0].words.text == "Version 2 of the tier policy: Declined"


def test_what_waits_no_more_when_it_is_told_is_nobodys_news(waiting, tenant, supervisor, now):
    withdraw_policy(policy=waiting, reason="A mistake", by=supervisor, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    assert Notice.objects.count() == 0


def test_versions_of_another_tenant_decide_nothing(tenant, other_tenant, now):

    with inside(other_tenant, leaving=tenant):
        put_in_force(**{**RULES, "vip_percent": 50}, at=now)

    assert current_policy().vip_percent == 5
