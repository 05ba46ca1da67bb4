"""Two customers that are the same become one, with all that hangs on them, and become two again."""

from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import AuditEvent, Erasure
from core.audit.services import record
from core.events.models import OutboxEvent
from core.tenancy.fields import money
from customers.enums import CustomerKind, InteractionKind
from customers.finding import find_customers
from customers.models import Address, Contact, Customer, CustomerMerge, CustomerToken, Interaction, MergedRow
from customers.opening import Archive, open_archives
from customers.services import (
    CustomerMerged,
    LaterMergeFirst,
    MergeClash,
    MergedAlready,
    MergeKept,
    MergeOfErased,
    MergeUndone,
    MergeWithItself,
    NewContactPoint,
    TooManyTags,
    add_address,
    add_contact,
    add_custom_field,
    erase_customer,
    look_after_merges,
    merge_customers,
    plan_merge,
    record_interaction,
    remove_contact,
    undo_merge,
    upsert_customer,
)
from customers.services.changes import CompanyNameMissing
from customers.services.erasure import erase_again
from customers.timeline import entries, known_names
from shipments.models import Shipment
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tiering.models import TierOverride

PHONES = {"K-1": "+8613800138001", "A-1": "+8613800138002", "B-1": "+8613800138003"}


def make(number, *, at, by, shipments=2, **facts):
    """A customer with something of every kind."""
    facts.setdefault("company_name", f"Kingsway {number}")
    customer = make_customer(number=number, at=at, **facts)
    points = [NewContactPoint(kind="phone", value=PHONES[number])]
    contact = add_contact(customer=customer, name=f"Mary {number}", is_primary=True, points=points, at=at)
    add_address(customer=customer, street=f"{number} Dock Road", is_primary=True, by=by, at=at)
    record_interaction(customer=customer, contact=contact, kind=InteractionKind.NOTE, text=f"of {number}", by=by, at=at)
    for place in range(shipments):
        Shipment.objects.create(
            waybill_number=f"W-{number}-{place}",
            customer=customer,
            accepted_at=at + timedelta(days=place),
            freight="9.00",
        )
    Customer.objects.filter(pk=customer.pk).update(
        contribution=money("90.00"),
        window_shipment_count=shipments,
        shipment_count=shipments,
        first_shipment_at=at,
        last_shipment_at=at + timedelta(days=shipments - 1),
        tier="mid",
        tier_since=at.date(),
    )
    return Customer.objects.get(pk=customer.pk)


@pytest.fixture
def kept(tenant, supervisor, now):
    return make("K-1", at=now, by=supervisor, region="Liverpool", tags=["chilled", "old"])


@pytest.fixture
def absorbed(tenant, supervisor, now):
    return make("A-1", at=now, by=supervisor, shipments=3, industry="Food", tags=["old", "fragile"])


def hanging(customer):
    """What hangs on a customer, each with its primary mark."""
    return {
        "contacts": sorted(Contact.objects.filter(customer=customer).values_list("pk", "is_primary")),
        "addresses": sorted(Address.objects.filter(customer=customer).values_list("pk", "is_primary")),
        "entries": sorted(Interaction.objects.filter(customer=customer).values_list("pk", flat=True)),
        "shipments": sorted(Shipment.objects.filter(customer=customer).values_list("waybill_number", flat=True)),
        "overrides": sorted(TierOverride.objects.filter(customer=customer).values_list("pk", flat=True)),
    }


def state(customer):
    """All that a merge may change of a customer but its version."""
    customer = Customer.with_merged.get(pk=customer.pk)
    names = [
        field.attname for field in Customer._meta.concrete_fields if field.attname not in {"version", "token_rank"}
    ]
    return {name: getattr(customer, name) for name in names} | hanging(customer)


def merge(kept, absorbed, supervisor, now, take=()):
    kept, absorbed = (Customer.with_merged.get(pk=each.pk) for each in (kept, absorbed))
    versions = (kept.version, absorbed.version)
    return merge_customers(kept=kept, absorbed=absorbed, versions=versions, take=take, by=supervisor, at=now)


