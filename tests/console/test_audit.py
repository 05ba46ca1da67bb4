"""The page of the audit trail: who sees it, what it says, and what it keeps hidden."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.enums import Role
from core.accounts.services import create_department, update_user
from core.audit.services import record
from core.jobs.models import BackgroundJob
from core.web import exports
from tests.factories.accounts import inside, make_user

URL = "/settings/audit/"


@pytest.fixture
def privacy_officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.PRIVACY_OFFICER}])
def test_trail_is_for_administrator_and_privacy_officer(client_for, tenant, now, role):
    assert client_for(make_user(role=role, at=now)).get(URL).status_code == 403


def test_trail_says_who_changed_what_in_words(client_for, privacy_officer, administrator, agent, now):
    update_user(
        user=agent,
        email="other@staff.example",
        name=agent.name,
        role=Role.SUPERVISOR,
        language="en",
        time_zone="",
        department=create_department(name="Service", by=administrator, at=now),
        team=None,
        by=administrator,
        at=now,
    )

    page = client_for(privacy_officer).get(URL, {"action": "user.updated"}).content.decode()

    assert "Agent → Supervisor" in page
    assert "changed, hidden" in page
    assert "other@staff.example" not in page
    assert page.count(administrator.name) > 0


def test_trail_filters_by_actor(client_for, privacy_officer, administrator, now):
    create_department(name="Service", by=administrator, at=now)
    create_department(name="Sales", by=None, at=now)

    page = client_for(privacy_officer).get(URL, {"actor": str(administrator.pk)}).content.decode()

    assert "Service" in page
    assert "Sales" not in page


def test_trail_of_another_tenant_is_not_shown(client_for, privacy_officer, other_tenant, tenant, now):
    with inside(other_tenant, leaving=tenant):
        create_department(name="Secret department", by=None, at=now)

    assert "Secret department" not in client_for(privacy_officer).get(URL).content.decode()


@pytest.mark.parametrize("count", [3, 60])
def test_trail_costs_the_same_queries_whatever_its_length(client_for, privacy_officer, administrator, now, count):
    for number in range(count):
        create_department(name=f"Department {number}", by=administrator, at=now)
    client = client_for(privacy_officer)
    client.get(URL)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(URL).status_code == 200

    assert len(queries) == 11


@pytest.mark.parametrize("rows", [3, 300])
def test_export_tells_what_the_page_tells_in_the_same_number_of_queries(
    rows, administrator, agent, now, django_assert_num_queries
):
    for number in range(rows):
        at = now + timedelta(seconds=number)
        record("user.updated", subject=agent, by=administrator, at=at, details={"rows": number}, reason="Asked for it")
    parameters = {"list": "audit-trail", "path": "/settings/audit/", "query": "action=user.updated", "format": "csv"}
    job = BackgroundJob(kind=exports.KIND, parameters=parameters, owner=administrator)

    with timezone.override("Asia/Shanghai"), django_assert_num_queries(3):
        step = exports.step(job=job, at=now)

    lines = step.content.decode("utf-8-sig").splitlines()
    assert (step.done, step.total, step.position, len(lines)) == (rows, rows, None, rows + 1)
    who, whom = administrator.name, agent.name
    assert lines[-1] == f"2026-03-02 12:30:00,{who},Person changed,{whom},Rows: 0; Reason: Asked for it"
