"""A chunk that kills its worker, again and again: the job is given up, and the other jobs go on."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from core.accounts.enums import Role
from core.accounts.models import Department
from core.jobs import background
from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.jobs.running import MOST_DEATHS, SILENCE, due_jobs, perform_job, start_job
from core.tenancy.scope import tenant_scope
from courier_crm.embedded.places import PROJECT_DIR
from tests.factories.accounts import make_tenant, make_user

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

KIND = "test.deadly"
WORKER = """
import datetime, os, sys, uuid
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from core.jobs.running import perform_job
from tests.core import test_killed_worker
test_killed_worker.register()
at = datetime.datetime.fromisoformat(sys.argv[4])
perform_job(tenant_id=uuid.UUID(sys.argv[2]), job_id=uuid.UUID(sys.argv[3]), now=lambda: at)
"""


def step(*, job, at):
    """Make one department a chunk, up to three; die in the second where told to."""
    number = job.position or 0
    Department.objects.create(name=f"{job.pk}-{number}")
    if number == 1 and job.parameters["is_deadly"]:
        os.kill(os.getpid(), 9)
    return Step(position=number + 1 if number < 2 else None, done=1)


def register():
    background.register(KIND, label="Deadly", permission=lambda _job: "people.manage", step=step)


@pytest.fixture(autouse=True)
def kind():
    register()
    yield
    background._kinds.pop(KIND)


def work_in_a_process(job: BackgroundJob, at) -> int:
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-c", WORKER, name, str(job.tenant_id), str(job.pk), at.isoformat()]
    return subprocess.run(command, cwd=PROJECT_DIR, env=os.environ, check=False).returncode


def test_chunk_that_kills_its_workers_is_given_up_and_other_jobs_go_on(now, client_for):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        owner = make_user(role=Role.ADMINISTRATOR, at=now)
        deadly, harmless = (
            start_job(kind=KIND, title="Work", parameters={"is_deadly": is_deadly}, by=owner, at=now)
            for is_deadly in (True, False)
        )

    ends = []
    for death in range(MOST_DEATHS):
        at = now + death * SILENCE
        with tenant_scope(tenant):
            assert deadly.pk in due_jobs(at=at)
        ends.append(work_in_a_process(deadly, at))
    last = now + MOST_DEATHS * SILENCE
    returned = work_in_a_process(deadly, last)
    perform_job(tenant_id=tenant.pk, job_id=harmless.pk, now=lambda: last)

    assert (ends, returned) == ([-9] * MOST_DEATHS, 0)
    with tenant_scope(tenant):
        deadly.refresh_from_db()
        harmless.refresh_from_db()
        assert (deadly.state, deadly.error, deadly.done) == ("failed", "workers_died", 1)
        assert (harmless.state, harmless.done) == ("done", 3)
        assert (Department.objects.count(), due_jobs(at=last + timedelta(days=1))) == (4, [])
    page = client_for(owner).get(f"/jobs/{deadly.pk}/").content.decode()
    assert "The work was killed three times at the same place" in page