def test_all_that_hangs_on_a_customer_moves(kept, absorbed, supervisor, now):
    before, coming = hanging(kept), hanging(absorbed)

    merge(kept, absorbed, supervisor, now, take=["industry"])

    one = Customer.objects.get()
    assert (one.number, one.region, one.industry) == ("K-1", "Liverpool", "Food")
    assert one.tags == ["chilled", "old", "fragile"]
    assert (one.shipment_count, one.window_shipment_count, str(one.contribution)) == (5, 5, "180.00")
    assert (one.first_shipment_at, one.last_shipment_at) == (now, now + timedelta(days=2))
    after = hanging(one)
    assert after["shipments"] == sorted(before["shipments"] + coming["shipments"])
    assert after["entries"] == sorted(before["entries"] + coming["entries"])
    assert [pk for pk, is_primary in after["contacts"] if is_primary] == [pk for pk, _primary in before["contacts"]]
    assert (len(after["contacts"]), len(after["addresses"])) == (2, 2)
    assert all(not rows for rows in hanging(absorbed).values())
    assert {found.customer.pk for found in find_customers(PHONES["A-1"], limit=5)} == {kept.pk}
    assert CustomerToken.objects.filter(customer_id=absorbed.pk).count() == 0


def test_both_are_told_of_and_stand_in_the_trail(kept, absorbed, supervisor, now):
    merge(kept, absorbed, supervisor, now)

    (event,) = OutboxEvent.objects.filter(name="customer.merged")
    assert event.payload == {
        "number": "K-1",
        "version": kept.version + 1,
        "absorbed_id": str(absorbed.pk),
        "absorbed_number": "A-1",
    }
    trail = AuditEvent.objects.filter(action__in=["customer.merged", "customer.absorbed"]).order_by("action")
    assert [(each.subject_id, each.actor_id, each.details) for each in trail] == [
        (absorbed.pk, supervisor.pk, {"kept": "K-1"}),
        (kept.pk, supervisor.pk, {"absorbed": "A-1"}),
    ]


def test_undo_restores_both_exactly(kept, absorbed, supervisor, now):
    before = state(kept), state(absorbed)
    done = merge(kept, absorbed, supervisor, now, take=["company_name", "industry", "region"])
    assert state(kept) != before[0]

    undo_merge(merge=done, by=supervisor, at=now + timedelta(days=30))

    assert (state(kept), state(absorbed)) == before
    assert MergedRow.objects.count() == 0
    assert {found.customer.pk for found in find_customers(PHONES["A-1"], limit=5)} == {absorbed.pk}
    assert [event.name for event in OutboxEvent.objects.filter(name__startswith="customer.merge").order_by("pk")] == [
        "customer.merged",
        "customer.merge_undone",
    ]


def test_undo_keeps_what_was_done_meanwhile(kept, absorbed, supervisor, now):
    done = merge(kept, absorbed, supervisor, now, take=["industry"])
    one = Customer.objects.get()
    one.industry = "Fish"
    one.save(update_fields=["industry"])
    add_contact(customer=one, name="New one", at=now)

    undo_merge(merge=done, by=supervisor, at=now)

    assert Customer.objects.get(number="K-1").industry == "Fish"
    assert [contact.name for contact in Contact.objects.filter(customer=kept).order_by("pk")] == ["Mary K-1", "New one"]
    assert [contact.name for contact in Contact.objects.filter(customer=absorbed)] == ["Mary A-1"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["AK", "BK", "BA", "KA", "AB", "undo"]), max_size=6))
def test_any_row_of_merges_and_undoings_loses_nothing(kept, absorbed, supervisor, now, steps):
    third = Customer.with_merged.filter(number="B-1").first() or make("B-1", at=now, by=supervisor)
    customers = {"K": kept, "A": absorbed, "B": third}
    before = {name: state(customer) for name, customer in customers.items()}
    done = []
    for step in steps:
        if step == "undo":
            if done:
                undo_merge(merge=done.pop(), by=supervisor, at=now)
        else:
            try:
                done.append(merge(customers[step[1]], customers[step[0]], supervisor, now))
            except MergedAlready:
                continue
        standing = Customer.objects.all()
        assert sum(each.shipment_count for each in standing) == Shipment.objects.count() == 7
        assert Shipment.objects.exclude(customer__in=standing).count() == 0
        assert Interaction.objects.exclude(customer__in=standing).count() == 0
        assert sum(each.contribution for each in standing) == 270
    while done:
        undo_merge(merge=done.pop(), by=supervisor, at=now)
    assert {name: state(customer) for name, customer in customers.items()} == before


