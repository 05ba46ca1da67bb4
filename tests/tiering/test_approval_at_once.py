"""Two decisions at the same moment, with real commits: one counts."""

from datetime import datetime

import pytest

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.tiering import IN_WINDOW, RULES, make_shipped
from tiering.models import TierChange, TierOverride, TierPolicy
from tiering.services import (
    approve_override,
    approve_policy,
    ask_for_tier,
    decline_policy,
    submit_policy,
    try_policy,
    write_policy,
)
from tiering.turns import wait_for_turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def swift(now: datetime) -> Tenant:
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def people(swift: Tenant, now: datetime) -> list[User]:
    with tenant_scope(swift):
        return [make_user(role=Role.SUPERVISOR, at=now) for _ in range(3)]


def outcome(*, tenant: Tenant, step, **facts) -> str:
    with tenant_scope(tenant):
        try:
            step(**facts)
        except DomainError as error:
            return error.code
        return "done"


def both_at_once(swift, others, *calls) -> list[str]:
    with tenant_scope(swift):
        wait_for_turn()
        waiting = [others(outcome, tenant=swift, **call) for call in calls]
        wait_until_waiting(len(calls), for_lock="advisory")
    return sorted(future.result(timeout=30) for future in waiting)


def test_of_two_approvals_at_once_one_counts(swift, people, now, others):
    writer, one, other = people
    with tenant_scope(swift):
        policy = submit_policy(policy=write_policy(**RULES, by=writer, at=now), by=writer, at=now)
        try_policy(policy=policy, at=now)

    found = both_at_once(
        swift,
        others,
        {"step": approve_policy, "policy": policy, "by": one, "at": now},
        {"step": approve_policy, "policy": policy, "by": other, "at": now},
    )

    assert found == ["done", "policy_not_waiting"]
    with tenant_scope(swift):
        assert TierPolicy.objects.get(pk=policy.pk).approved_by in (one, other)
        assert OutboxEvent.objects.filter(name="tier_policy.approved").count() == 1
        assert AuditEvent.objects.filter(action="tier_policy.approved").count() == 1


def test_of_an_approval_and_a_refusal_at_once_one_counts(swift, people, now, others):
    writer, one, other = people
    with tenant_scope(swift):
        policy = submit_policy(policy=write_policy(**RULES, by=writer, at=now), by=writer, at=now)
        try_policy(policy=policy, at=now)

    found = both_at_once(
        swift,
        others,
        {"step": approve_policy, "policy": policy, "by": one, "at": now},
        {"step": decline_policy, "policy": policy, "reason": "No", "by": other, "at": now},
    )

    assert found == ["done", "policy_not_waiting"]
    with tenant_scope(swift):
        assert TierPolicy.objects.get(pk=policy.pk).state in ("approved", "declined")
        assert OutboxEvent.objects.filter(name__in=("tier_policy.approved", "tier_policy.declined")).count() == 1


def test_of_two_drafts_sent_at_once_one_waits(swift, people, now, others):
    with tenant_scope(swift):
        drafts = [write_policy(**RULES, by=person, at=now) for person in people[:2]]

    found = both_at_once(
        swift,
        others,
        *({"step": submit_policy, "policy": draft, "by": draft.created_by, "at": now} for draft in drafts),
    )

    assert found == ["another_policy_waits", "done"]
    with tenant_scope(swift):
        assert sorted(TierPolicy.objects.values_list("state", flat=True)) == ["approved", "draft", "submitted"]


def test_of_two_approvals_of_a_tier_at_once_one_counts(swift, people, now, others):
    asker, one, other = people
    with tenant_scope(swift):
        customer = make_shipped("c", (IN_WINDOW, "5"), at=now)
        override = ask_for_tier(customer=customer, tier="vip", reason="Contract", expires_on=None, by=asker, at=now)

    found = both_at_once(
        swift,
        others,
        {"step": approve_override, "override": override, "by": one, "at": now},
        {"step": approve_override, "override": override, "by": other, "at": now},
    )

    assert found == ["done", "override_not_waiting"]
    with tenant_scope(swift):
        assert Customer.objects.get().tier == "vip"
        assert TierChange.objects.count() == 1
        assert TierOverride.objects.get().approved_by in (one, other)
