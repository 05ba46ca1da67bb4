from datetime import UTC, date, datetime, time, timedelta

import pytest

from core.accounts.models import Department
from core.jobs import nightly
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.jobs.services import due_runs, perform_run, plan_nightly_work

TWO_IN_SHANGHAI = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)


@pytest.fixture
def job(monkeypatch):
    """The one registered job adds a department a night."""
    monkeypatch.setattr(nightly, "_jobs", {})

    def add_department(*, business_date, at):
        Department.objects.create(name=f"Night of {business_date}")
        return {"added": 1}

    nightly.register("test.night", label="Night", run=add_department, at=time(2, 0))


def test_work_is_planned_once_from_the_tenants_two_oclock_on(tenant, job):
    assert plan_nightly_work(at=TWO_IN_SHANGHAI - timedelta(minutes=1)) == 0
    assert plan_nightly_work(at=TWO_IN_SHANGHAI) == 1
    assert plan_nightly_work(at=TWO_IN_SHANGHAI + timedelta(hours=1)) == 0
    assert JobRun.objects.get().business_date == date(2026, 3, 2)


def test_a_run_makes_its_effect_once(tenant, job):
    plan_nightly_work(at=TWO_IN_SHANGHAI)
    (run_id,) = due_runs(at=TWO_IN_SHANGHAI)

    assert perform_run(tenant_id=tenant.pk, run_id=run_id, at=TWO_IN_SHANGHAI) is True
    assert perform_run(tenant_id=tenant.pk, run_id=run_id, at=TWO_IN_SHANGHAI) is False

    assert Department.objects.count() == 1
    run = JobRun.objects.get()
    assert (run.state, run.attempts, run.result) == (JobState.DONE, 1, {"added": 1})


def test_a_failure_leaves_nothing_half_done_and_is_tried_again_later(tenant, monkeypatch):
    monkeypatch.setattr(nightly, "_jobs", {})

    def fail(*, business_date, at):
        Department.objects.create(name="Half")
        raise RuntimeError("in the middle")

    nightly.register("test.night", label="Night", run=fail, at=time(2, 0))
    plan_nightly_work(at=TWO_IN_SHANGHAI)
    (run_id,) = due_runs(at=TWO_IN_SHANGHAI)

    assert perform_run(tenant_id=tenant.pk, run_id=run_id, at=TWO_IN_SHANGHAI) is False

    assert list(Department.objects.all()) == []
    run = JobRun.objects.get()
    assert (run.state, run.attempts, run.error) == (JobState.DUE, 1, "RuntimeError")
    assert due_runs(at=TWO_IN_SHANGHAI) == []
    assert due_runs(at=TWO_IN_SHANGHAI + timedelta(minutes=2)) == [run_id]
