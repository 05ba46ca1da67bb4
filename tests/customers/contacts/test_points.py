"""What is known of a contact point: from where, since when, whether it is verified, and whether it may be used."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.finding import find_customers
from customers.models import Contact, ContactPoint
from customers.services import (
    ContactPointChange,
    ContactPointChanged,
    ContactPointGone,
    NewContactPoint,
    PreferredOptedOut,
    add_contact,
    allow_point,
    change_contact,
    doubt_point,
    merge_customers,
    opt_out_point,
    remove_contact,
    restore_marks,
    undo_merge,
    update_contact,
    verify_point,
)
from customers.services.points import marks_before
from tests.customers.contacts.kept import PHONE
from tests.factories.customers import make_customer

LATER = timedelta(hours=1)


@pytest.fixture
def phone(contact):
    return contact.points.select_related("contact").get(kind="phone")


def marks(point):
    point = ContactPoint.objects.get(pk=point.pk)
    return (point.is_preferred, point.verified_at, point.verified_how, point.opted_out_at, point.opted_out_how)


def told():
    events = AuditEvent.objects.filter(action__startswith="contact_point.").order_by("pk")
    return [(event.action, event.details) for event in events]


def published():
    return [event.payload for event in OutboxEvent.objects.filter(name="customer.updated").order_by("pk")]


def test_new_points_say_where_they_come_from(contact, now):
    known = ContactPoint.objects.values_list("source", "added_at", "verified_at", "opted_out_at")

    assert list(known) == [("hand", now, None, None)] * 2


def test_verified_and_no_longer(phone, customer, agent, now):
    before = len(published())

    verify_point(point=phone, how="call", by=agent, at=now)
    assert marks(phone) == (True, now, "call", None, "")
    doubt_point(point=phone, by=agent, at=now + LATER)

    assert marks(phone) == (True, None, "", None, "")
    assert told() == [
        ("contact_point.verified", {"way": "phone", "verified_how": "call"}),
        ("contact_point.doubted", {"way": "phone"}),
    ]
    assert published()[before:] == [{"number": customer.number, "version": 1, "changed": ["contacts"]}] * 2
    assert Contact.objects.get().version == 3


def test_opted_out_is_no_longer_preferred_and_still_found(phone, customer, agent, now):
    opt_out_point(point=phone, how="phone", by=agent, at=now)

    assert marks(phone) == (False, None, "", now, "phone")
    assert told() == [("contact_point.opted_out", {"way": "phone", "opted_out_how": "phone"})]
    assert [hit.customer for hit in find_customers(PHONE, limit=5)] == [customer]

    allow_point(point=phone, by=agent, at=now + LATER)

    assert marks(phone) == (False, None, "", None, "")
    assert told()[1][0] == "contact_point.allowed"


def test_said_again_nothing_changes(phone, agent, now):
    opt_out_point(point=phone, how="phone", by=agent, at=now)
    counts = (len(told()), len(published()), Contact.objects.get().version)

    opt_out_point(point=phone, how="paper", by=agent, at=now + LATER)
    doubt_point(point=phone, by=agent, at=now + LATER)

    assert marks(phone) == (False, None, "", now, "phone")
    assert (len(told()), len(published()), Contact.objects.get().version) == counts


def test_point_that_is_gone(phone, contact, agent, now):
    remove_contact(contact=Contact.objects.get(), by=agent, at=now)

    with pytest.raises(ContactPointGone):
        verify_point(point=phone, how="call", by=agent, at=now)

    assert told() == []


def test_marks_are_put_back_unless_the_contact_changed_since(phone, agent, now):
    verify_point(point=phone, how="call", by=agent, at=now)
    stored = ContactPoint.objects.select_related("contact").get(pk=phone.pk)
    before = marks_before(stored)
    marked = opt_out_point(point=stored, how="web", by=agent, at=now + LATER)

    with pytest.raises(ContactPointChanged):
        restore_marks(point=marked, version=marked.contact.version - 1, before=before, by=agent, at=now)
    assert marks(phone) == (False, now, "call", now + LATER, "web")
    restore_marks(point=marked, version=marked.contact.version, before=before, by=agent, at=now)

    assert marks(phone) == (True, now, "call", None, "")
    assert told()[-1][0] == "contact_point.restored"


def test_value_that_changes_is_not_verified_any_more_and_its_no_stays(phone, contact, supervisor, now):
    verify_point(point=phone, how="call", by=supervisor, at=now)
    opt_out_point(point=phone, how="phone", by=supervisor, at=now)
    same = ContactPointChange(point_id=phone.pk, kind="phone", value="138 1234 5678")
    update_contact(
        contact=contact, version=3, position="", is_primary=True, points=[same], by=supervisor, at=now + LATER
    )
    assert marks(phone) == (False, now, "call", now, "phone")
    assert ContactPoint.objects.get(pk=phone.pk).added_at == now

    other = ContactPointChange(point_id=phone.pk, kind="phone", value="139 1234 5678")
    update_contact(
        contact=contact, version=4, position="", is_primary=True, points=[other], by=supervisor, at=now + LATER
    )

    assert marks(phone) == (False, None, "", now, "phone")
    assert ContactPoint.objects.get(pk=phone.pk).added_at == now + LATER
    assert told()[-1][0] == "contact_point.doubted"


def test_what_is_opted_out_is_not_made_the_preferred_one(phone, contact, agent, now):
    opt_out_point(point=phone, how="phone", by=agent, at=now)
    wanted = ContactPointChange(point_id=phone.pk, kind="phone", is_preferred=True)

    with pytest.raises(PreferredOptedOut):
        update_contact(contact=contact, version=2, position="Boss", is_primary=True, points=[wanted], by=agent, at=now)

    assert (marks(phone)[0], Contact.objects.get().position) == (False, "Buyer")
    new = NewContactPoint(kind="phone", value="13900001111", is_preferred=True, opted_out_how="web")
    with pytest.raises(PreferredOptedOut):
        add_contact(customer=contact.customer, name="Wang Fang", points=[new], at=now)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"is_preferred": True, "opted_out_how": "phone", "has_opted_out": True},
        {"opted_out_how": "", "has_opted_out": True},
        {"verified_how": "call"},
    ],
)
def test_database_refuses_what_contradicts_itself(contact, now, facts):
    at = now if facts.pop("has_opted_out", False) else None

    with pytest.raises(IntegrityError, match="contact_point_"), transaction.atomic():
        ContactPoint.objects.filter(kind="phone").update(opted_out_at=at, **facts)


def test_partner_says_what_is_known_of_a_point_and_what_it_leaves_out_stays(contact, phone, supervisor, now):
    def change(version, **said):
        points = [NewContactPoint(kind="phone", value=PHONE, **said)]
        changes = {"points": points}
        change_contact(contact=contact, changes=changes, version=version, by=supervisor, at=now + version * LATER)

    change(1, verified_how="code", opted_out_how="web")
    assert marks(phone) == (False, now + LATER, "code", now + LATER, "web")
    change(2)
    assert marks(phone) == (False, now + LATER, "code", now + LATER, "web")
    change(3, verified_how="", opted_out_how="")

    assert marks(phone) == (False, None, "", None, "")
    assert [action for action, _details in told()] == [
        "contact_point.verified",
        "contact_point.opted_out",
        "contact_point.doubted",
        "contact_point.allowed",
    ]


def test_points_go_with_a_merge_and_come_back_as_they_are(contact, phone, customer, supervisor, now):
    opt_out_point(point=phone, how="paper", by=supervisor, at=now)
    before = list(ContactPoint.objects.order_by("pk").values())
    kept = make_customer(number="K-1", at=now, company_name="Kept")

    merge = merge_customers(kept=kept, absorbed=customer, versions=(1, 1), by=supervisor, at=now)
    assert list(ContactPoint.objects.filter(contact__customer=kept).order_by("pk").values()) == before
    undo_merge(merge=merge, by=supervisor, at=now)

    assert list(ContactPoint.objects.filter(contact__customer=customer).order_by("pk").values()) == before
