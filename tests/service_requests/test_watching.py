"""Deadlines of requests: who is in charge is warned, those who lead are told, once each and while people work."""

from datetime import UTC, datetime, timedelta

import pytest

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_department, create_team
from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.web.models import Notice
from core.web.notices import lines_of
from service_requests.enums import RequestState, WaitsFor
from service_requests.models import ServiceRequest
from service_requests.services import close_request, resume_request, wait_with_request
from service_requests.services.watching import BATCH, watch_all, watch_requests
from tests.factories.accounts import inside, make_user, outside
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for, open_many

# Monday, 12:30 in Shanghai: of four working hours the last fifth begins at 15:42.
HOUR = timedelta(hours=1)
NEAR, LATE = datetime(2026, 3, 2, 7, 42, tzinfo=UTC), datetime(2026, 3, 2, 8, 31, tzinfo=UTC)
NIGHT, MORNING = datetime(2026, 3, 2, 14, tzinfo=UTC), datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.fixture
def chased(tenant, agent, now):
    """A request of four working hours that an agent is in charge of."""
    request = open_for(make_customer(at=now, company_name="Blue Kiln"), at=now, assignee=agent, kind="redirect")
    Notice.objects.all().delete()
    return request


def told(tenant, at):
    work_off(tenant_id=tenant.pk, now=lambda: at)
    notices = Notice.objects.filter(kind__in=["service_request_due_soon", "service_request_overdue"])
    lines = lines_of(list(notices.order_by("created_at", "user__name").select_related("user")))
    return [(line.notice.user, line.words.text) for line in lines]


def events(name):
    return OutboxEvent.objects.filter(name=f"service_request.{name}").count()


def test_who_is_in_charge_is_warned_once_when_most_of_the_time_is_gone(chased, tenant, agent):
    assert chased.due_at - chased.opened_at == 4 * HOUR
    assert chased.warn_at == NEAR

    assert [watch_requests(at=at) for at in (NEAR - timedelta(minutes=1), NEAR, NEAR + timedelta(minutes=5))] == [
        0,
        1,
        0,
    ]

    assert told(tenant, NEAR) == [(agent, "Due soon: SR000001, Change address or time")]
    assert (events("due_soon"), events("overdue")) == (1, 0)
    assert ServiceRequest.objects.get().version == chased.version


def test_those_who_lead_are_told_once_when_the_deadline_has_passed(chased, tenant, supervisor):
    assert [watch_requests(at=at) for at in (LATE, LATE, LATE + HOUR)] == [1, 0, 0]

    assert told(tenant, LATE) == [(supervisor, "Overdue: SR000001, Change address or time")]
    assert (events("due_soon"), events("overdue")) == (0, 1)
    assert OutboxEvent.objects.get(name="service_request.overdue").payload["due_at"] == chased.due_at.isoformat()
    assert AuditEvent.objects.get(action="service_request.overdue").actor_kind == "system"


def test_nobody_is_alarmed_at_night(tenant, agent, supervisor, now):
    """It fell due as the day ended, and the sweep came after."""
    request = open_for(at=now, assignee=agent, kind="redirect")
    ServiceRequest.objects.update(due_at=datetime(2026, 3, 2, 10, tzinfo=UTC))
    Notice.objects.all().delete()

    assert [watch_requests(at=at) for at in (NIGHT, MORNING)] == [0, 1]

    assert told(tenant, MORNING) == [(supervisor, f"Overdue: {request.number}, Change address or time")]


def test_one_that_waits_is_left_until_it_goes_on(chased, agent):
    wait_with_request(request=chased, waits_for=WaitsFor.CUSTOMER, by=agent, at=chased.opened_at + 2 * HOUR)

    assert watch_requests(at=LATE) == 0

    resumed = resume_request(request=chased, by=agent, at=MORNING)
    assert (resumed.due_at, resumed.warn_at) == (MORNING + 2 * HOUR, MORNING + 2 * HOUR - timedelta(minutes=48))
    assert [watch_requests(at=at) for at in (MORNING, resumed.warn_at)] == [0, 1]


def test_closed_one_is_left(chased, agent, now):
    close_request(request=chased, state=RequestState.DONE, outcome="ok", by=agent, at=now)

    assert watch_requests(at=LATE) == 0
    assert (events("due_soon"), events("overdue")) == (0, 0)


def test_one_that_was_closed_meanwhile_is_told_to_nobody(chased, tenant, agent):
    watch_requests(at=LATE)
    close_request(request=chased, state=RequestState.DONE, outcome="ok", by=agent, at=LATE)

    assert told(tenant, LATE) == []


def test_department_is_warned_and_its_leader_told(tenant, supervisor, now):
    desk = create_department(name="Desk", by=None, at=now)
    team = create_team(name="Calls", department=desk, by=None, at=now)
    worker, leader, elsewhere = (make_user(role=role, at=now) for role in (Role.AGENT, *[Role.SUPERVISOR] * 2))
    User.objects.filter(pk__in=[worker.pk, leader.pk]).update(department=desk, team=team)
    open_for(at=now, department=desk, kind="redirect")
    Notice.objects.all().delete()

    watch_requests(at=NEAR)
    warned = {user.pk for user, _text in told(tenant, NEAR)}
    Notice.objects.all().delete()
    watch_requests(at=LATE)

    assert warned == {worker.pk, leader.pk}
    assert [user.pk for user, _text in told(tenant, LATE)] == [leader.pk]
    assert elsewhere.pk not in warned


def test_where_nobody_is_in_charge_those_who_lead_are_warned(tenant, supervisor, now):
    open_for(at=now, kind="redirect")

    watch_requests(at=NEAR)

    assert [user for user, _text in told(tenant, NEAR)] == [supervisor]


def test_more_than_a_batch_is_told_by_and_by(tenant, now):
    open_many(BATCH + 2, at=now)

    assert [watch_requests(at=MORNING + 3 * HOUR) for _ in range(3)] == [BATCH, 2, 0]


def test_all_tenants_are_looked_after_each_by_itself(tenant, other_tenant, chased, now):
    with inside(other_tenant, leaving=tenant):
        open_for(at=now, kind="redirect")

    with outside(tenant):
        assert watch_all(at=LATE, seconds=5) == 2

    assert ServiceRequest.objects.get().overdue_told_at == LATE
