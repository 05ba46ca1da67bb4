"""A worker is killed, fails or is cancelled while a file comes in: nothing is lost, nothing done twice."""

from contextlib import suppress
from datetime import timedelta

import pytest

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.imports import running
from core.imports.services import go_on, start_check, start_import, start_undo
from core.jobs.running import FIRST_PAUSE, cancel_job, perform_job
from customers.models import Customer
from tests.factories.files import checked, in_parts_of, received, rows_of
from tests.factories.imports import work_off


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    in_parts_of(monkeypatch, 2, "customers")


CONTENT = (
    "number,company_name\n" + "".join(f"C-{row},Company {row}\n" for row in range(5)) + "C-0,Other\nC-1,Company 1\n"
)
FATES = ["created"] * 5 + ["refused", "unchanged"]


class Killed(BaseException):
    """What no code catches, as a signal that kills."""


def die_after(monkeypatch, calls: int, failure: type[BaseException]) -> None:
    """Let the worker die after so many parts were written, before their commit."""
    real, left = running._keep, [calls]

    def keep(*args):
        real(*args)
        left[0] -= 1
        if left[0] < 0:
            raise failure

    monkeypatch.setattr(running, "_keep", keep)


def test_repeated_rows_are_known_across_parts(tenant, supervisor, now):
    assert [row.status for row in rows_of(checked(CONTENT, by=supervisor, at=now))] == FATES


@pytest.mark.parametrize("failure", [Killed, RuntimeError])
def test_worker_that_dies_in_the_middle(failure, tenant, supervisor, now, monkeypatch):
    batch = checked(CONTENT, by=supervisor, at=now)
    job = start_import(batch=batch, by=supervisor, at=now)
    with monkeypatch.context() as patch:
        die_after(patch, 1, failure)
        with suppress(Killed):
            perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)
    assert Customer.objects.count() == 2

    work_off(job, at=now + timedelta(minutes=5) + FIRST_PAUSE)

    batch.refresh_from_db()
    assert [row.status for row in rows_of(batch)] == FATES
    assert (batch.state, batch.counts) == ("done", {"created": 5, "refused": 1, "unchanged": 1})
    assert Customer.objects.count() == AuditEvent.objects.filter(action="customer.created").count() == 5
    assert OutboxEvent.objects.filter(name="import.done").count() == 1


def test_cancelled_import_goes_on_or_is_undone(tenant, supervisor, now, monkeypatch):
    batch = checked(CONTENT, by=supervisor, at=now)
    job = start_import(batch=batch, by=supervisor, at=now)
    with monkeypatch.context() as patch:
        die_after(patch, 1, RuntimeError)
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)
    cancel_job(job=job, by=supervisor, at=now)
    work_off(job, at=now)
    batch.refresh_from_db()
    assert (batch.state, batch.counts, Customer.objects.count()) == ("running", {"created": 2}, 2)

    work_off(go_on(batch=batch, by=supervisor, at=now), at=now)

    batch.refresh_from_db()
    assert (batch.state, Customer.objects.count()) == ("done", 5)
    job = start_undo(batch=batch, by=supervisor, at=now)
    with monkeypatch.context() as patch:
        die_after(patch, 1, RuntimeError)
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)

    work_off(job, at=now + timedelta(minutes=5))

    batch.refresh_from_db()
    assert (batch.state, Customer.objects.count()) == ("undone", 0)
    assert batch.counts == {"undone": 5, "refused": 1, "unchanged": 1}


def test_check_that_dies_begins_anew_where_it_was(tenant, supervisor, now, monkeypatch):
    batch = received(CONTENT, by=supervisor, at=now)
    job = start_check(batch=batch, mapping=batch.mapping, by=supervisor, at=now)
    with monkeypatch.context() as patch:
        die_after(patch, 2, RuntimeError)
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)

    work_off(job, at=now + timedelta(minutes=5))

    batch.refresh_from_db()
    assert ([row.status for row in rows_of(batch)], batch.counts) == (
        FATES,
        {"created": 5, "refused": 1, "unchanged": 1},
    )
