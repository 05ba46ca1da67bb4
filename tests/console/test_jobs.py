"""Nightly work on the background jobs page, and failed work that is done again."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.jobs.models import JobRun
from core.jobs.services import perform_run
from tests.factories.accounts import make_user

NIGHT = date(2026, 3, 2)


@pytest.fixture
def failed(tenant, now):
    """A night's evaluation that failed as often as it is tried."""
    return JobRun.objects.create(
        job="tiering.evaluate", business_date=NIGHT, state="failed", attempts=5, due_at=now, error="OperationalError"
    )


def press(client, run):
    return client.post(reverse("console:try_run_again", args=[run.pk]), follow=True).content.decode()


def test_failed_work_is_due_again_and_done(failed, now, client_for, supervisor):
    client = client_for(supervisor)
    offered = client.get(reverse("console:jobs")).content.decode()

    with time_machine.travel(now + timedelta(hours=1), tick=False):
        told = press(client, failed)
    failed.refresh_from_db()
    due = (failed.state, failed.attempts, failed.due_at)
    done = perform_run(tenant_id=failed.tenant_id, run_id=failed.pk, at=now + timedelta(hours=1))

    failed.refresh_from_db()
    assert reverse("console:try_run_again", args=[failed.pk]) in offered
    assert "The work is due again" in told
    assert due == ("due", 0, now + timedelta(hours=1))
    assert (done, failed.state, failed.error) == (True, "done", "")
    event = AuditEvent.objects.get(action="job_run.tried_again")
    assert (event.subject_id, event.actor_id) == (failed.pk, supervisor.pk)


@pytest.mark.parametrize("state", ["due", "done"])
def test_work_that_has_not_failed_is_left_alone(failed, client_for, supervisor, state):
    JobRun.objects.update(state=state, attempts=1)
    client = client_for(supervisor)

    offered = client.get(reverse("console:jobs")).content.decode()
    told = press(client, failed)

    failed.refresh_from_db()
    assert reverse("console:try_run_again", args=[failed.pk]) not in offered
    assert "This work has not failed" in told
    assert (failed.state, failed.attempts) == (state, 1)


def test_night_that_a_later_one_covers_is_not_done_again(failed, now, client_for, supervisor):
    JobRun.objects.create(job=failed.job, business_date=NIGHT + timedelta(days=1), state="done", due_at=now)

    told = press(client_for(supervisor), failed)

    failed.refresh_from_db()
    assert "A later night has been done since" in told
    assert failed.state == "failed"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SUPERVISOR}))
def test_other_roles_may_not_have_work_done_again(failed, now, client_for, role):
    answer = client_for(make_user(role=role, at=now)).post(reverse("console:try_run_again", args=[failed.pk]))

    failed.refresh_from_db()
    assert (answer.status_code, failed.state) == (403, "failed")
