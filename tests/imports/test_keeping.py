"""How long files are kept, and who takes them away."""

from datetime import timedelta

import pytest

from core.imports.models import ImportBatch, ImportedRecord, ImportMark, ImportPart, ImportTemplate
from core.imports.services import (
    KEPT_TO_UNDO,
    KEPT_UNUSED,
    FileGone,
    UndoTooLate,
    erase_files,
    forget_files,
    start_check,
    start_import,
    start_undo,
)
from customers.models import Customer
from customers.services import ErasureReason, erase_customer
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, outcomes, received, undone

FILE = "number,person_name,kind\nC-1,Li Na,individual\n"


def erase(customer, *, by, at):
    erase_customer(customer=customer, reason=ErasureReason.values[0], by=by, at=at)


def test_erasure_of_a_customer_takes_the_rows_that_tell_of_it(tenant, supervisor, now):
    make_customer(number="C-1", kind="individual", company_name="", person_name="Old Name", at=now)
    batch = imported(FILE, by=supervisor, at=now)
    part = batch.parts.get()
    assert (b"Li Na" in part.content, part.content is None, part.before is None) == (False, False, False)

    erase(Customer.objects.get(), by=supervisor, at=now)

    part.refresh_from_db()
    assert (part.content, part.before, ImportedRecord.objects.count()) == (None, None, 0)
    batch = undone(batch, by=supervisor, at=now)
    assert outcomes(batch) == [(2, "kept", "What stood there before is not kept any more.")]


def test_erasure_between_check_and_import_takes_the_file(tenant, supervisor, now):
    customer = make_customer(number="C-1", kind="individual", company_name="", person_name="Old Name", at=now)
    batch = checked(FILE, by=supervisor, at=now)

    erase(customer, by=supervisor, at=now)

    with pytest.raises(FileGone):
        start_import(batch=batch, by=supervisor, at=now)


def test_file_that_nobody_came_back_to_is_dropped(tenant, supervisor, now):
    received(FILE, by=supervisor, at=now)
    checked(FILE, by=supervisor, at=now)

    assert forget_files(business_date=now.date(), at=now + KEPT_UNUSED) == {"imports": 0, "rows": 0}
    forget_files(business_date=now.date(), at=now + KEPT_UNUSED + timedelta(seconds=1))

    assert (ImportBatch.objects.count(), ImportPart.objects.count()) == (0, 0)


def test_what_undoes_a_file_is_dropped_after_a_month_and_its_counts_stay(tenant, supervisor, now):
    batch = imported(FILE, by=supervisor, at=now)
    later = now + KEPT_TO_UNDO + timedelta(seconds=1)

    forget_files(business_date=now.date(), at=later)

    batch.refresh_from_db()
    assert (batch.is_forgotten, batch.counts) == (True, {"created": 1})
    part = batch.parts.get()
    assert (part.content, part.before, part.result is None) == (None, None, False)
    with pytest.raises(UndoTooLate):
        start_undo(batch=batch, by=supervisor, at=later)
    assert Customer.objects.count() == 1


def test_erasure_of_the_tenant_takes_all_files(tenant, supervisor, now):
    batch = received(FILE, by=supervisor, at=now)
    start_check(batch=batch, mapping=batch.mapping, template_name="Fair", by=supervisor, at=now)

    assert erase_files() == {"imports": 1}

    models = (ImportBatch, ImportPart, ImportMark, ImportedRecord, ImportTemplate)
    assert [model.objects.count() for model in models] == [0] * 5