def test_plan_says_what_will_be_and_changes_nothing(kept, absorbed, django_assert_num_queries):
    before = state(kept), state(absorbed)

    with django_assert_num_queries(8):
        plan = plan_merge(kept=kept, absorbed=absorbed)

    assert {str(label): count for label, count in plan.moves} == {
        "Contacts": 1,
        "Entries of the timeline": 1,
        "Addresses": 1,
        "Shipments": 3,
        "Tiers set by hand": 0,
    }
    assert [(fact.name, fact.kept, fact.absorbed) for fact in plan.facts] == [
        ("company_name", "Kingsway K-1", "Kingsway A-1"),
        ("industry", "", "Food"),
        ("region", "Liverpool", ""),
    ]
    assert (plan.clashes, len(plan.stays)) == ([], 9)
    assert (state(kept), state(absorbed)) == before


def test_what_cannot_stand_beside_each_other_is_refused(kept, absorbed, supervisor, now):
    for customer in (kept, absorbed):
        TierOverride.objects.create(customer=customer, tier="vip", reason="agreed", created_at=now)
    before = state(kept), state(absorbed)

    with pytest.raises(MergeClash, match="Tiers set by hand"):
        merge(kept, absorbed, supervisor, now)

    assert (state(kept), state(absorbed)) == before


@pytest.mark.parametrize(
    ("other", "take", "refusal"),
    [
        ("itself", (), MergeWithItself),
        ("erased", (), MergeOfErased),
        ("merged", (), MergedAlready),
        ("absorbed", ("kind",), None),
        ("person", ("company_name",), CompanyNameMissing),
    ],
)
def test_merge_that_is_refused_changes_nothing(*, kept, absorbed, supervisor, now, other, take, refusal):
    third = make("B-1", at=now, by=supervisor, kind=CustomerKind.INDIVIDUAL, company_name="", person_name="Mary B")
    others = {"itself": kept, "absorbed": absorbed, "person": third, "erased": third, "merged": third}
    if other == "erased":
        erase_customer(customer=third, reason="request", by=supervisor, at=now)
    elif other == "merged":
        merge(absorbed, third, supervisor, now)
    before = state(kept)
    if refusal is None:
        merge(kept, others[other], supervisor, now, take=take)
        return

    with pytest.raises(refusal):
        merge(kept, others[other], supervisor, now, take=take)

    assert state(kept) == before


@pytest.mark.parametrize(("days", "undone", "refusal"), [(31, False, MergeKept), (1, True, MergeUndone)])
def test_undo_that_is_too_late_changes_nothing(*, kept, absorbed, supervisor, now, days, undone, refusal):
    done = merge(kept, absorbed, supervisor, now)
    if undone:
        undo_merge(merge=done, by=supervisor, at=now)
    before = state(kept), state(absorbed)

    with pytest.raises(refusal):
        undo_merge(merge=done, by=supervisor, at=now + timedelta(days=days))

    assert (state(kept), state(absorbed)) == before


def test_later_merges_are_undone_first(kept, absorbed, supervisor, now):
    third = make("B-1", at=now, by=supervisor)
    first = merge(kept, absorbed, supervisor, now)
    second = merge(third, Customer.objects.get(pk=kept.pk), supervisor, now)
    assert set(Customer.with_merged.exclude(merged_into=None).values_list("merged_into", flat=True)) == {third.pk}

    with pytest.raises(LaterMergeFirst):
        undo_merge(merge=first, by=supervisor, at=now)
    undo_merge(merge=second, by=supervisor, at=now)

    assert Customer.with_merged.get(pk=absorbed.pk).merged_into_id == kept.pk
    assert len(hanging(kept)["shipments"]) == 5


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


def test_what_was_said_to_a_contact_goes_back_with_it(kept, absorbed, supervisor, now):
    done = merge(kept, absorbed, supervisor, now)
    contact = next(each for each in Contact.objects.all() if each.name == "Mary A-1")
    facts = {"kind": InteractionKind.CALL, "direction": "inbound", "text": "rang", "by": supervisor, "at": now}
    said = record_interaction(customer=Customer.objects.get(), contact=contact, **facts)

    undo_merge(merge=done, by=supervisor, at=now)

    said.refresh_from_db()
    assert said.customer_id == absorbed.pk


