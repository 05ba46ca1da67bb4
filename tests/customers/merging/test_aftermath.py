"""What comes to a merged customer later: numbers, late rows, writers, erasures, and forgetting."""

from datetime import timedelta

import pytest

from core.audit.models import AuditEvent, Erasure
from core.audit.services import record
from customers.enums import CustomerKind, InteractionKind
from customers.finding import find_customers
from customers.models import Contact, Customer, CustomerMerge, Interaction, MergedRow
from customers.opening import Archive, open_archives
from customers.services import (
    CustomerMerged,
    MergeKept,
    add_address,
    add_contact,
    erase_customer,
    look_after_merges,
    record_interaction,
    remove_contact,
    undo_merge,
    upsert_customer,
)
from customers.services.erasure import erase_again
from customers.timeline import entries, known_names
from shipments.models import Shipment
from tests.customers.merging.pairs import make, merge


def test_number_of_a_merged_customer_leads_to_the_one_in_its_place(kept, absorbed, supervisor, now):
    merge(kept, absorbed, supervisor, now)

    assert open_archives([Archive(number="A-1", name="Kingsway")], at=now) == {"A-1": kept.pk}


def test_rows_that_came_late_follow_at_night(kept, absorbed, supervisor, now):
    """A file that was being read when the two were merged."""
    done = merge(kept, absorbed, supervisor, now)
    Shipment.objects.create(waybill_number="LATE", customer=absorbed, accepted_at=now, freight="9.00")

    assert look_after_merges(business_date=now.date(), at=now) == {"late": 1, "forgotten": 0}

    assert Shipment.objects.get(waybill_number="LATE").customer_id == kept.pk
    assert Customer.objects.get(pk=kept.pk).shipment_count == 6
    undo_merge(merge=done, by=supervisor, at=now)
    assert Shipment.objects.get(waybill_number="LATE").customer_id == absorbed.pk


def test_what_undoes_a_merge_is_forgotten_after_thirty_days_but_the_name_it_is_called_by(kept, supervisor, now):
    facts = {"kind": CustomerKind.INDIVIDUAL, "company_name": "", "person_name": "Wilhelmina Brown"}
    person = make("B-1", at=now, by=supervisor, birthday="1990-03-04", **facts)
    merge(kept, person, supervisor, now)
    record_interaction(customer=kept, kind=InteractionKind.NOTE, text="Wilhelmina Brown rang", by=supervisor, at=now)

    assert look_after_merges(business_date=now.date(), at=now + timedelta(days=31))["forgotten"] == 1

    assert MergedRow.objects.count() == 0
    assert CustomerMerge.objects.get().facts is None
    person.refresh_from_db()
    assert (person.person_name, person.birthday) == ("Wilhelmina Brown", None)
    one = Customer.objects.get()
    assert [found.customer.pk for found in find_customers("Wilhelmina", limit=5)] == [kept.pk]
    (note,) = entries(Interaction.objects.filter(recorded_at=now, kind="note", contact=None), names=known_names(one))
    assert note.text == "W****n rang"


def test_customer_is_found_by_the_number_that_went(kept, absorbed, supervisor, now):
    merge(kept, absorbed, supervisor, now)

    assert [(found.customer.pk, found.kind) for found in find_customers("A-1", limit=5)] == [(kept.pk, "number")]
    with pytest.raises(CustomerMerged):
        upsert_customer(number="A-1", changes={"industry": "Food"}, by=supervisor, at=now)


def test_erasure_takes_the_merged_customer_with_it_and_can_be_repeated(kept, supervisor, now):
    facts = {"kind": CustomerKind.INDIVIDUAL, "company_name": "", "person_name": "Mary B"}
    person = make("B-1", at=now, by=supervisor, **facts)
    done = merge(kept, person, supervisor, now)
    record("customer.updated", subject=person, by=supervisor, at=now, reason="Mary B rang")

    erase_customer(customer=Customer.objects.get(), reason="request", by=supervisor, at=now)

    assert Customer.with_merged.get(pk=person.pk).person_name is None
    assert CustomerMerge.objects.get().facts is None
    assert AuditEvent.objects.filter(reason__isnull=False).count() == 0
    assert set(Erasure.objects.values_list("subject_id", flat=True)) == {kept.pk, person.pk}
    with pytest.raises(MergeKept):
        undo_merge(merge=done, by=supervisor, at=now)


def test_erasure_repeated_in_a_backup_in_which_the_customer_was_merged(kept, absorbed, supervisor, now):
    merge(kept, absorbed, supervisor, now)

    erase_again(subject_id=absorbed.pk, at=now)

    assert Customer.objects.get(pk=absorbed.pk).merged_into is None
    assert [contact.name for contact in Contact.objects.all()] == ["Mary K-1"]
    assert Shipment.objects.filter(customer=absorbed).count() == 3
    assert Customer.objects.get(pk=kept.pk).shipment_count == 2


def test_rows_that_came_late_to_the_first_of_a_chain_arrive_the_same_night(kept, absorbed, supervisor, now):
    third = make("B-1", at=now, by=supervisor)
    merge(kept, absorbed, supervisor, now)
    merge(third, kept, supervisor, now)
    Shipment.objects.create(waybill_number="LATE", customer=absorbed, accepted_at=now, freight="9.00")

    look_after_merges(business_date=now.date(), at=now)

    assert Shipment.objects.get(waybill_number="LATE").customer_id == third.pk


def test_who_writes_while_a_merge_commits_is_told(kept, absorbed, supervisor, now):
    merge(kept, absorbed, supervisor, now)

    for write in (
        lambda: add_contact(customer=absorbed, name="New", at=now),
        lambda: add_address(customer=absorbed, street="1 Dock Road", by=supervisor, at=now),
        lambda: record_interaction(customer=absorbed, kind=InteractionKind.NOTE, text="x", by=supervisor, at=now),
        lambda: remove_contact(contact=Contact(customer=absorbed), by=supervisor, at=now),
    ):
        with pytest.raises(CustomerMerged):
            write()
