"""What was not done in time: its priority goes up, and those who lead are told, once."""

from datetime import timedelta

import pytest

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_department, create_team
from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.web.models import Notice
from core.web.notices import lines_of
from customers.models import FollowUp
from customers.services.escalation import escalate_all, escalate_overdue
from customers.services.follow_up_steps import complete_follow_up, reschedule_follow_up
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside, make_user, outside

LATE = timedelta(hours=-2)


@pytest.fixture
def deliver(tenant, now):
    return lambda: work_off(tenant_id=tenant.pk, now=lambda: now)


def told(deliver):
    deliver()
    return list(Notice.objects.filter(kind="follow_up_overdue").order_by("user__name").values_list("user", flat=True))


def test_overdue_one_is_raised_and_told_once(customer, agent, supervisor, deliver, now):
    make_follow_up(at=now, customer=customer, subject="Tell Lin Mei", assignee=agent, due_in=LATE)

    assert [escalate_overdue(at=now) for _ in range(2)] == [1, 0]

    follow_up = FollowUp.objects.get()
    assert (follow_up.priority, follow_up.escalated_at, follow_up.version) == (2, now, 2)
    assert AuditEvent.objects.get(action="follow_up.overdue").actor_kind == "system"
    assert told(deliver) == [supervisor.pk]
    (line,) = lines_of(Notice.objects.filter(kind="follow_up_overdue"))
    assert line.words.text == "Overdue: Tell L****i"
    assert agent.name in line.words.detail


@pytest.mark.parametrize("due_in", [timedelta(hours=1), timedelta(minutes=-30)])
def test_what_is_not_overdue_or_hardly_is_left(tenant, now, due_in):
    make_follow_up(at=now, due_in=due_in)

    assert escalate_overdue(at=now) == 0
    assert FollowUp.objects.get().escalated_at is None


def test_closed_one_is_left_and_urgent_one_stays_urgent(agent, now):
    complete_follow_up(follow_up=make_follow_up(at=now, due_in=LATE), by=agent, at=now)
    urgent = make_follow_up(at=now, due_in=LATE, priority=1)

    assert escalate_overdue(at=now) == 1
    assert FollowUp.objects.get(pk=urgent.pk).priority == 1


def test_snoozed_one_is_due_when_it_was(agent, now):
    make_follow_up(at=now, due_in=LATE)
    FollowUp.objects.update(snoozed_until=now + timedelta(days=1))

    assert escalate_overdue(at=now) == 1


def test_rescheduled_one_may_become_overdue_again(agent, now):
    follow_up = make_follow_up(at=now, due_in=LATE)
    escalate_overdue(at=now)
    reschedule_follow_up(follow_up=follow_up, due_at=now + timedelta(hours=1), by=agent, at=now)

    assert escalate_overdue(at=now + timedelta(hours=3)) == 1
    assert FollowUp.objects.get().priority == 1


def test_those_who_lead_the_team_are_told_else_the_department_else_all(administrator, deliver, now):
    made = {"by": administrator, "at": now}
    service, sales = (create_department(name=name, **made) for name in ("Service", "Sales"))
    team, other = (create_team(name=name, department=service, **made) for name in ("Calls", "Chats"))
    worker = make_user(role=Role.AGENT, at=now)
    of_team, of_department, elsewhere = (make_user(role=Role.SUPERVISOR, at=now) for _ in range(3))
    for user, name, facts in (
        (of_team, "A", {"team": team, "department": service}),
        (of_department, "B", {"team": other, "department": service}),
        (elsewhere, "C", {"department": sales}),
        (worker, "D", {"team": team, "department": service}),
    ):
        User.objects.filter(pk=user.pk).update(name=name, **facts)

    def told_of(**facts):
        Notice.objects.all().delete()
        make_follow_up(at=now, due_in=LATE, **facts)
        escalate_overdue(at=now)
        return told(deliver)

    assert told_of(assignee=worker) == [of_team.pk]
    User.objects.filter(pk=of_team.pk).update(team=None)
    assert told_of(assignee=worker) == [of_team.pk, of_department.pk]
    assert told_of(assignee=elsewhere) == [of_team.pk, of_department.pk]
    assert told_of() == [of_team.pk, of_department.pk, elsewhere.pk]


def test_all_tenants_are_looked_after_each_by_itself(tenant, other_tenant, now):
    make_follow_up(at=now, due_in=LATE)
    with inside(other_tenant, leaving=tenant):
        make_follow_up(at=now, due_in=LATE)

    with outside(tenant):
        assert escalate_all(at=now) == 2

    assert FollowUp.objects.get().escalated_at == now
