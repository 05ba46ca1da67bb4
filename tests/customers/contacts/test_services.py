"""What services do to contacts."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from customers.contact_points import BadContactPoint
from customers.models import Contact, ContactPoint
from customers.services import (
    ContactChanged,
    ContactGone,
    ContactPointChange,
    NewContactPoint,
    SameContactPoint,
    TooManyContactPoints,
    add_contact,
    remove_contact,
    update_contact,
)
from tests.customers.contacts.kept import BEFORE, PHONE, stored


def test_update_contact_keeps_what_is_left_empty(contact, agent, now):
    phone, email = contact.points.order_by("id")
    points = [
        ContactPointChange(point_id=phone.pk, kind="phone"),
        ContactPointChange(point_id=email.pk, kind="email", value="new@shop.example", is_preferred=True),
        ContactPointChange(kind="phone", value="(0755) 2345 6789"),
    ]

    update_contact(contact=contact, version=1, position="Boss", is_primary=True, points=points, by=agent, at=now)

    assert stored(contact) == (
        "Li Na",
        "Boss",
        True,
        [("phone", PHONE, False), ("email", "new@shop.example", True), ("phone", "+8675523456789", False)],
    )


def test_update_contact_removes_a_point(contact, agent, now):
    phone = contact.points.get(kind="phone")
    points = [ContactPointChange(point_id=phone.pk, kind="phone", is_removed=True)]

    update_contact(contact=contact, version=1, position="Buyer", is_primary=True, points=points, by=agent, at=now)

    assert stored(contact)[3] == [("email", "li.na@shop.example", False)]


@pytest.mark.parametrize(
    ("points", "refusal"),
    [
        ([ContactPointChange(kind="phone", value="123")], BadContactPoint),
        ([ContactPointChange(kind="wechat", value=f"name{n}") for n in range(9)], TooManyContactPoints),
        ([ContactPointChange(kind="email", value="Li.Na@Shop.example")], SameContactPoint),
        (
            [ContactPointChange(kind="wechat", value="lina"), ContactPointChange(kind="wechat", value="LiNa")],
            SameContactPoint,
        ),
    ],
)
def test_update_contact_that_is_refused_changes_nothing(contact, agent, now, points, refusal):
    with pytest.raises(refusal):
        update_contact(contact=contact, version=1, position="Boss", is_primary=False, points=points, by=agent, at=now)

    assert stored(contact) == BEFORE


def test_points_may_change_places(contact, agent, now):
    first, second = contact.points.order_by("id")
    points = [
        ContactPointChange(point_id=first.pk, kind="email", value=second.value),
        ContactPointChange(point_id=second.pk, kind="phone", value=first.value),
    ]

    update_contact(contact=contact, version=1, position="Buyer", is_primary=True, points=points, by=agent, at=now)

    assert stored(contact)[3] == [("email", "li.na@shop.example", False), ("phone", PHONE, False)]


def test_contact_is_added_with_each_number_once(customer, now):
    twice = [NewContactPoint(kind="phone", value=value) for value in ("0755 2345 6789", "+86 755 23456789")]

    with pytest.raises(SameContactPoint):
        add_contact(customer=customer, name="Li Na", points=twice, at=now)

    assert (Contact.objects.count(), ContactPoint.objects.count()) == (0, 0)


def test_database_keeps_a_number_once_and_the_fingerprint_tells_nothing_of_other_contacts(contact, customer, now):
    other = add_contact(customer=customer, name="Li Na", points=[NewContactPoint(kind="phone", value=PHONE)], at=now)
    fingerprints = ContactPoint.objects.filter(kind="phone").values_list("contact_id", "fingerprint")

    assert {contact_id for contact_id, _print in fingerprints} == {contact.pk, other.pk}
    with pytest.raises(IntegrityError, match="contact_point_once"):
        _write_past_the_service(contact)


@transaction.atomic
def _write_past_the_service(contact):
    ContactPoint.objects.create(contact=contact, kind="phone", value=PHONE, source="hand", added_at=contact.created_at)
    # Looked at when all is written.
    connection.check_constraints()


def test_update_contact_refuses_another_kind_for_a_stored_value(contact, agent, now):
    phone = contact.points.get(kind="phone")
    points = [ContactPointChange(point_id=phone.pk, kind="email")]

    with pytest.raises(BadContactPoint):
        update_contact(contact=contact, version=1, position="", is_primary=True, points=points, by=agent, at=now)

    assert stored(contact) == BEFORE


def test_update_contact_changed_meanwhile_changes_nothing(contact, agent, now):
    update_contact(contact=contact, version=1, position="Boss", is_primary=True, points=[], by=agent, at=now)

    with pytest.raises(ContactChanged):
        update_contact(contact=contact, version=1, position="Late", is_primary=True, points=[], by=agent, at=now)

    assert stored(contact)[1] == "Boss"


def test_update_contact_when_another_took_the_primary_place_is_a_conflict(customer, contact, agent, now):
    second = add_contact(customer=customer, name="Wang Fang", is_primary=True, at=now + timedelta(hours=1))

    with pytest.raises(ContactChanged):
        update_contact(contact=contact, version=1, position="Buyer", is_primary=True, points=[], by=agent, at=now)

    assert list(Contact.objects.filter(is_primary=True)) == [second]


def test_update_contact_that_is_gone(contact, agent, now):
    remove_contact(contact=Contact.objects.get(), by=agent, at=now)

    with pytest.raises(ContactGone):
        update_contact(contact=contact, version=1, position="", is_primary=True, points=[], by=agent, at=now)

    assert (Contact.objects.count(), ContactPoint.objects.count()) == (0, 0)


def test_point_of_another_contact_is_never_touched(customer, contact, agent, now):
    other = add_contact(
        customer=customer, name="Wang Fang", points=[NewContactPoint(kind="phone", value="13900001111")], at=now
    )
    theirs = other.points.get()
    points = [ContactPointChange(point_id=theirs.pk, kind="phone", is_removed=True)]

    update_contact(contact=contact, version=1, position="Buyer", is_primary=True, points=points, by=agent, at=now)

    assert stored(other)[3] == [("phone", "+8613900001111", False)]
