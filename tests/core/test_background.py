"""Background jobs: every chunk once, cancelled, resumed, refused, and given up."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core.accounts.enums import Role
from core.accounts.models import Department, User
from core.crypto.keys import destroy_root_keys
from core.jobs import background, running, stopping
from core.jobs.background import Step
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob, JobPart
from core.jobs.nightly import run_job
from core.jobs.running import (
    MOST_ATTEMPTS,
    SILENCE,
    AlreadyRunning,
    JobEnded,
    JobNotEnded,
    NotAllowed,
    cancel_job,
    due_jobs,
    has_file,
    perform_job,
    result_of,
    run_again,
    start_job,
)
from core.tenancy.errors import DomainError
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import inside, make_tenant, make_user

KIND = "test.count"


class TooFar(DomainError):
    code = "too_far"
    message = "That is too far."


def count(*, job, at):
    """Make one department a chunk, up to the number asked for; fail or refuse where told to."""
    number = job.position or 0
    Department.objects.create(name=f"{job.pk}-{number}")
    if number == job.parameters.get("fails_at"):
        raise RuntimeError("broken")
    if number == job.parameters.get("refuses_at"):
        raise TooFar
    following = number + 1 if number + 1 < job.parameters["count"] else None
    return Step(position=following, done=1, counts={"made": 1}, content=f"{number}\n".encode())


@pytest.fixture(autouse=True)
def kind():
    background.register(
        KIND,
        label="Counting",
        permission=lambda _job: "people.manage",
        step=count,
        file_name=lambda _job, at: f"count-{at:%m%d}.txt",
    )
    yield
    background._kinds.pop(KIND)


def start(by, at, **parameters):
    return start_job(kind=KIND, title="Count", parameters={"count": 5, **parameters}, total=5, by=by, at=at)


def perform(job, at):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: at)
    job.refresh_from_db()
    return job


def test_job_is_done_chunk_by_chunk(administrator, now):
    job = perform(start(administrator, now), now)

    assert (job.state, job.done, job.total, job.percent, job.counts) == ("done", 5, 5, 100, {"made": 5})
    assert Department.objects.count() == 5
    assert b"".join(result_of(job)) == b"0\n1\n2\n3\n4\n"


def test_job_that_ended_is_not_done_again(administrator, now):
    job = perform(start(administrator, now), now)

    perform(job, now)

    assert Department.objects.count() == 5


def test_failing_chunk_leaves_nothing_and_is_tried_later(administrator, now):
    job = perform(start(administrator, now, fails_at=2), now)

    assert (job.state, job.done, job.attempts, job.error) == ("running", 2, 1, "RuntimeError")
    assert Department.objects.count() == 2
    assert job.due_at > now
    job.parameters["fails_at"] = None
    job.save()

    assert perform(job, job.due_at).done == 5
    assert Department.objects.count() == 5


def test_chunk_that_always_fails_is_given_up(administrator, now):
    job = start(administrator, now, fails_at=2)
    for _attempt in range(MOST_ATTEMPTS + 1):
        perform(job, now)

    assert (job.state, job.done, Department.objects.count()) == ("failed", 2, 2)


def test_refusal_ends_the_job_with_its_words(administrator, now):
    job = perform(start(administrator, now, refuses_at=1), now)

    assert (job.state, job.error, job.done) == ("failed", "That is too far.", 1)


def test_cancelled_job_stops_before_its_next_chunk(administrator, now, monkeypatch):
    job = start(administrator, now)

    def cancel_after_two(*, job, at):
        step = count(job=job, at=at)
        if step.position == 2:
            BackgroundJob.objects.filter(pk=job.pk).update(is_cancel_requested=True)
            job.is_cancel_requested = True
        return step

    background._kinds.pop(KIND)
    background.register(KIND, label="Counting", permission=lambda _job: "people.manage", step=cancel_after_two)
    perform(job, now)

    assert (job.state, job.done, Department.objects.count()) == ("cancelled", 2, 2)
    with pytest.raises(JobEnded):
        cancel_job(job=job, by=administrator, at=now)


def test_waiting_job_is_cancelled_at_once(administrator, now):
    job = start(administrator, now)

    cancel_job(job=job, by=administrator, at=now)

    assert perform(job, now).state == BackgroundState.CANCELLED
    assert Department.objects.count() == 0


def test_run_again_is_a_new_job_of_the_same_work(administrator, now):
    job = start(administrator, now)
    with pytest.raises(JobNotEnded):
        run_again(job=job, by=administrator, at=now)
    perform(job, now)

    again = perform(run_again(job=job, by=administrator, at=now), now)

    assert again.pk != job.pk
    assert Department.objects.count() == 10


def test_job_is_not_for_everybody(agent, now):
    with pytest.raises(NotAllowed):
        start(agent, now)

    assert BackgroundJob.objects.count() == 0


def test_job_of_somebody_who_lost_the_permission_ends(administrator, now):
    job = start(administrator, now)
    User.objects.filter(pk=administrator.pk).update(role=Role.AGENT)

    assert (perform(job, now).state, job.error) == ("failed", "no_longer_allowed")
    assert Department.objects.count() == 0


def test_sweeper_finds_a_job_whose_worker_is_gone_and_no_other(administrator, now):
    job = start(administrator, now)
    assert due_jobs(at=now) == [job.pk]

    BackgroundJob.objects.filter(pk=job.pk).update(state="running", due_at=now + SILENCE)

    assert due_jobs(at=now + timedelta(seconds=1)) == []
    assert due_jobs(at=now + SILENCE) == [job.pk]


def test_another_tenants_job_is_not_done(administrator, tenant, other_tenant, now):
    job = start(administrator, now)

    with inside(other_tenant, leaving=tenant):
        perform_job(tenant_id=other_tenant.pk, job_id=job.pk, now=lambda: now)

    job.refresh_from_db()
    assert (job.state, Department.objects.count()) == ("waiting", 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_job_do_each_chunk_once(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now)
        job = start_job(kind=KIND, title="Count", parameters={"count": 40}, by=administrator, at=now)

    def work():
        try:
            for _turn in range(20):
                perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _each in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with tenant_scope(tenant):
        job.refresh_from_db()
        assert (job.state, job.done, Department.objects.count()) == ("done", 40, 40)
        assert b"".join(result_of(job)).split() == [str(number).encode() for number in range(40)]


def test_job_that_is_rolled_back_is_never_started(administrator, now):
    with transaction.atomic():
        start(administrator, now)
        transaction.set_rollback(True)

    assert BackgroundJob.objects.count() == 0


def test_files_of_old_jobs_are_forgotten_and_the_jobs_kept(tenant, now):
    old, fresh = (
        start(make_user(role=Role.ADMINISTRATOR, at=now), at, count=2) for at in (now, now + timedelta(days=7))
    )
    for job, at in ((old, now), (fresh, now + timedelta(days=7))):
        perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda at=at: at)

    assert run_job("jobs.forget_files", business_date=now.date(), at=now + timedelta(days=7, hours=1)) == {"jobs": 1}

    old.refresh_from_db()
    fresh.refresh_from_db()
    assert [(job.state, has_file(job), job.parts.count()) for job in (old, fresh)] == [
        ("done", False, 0),
        ("done", True, 2),
    ]


def test_run_again_makes_a_file_of_its_own_that_is_kept_and_forgotten(administrator, now):
    first = perform(start(administrator, now), now)
    later = now + timedelta(days=8)
    assert run_job("jobs.forget_files", business_date=later.date(), at=later) == {"jobs": 1}

    again = perform(run_again(job=first, by=administrator, at=later), later)

    assert (first.file_name, again.file_name) == ("count-0302.txt", "count-0310.txt")
    assert (has_file(first), has_file(again)) == (False, True)
    assert b"".join(result_of(again)) == b"0\n1\n2\n3\n4\n"
    much_later = later + timedelta(days=8)
    assert run_job("jobs.forget_files", business_date=much_later.date(), at=much_later) == {"jobs": 1}
    assert JobPart.objects.count() == 0


def test_same_work_is_not_under_way_twice(administrator, now):
    first = perform(start(administrator, now), now)
    again = run_again(job=first, by=administrator, at=now)

    for attempt in (lambda: run_again(job=first, by=administrator, at=now), lambda: start(administrator, now)):
        with pytest.raises(AlreadyRunning):
            attempt()

    assert set(BackgroundJob.objects.values_list("pk", flat=True)) == {first.pk, again.pk}
    other = start(make_user(role=Role.ADMINISTRATOR, at=now), now)
    assert start(administrator, now, count=6).pk != other.pk


@pytest.mark.django_db(transaction=True)
def test_run_again_twice_at_once_makes_one_job(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now)
        job = start(administrator, now)
    perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)
    both = threading.Barrier(2)
    told = []

    def ask():
        try:
            with tenant_scope(tenant):
                ended = BackgroundJob.objects.get(pk=job.pk)
                both.wait()
                told.append(run_again(job=ended, by=administrator, at=now).state)
        except AlreadyRunning as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with tenant_scope(tenant):
        assert (sorted(told), BackgroundJob.objects.count()) == (["job_already_running", "waiting"], 2)


def test_chunk_that_another_worker_began_is_left_to_it_until_it_is_silent(administrator, now):
    job = start(administrator, now)
    assert running._begin(job.pk, None, now)

    assert perform(job, now + timedelta(seconds=1)).done == 0
    assert perform(job, now + SILENCE).done == 5


def test_end_of_a_job_is_told_once(administrator, now, monkeypatch):
    told = []
    monkeypatch.setattr(background, "_told", [lambda *, job, at: told.append((job.pk, str(job.state), at))])
    done = perform(start(administrator, now), now)
    failed = perform(start(administrator, now, refuses_at=1), now)
    waiting = start(administrator, now, count=7)
    cancel_job(job=waiting, by=administrator, at=now)

    perform(waiting, now)
    perform(done, now)

    assert told == [(done.pk, "done", now), (failed.pk, "failed", now), (waiting.pk, "cancelled", now)]


def test_job_ends_also_when_the_keys_of_its_tenant_are_gone(administrator, now):
    job = start(administrator, now)
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    destroy_root_keys(at=now)

    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)

    assert BackgroundJob.objects.values_list("state", "error").get() == ("failed", "no_longer_allowed")


def test_title_is_stored_encrypted(administrator, now):
    job = start(administrator, now)

    with connection.cursor() as cursor:
        cursor.execute("select title from jobs_backgroundjob where id = %s", [job.pk])
        stored = bytes(cursor.fetchone()[0])

    assert (job.title, b"Count" in stored) == ("Count", False)


@pytest.fixture
def stopping_worker():
    """Have this process be one of a worker that was told to stop."""
    stopping.ask_to_stop()
    yield
    stopping._asked[0] = 0


@pytest.mark.django_db(transaction=True)
def test_worker_that_is_told_to_stop_ends_its_chunk_and_gives_the_rest_back_at_once(now, stopping_worker):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        owner = make_user(role=Role.ADMINISTRATOR, at=now)
        job = start_job(kind=KIND, title="Count", parameters={"count": 3}, by=owner, at=now)

    for done in (1, 2, 3):
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)

        with tenant_scope(tenant):
            job.refresh_from_db()
            assert (job.done, Department.objects.filter(name__startswith=str(job.pk)).count()) == (done, done)
            assert due_jobs(at=now) == ([job.pk] if done < 3 else [])
    assert job.state == BackgroundState.DONE