def test_rows_that_came_late_to_the_first_of_a_chain_arrive_the_same_night(kept, absorbed, supervisor, now):
    third = make("B-1", at=now, by=supervisor)
    merge(kept, absorbed, supervisor, now)
    merge(third, kept, supervisor, now)
    Shipment.objects.create(waybill_number="LATE", customer=absorbed, accepted_at=now, freight="9.00")

    look_after_merges(business_date=now.date(), at=now)

    assert Shipment.objects.get(waybill_number="LATE").customer_id == third.pk


def test_own_fields_that_differ_are_chosen_and_others_are_united(kept, absorbed, administrator, supervisor, now):
    for key in ("contract", "route"):
        add_custom_field(key=key, label=key.title(), kind="text", choices=[], order=1, by=administrator, at=now)
    Customer.objects.filter(pk=kept.pk).update(custom_values={"contract": "K"})
    Customer.objects.filter(pk=absorbed.pk).update(custom_values={"contract": "A", "route": "North"})
    pair = {"kept": Customer.objects.get(pk=kept.pk), "absorbed": Customer.objects.get(pk=absorbed.pk)}

    assert [fact.label for fact in plan_merge(**pair).facts if fact.name.startswith("own-")] == ["Contract"]
    merge(kept, absorbed, supervisor, now, take=["own-contract"])

    assert Customer.objects.get().custom_values == {"contract": "A", "route": "North"}


def test_more_tags_than_a_customer_may_have_are_refused(kept, absorbed, supervisor, now):
    Customer.objects.filter(pk=kept.pk).update(tags=[f"tag {number}" for number in range(19)])

    with pytest.raises(TooManyTags):
        merge(kept, absorbed, supervisor, now)

    assert Customer.objects.count() == 2


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


def test_pages_compare_merge_lead_on_and_undo(client_for, supervisor, kept, absorbed):
    client = client_for(supervisor)
    url = reverse("customers:merge", args=[kept.pk])

    unknown = client.get(url, {"other": "X-404"})
    compared = client.get(url, {"other": "a-1"})
    choice = {"company_name": "kept", "industry": "absorbed", "region": "kept"}
    stale = client.post(f"{url}?other=A-1", {**choice, "kept_version": 1, "absorbed_version": 9})
    merged = client.post(f"{url}?other=A-1", {**choice, "kept_version": 1, "absorbed_version": 1})
    old_address = client.get(reverse("customers:detail", args=[absorbed.pk]), follow=True)

    assert (unknown.status_code, compared.status_code, merged.status_code) == (422, 200, 302)
    assert "No customer has this number." in unknown.content.decode()
    assert stale.status_code == 422
    assert "Somebody else changed one of the two in the meantime." in stale.content.decode()
    assert "Moves from A-1 to K-1" in compared.content.decode()
    assert Customer.objects.get().industry == "Food"
    assert old_address.redirect_chain == [(reverse("customers:detail", args=[kept.pk]), 302)]
    assert "A-1 was merged into this customer." in old_address.content.decode()
    assert client.get(reverse("customers:update", args=[absorbed.pk])).status_code == 404

    undone = client.post(reverse("customers:undo_merge", args=[kept.pk, CustomerMerge.objects.get().pk]), follow=True)

    assert "A-1 stands by itself again" in undone.content.decode()
    assert Customer.objects.count() == 2


def test_merge_without_a_choice_for_each_fact_is_refused(client_for, supervisor, kept, absorbed):
    answer = client_for(supervisor).post(f"{reverse('customers:merge', args=[kept.pk])}?other=A-1", {"region": "kept"})

    assert answer.status_code == 422
    assert Customer.objects.count() == 2


def test_merge_is_refused_to_who_may_only_edit(*, client_for, agent, kept, absorbed, supervisor, now):
    done = merge(kept, absorbed, supervisor, now)
    client = client_for(agent)

    assert client.get(reverse("customers:merge", args=[kept.pk])).status_code == 403
    assert client.post(reverse("customers:undo_merge", args=[kept.pk, done.pk])).status_code == 403
    assert Customer.objects.count() == 1


def test_customer_of_another_tenant_is_no_choice(*, client_for, supervisor, kept, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(number="R-1", at=now)

    answer = client_for(supervisor).get(reverse("customers:merge", args=[kept.pk]), {"other": "R-1"})

    assert (answer.status_code, "No customer has this number." in answer.content.decode()) == (422, True)
