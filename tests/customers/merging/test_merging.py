"""Two customers that are the same become one, with all that hangs on them, and become two again."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.enums import CustomerKind, InteractionKind
from customers.finding import find_customers
from customers.models import Contact, Customer, CustomerToken, Interaction, MergedRow
from customers.services import (
    LaterMergeFirst,
    MayNotAssign,
    MergeClash,
    MergedAlready,
    MergeKept,
    MergeOfErased,
    MergeUndone,
    MergeWithItself,
    OlderKept,
    TooManyTags,
    add_contact,
    add_custom_field,
    erase_customer,
    plan_merge,
    record_interaction,
    undo_merge,
)
from customers.services.changes import CompanyNameMissing
from shipments.models import Shipment
from tests.customers.merging.pairs import PHONES, hanging, make, merge, state
from tiering.models import TierOverride


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
        (absorbed.pk, supervisor.pk, {"kept_number": "K-1"}),
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

    with django_assert_num_queries(22):
        plan = plan_merge(kept=kept, absorbed=absorbed)

    assert {str(label): count for label, count in plan.moves} == {
        "Contacts": 1,
        "Entries of the timeline": 1,
        "Addresses": 1,
        "Customers that it brought": 0,
        "Special needs": 0,
        "Follow-ups": 1,
        "What was said about being contacted": 0,
        "Links to the preference centre": 0,
        "Files": 0,
        "Shipments": 3,
        "Behaviour on the web and in the app": 0,
        "Service requests": 0,
        "Service plans": 0,
        "Opportunities": 0,
        "Market notes": 0,
        "Tiers set by hand": 0,
        "Leads": 0,
    }
    assert [(fact.name, fact.kept, fact.absorbed) for fact in plan.facts] == [
        ("company_name", "Kingsway K-1", "Kingsway A-1"),
        ("industry", "", "Food"),
        ("region", "Liverpool", ""),
    ]
    assert (plan.clashes, len(plan.stays)) == ([], 28)
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


def test_what_was_said_to_a_contact_goes_back_with_it(kept, absorbed, supervisor, now):
    done = merge(kept, absorbed, supervisor, now)
    contact = next(each for each in Contact.objects.all() if each.name == "Mary A-1")
    facts = {"kind": InteractionKind.CALL, "direction": "inbound", "text": "rang", "by": supervisor, "at": now}
    said = record_interaction(customer=Customer.objects.get(), contact=contact, **facts)

    undo_merge(merge=done, by=supervisor, at=now)

    said.refresh_from_db()
    assert said.customer_id == absorbed.pk


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


def test_who_may_not_assign_takes_no_account_manager(kept, absorbed, account_manager, now):
    Customer.objects.filter(pk=absorbed.pk).update(account_manager=account_manager)

    with pytest.raises(MayNotAssign):
        merge(kept, absorbed, account_manager, now, take=["account_manager"])

    assert list(Customer.objects.filter(account_manager=account_manager)) == [absorbed]


def test_nobody_comes_to_an_older_customer_by_a_newer_one(kept, absorbed, account_manager, supervisor, now):
    later = now + timedelta(hours=1)
    Customer.objects.filter(pk=kept.pk).update(account_manager=account_manager, created_at=later)

    with pytest.raises(OlderKept):
        merge(kept, absorbed, account_manager, now)
    assert Customer.objects.count() == 2

    merge(absorbed, kept, account_manager, now)
    assert Customer.objects.get().account_manager is None


def test_who_may_assign_keeps_the_newer_one(kept, absorbed, account_manager, supervisor, now):
    later = now + timedelta(hours=1)
    Customer.objects.filter(pk=kept.pk).update(account_manager=account_manager, created_at=later)

    merge(kept, absorbed, supervisor, now)

    assert Customer.objects.get().account_manager == account_manager
