"""By which contact point somebody is reached, and the same answers for one customer as for many."""

import random
from datetime import timedelta

import pytest

from customers.consents.deciding import may_contact, may_contact_many
from customers.enums import Channel
from customers.models import Contact, ContactPoint, Customer, Purpose
from customers.services import NewContactPoint, add_address, add_contact, erase_customer, merge_customers, opt_out_point
from customers.services.erasure import ErasureReason
from tests.customers.consents.said import GIVEN, WITHDRAWN, purpose_of, say
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

DAY = timedelta(days=1)
PURPOSES = ("marketing", "satisfaction", "service", "care", "nothing")
KINDS = ("phone", "email", "wechat")


def ask(customer, at, *, purpose="service", channel="sms", contact=None):
    decision = may_contact(customer=customer, purpose=purpose, channel=channel, contact=contact, at=at)
    return [str(reason) for reason in decision.reasons], decision.point_id


def add(contact, value, **facts):
    """Add a phone by the side of those that are there."""
    point = ContactPoint(contact=contact, kind="phone", value=value, source="hand", **facts)
    point.save(force_insert=True)
    return point.pk


def out(point, agent, at):
    stored = ContactPoint.objects.select_related("contact").get(pk=point.pk)
    opt_out_point(point=stored, how="phone", by=agent, at=at)


def test_channel_whose_every_point_is_opted_out_reaches_nobody(customer, contact, agent, now):
    phone = contact.points.get(kind="phone")
    assert ask(customer, now) == (["contract"], phone.pk)

    out(phone, agent, now)

    assert ask(customer, now) == (["point_opted_out"], None)
    assert ask(customer, now, channel="phone") == (["point_opted_out"], None)
    assert ask(customer, now, contact=contact) == (["point_opted_out"], None)
    assert ask(customer, now, purpose="marketing") == (["point_opted_out", "no_consent"], None)
    assert ask(customer, now, channel="email") == (["contract"], contact.points.get(kind="email").pk)
    assert ask(customer, now, channel="wechat") == (["unreachable"], None)
    other = add(contact, "+8613900001111", added_at=now)
    assert ask(customer, now) == (["contract"], other)


def test_preferred_one_is_used_then_a_verified_then_the_primary_contacts_then_the_newest(customer, contact, agent, now):
    first = contact.points.get(kind="phone")
    second = add(contact, "+8613900000002", added_at=now + DAY)
    assert ask(customer, now) == (["contract"], second)

    wang = add_contact(customer=customer, name="Wang", at=now)
    theirs = add(wang, "+8613900000003", added_at=now + 2 * DAY)
    assert ask(customer, now) == (["contract"], second)
    verified = add(wang, "+8613900000004", added_at=now - DAY, verified_at=now, verified_how="call")
    assert ask(customer, now) == (["contract"], verified)
    preferred = add(wang, "+8613900000005", added_at=now - 2 * DAY, is_preferred=True)
    assert ask(customer, now) == (["contract"], preferred)

    out(ContactPoint.objects.get(pk=preferred), agent, now)
    assert ask(customer, now) == (["contract"], verified)
    out(ContactPoint.objects.get(pk=verified), agent, now)
    assert ask(customer, now) == (["contract"], second)
    out(ContactPoint.objects.get(pk=second), agent, now)
    assert ask(customer, now) == (["contract"], first.pk)
    out(first, agent, now)
    assert ask(customer, now) == (["contract"], theirs)
    assert ask(customer, now, contact=contact) == (["point_opted_out"], None)


def test_whole_customer_is_not_reached_by_who_said_no_for_themselves(customer, contact, now):
    wang = add_contact(customer=customer, name="Wang", at=now)
    theirs = add(wang, "+8613900000003", added_at=now - DAY)
    say(customer, GIVEN, at=now)
    mine = contact.points.get(kind="phone").pk
    assert ask(customer, now, purpose="marketing") == (["consented"], mine)

    say(customer, WITHDRAWN, contact=contact, at=now)
    assert ask(customer, now, purpose="marketing") == (["consented"], theirs)
    say(customer, WITHDRAWN, contact=wang, at=now)

    assert ask(customer, now, purpose="marketing") == (["consented"], None)


def test_value_that_one_contact_opted_out_of_is_not_used_by_another_of_the_customer(customer, contact, agent, now):
    phone = contact.points.get(kind="phone")
    wang = add_contact(customer=customer, name="Wang", at=now)
    shared = add(wang, phone.value, added_at=now + DAY)
    stranger = make_customer(number="C-2", at=now)
    theirs = add(add_contact(customer=stranger, name="Zhao", at=now), phone.value, added_at=now)
    assert ask(customer, now) == (["contract"], phone.pk)

    out(phone, agent, now)

    assert ask(customer, now) == ask(customer, now, contact=wang) == (["point_opted_out"], None)
    many = may_contact_many(customers=[customer.pk, stranger.pk], purpose="service", channel="sms", at=now)
    assert [many[each.pk].point_id for each in (customer, stranger)] == [None, theirs]
    other = add(wang, "+8613900001111", added_at=now)
    assert ask(customer, now) == ask(customer, now, contact=wang) == (["contract"], other)
    assert ask(customer, now, contact=contact) == (["point_opted_out"], None)
    out(ContactPoint.objects.get(pk=other), agent, now)
    assert (ask(customer, now), ContactPoint.objects.get(pk=shared).opted_out_at) == ((["point_opted_out"], None), None)


def value_of(kind, number, place, turn):
    """Return a value of a point; the second contact of every other customer has those of the first."""
    place = place if number % 2 else 0
    return f"+86138{number:04}{place}{turn:03}" if kind == "phone" else f"u{number}-{place}-{turn}@x.example"


def is_opted_out_elsewhere(point_id):
    """Tell whether the customer opted out of what a point holds, at whichever contact."""
    point = ContactPoint.objects.select_related("contact").get(pk=point_id)
    others = ContactPoint.objects.filter(contact__customer=point.contact.customer_id, opted_out_at__isnull=False)
    return point.value in {other.value for other in others if other.kind == point.kind}


def make_many(count, *, chance, agent, at):
    """Customers of whom no two are alike: points, marks, what was said by whom and when."""
    customers = []
    for number in range(count):
        customer = make_customer(number=f"M-{number:03}", at=at, company_name=f"Firm {number}")
        for place in range(chance.randrange(3)):
            points = [
                NewContactPoint(
                    kind=kind,
                    value=value_of(kind, number, place, turn),
                    is_preferred=kind == "phone" and turn == 0 and chance.random() < 0.3,
                    verified_how=chance.choice((None, "call")),
                )
                for kind in KINDS
                for turn in range(chance.randrange(3))
            ]
            add_contact(customer=customer, name=f"P {number}", is_primary=place == 1, points=points, at=at)
        for point in ContactPoint.objects.filter(contact__customer=customer).select_related("contact"):
            if chance.random() < 0.4:
                opt_out_point(point=point, how="phone", by=agent, at=at)
        if chance.random() < 0.5:
            add_address(customer=customer, street="Dock Road 1", by=None, at=at)
        for _turn in range(chance.randrange(5)):
            who = chance.choice([None, *Contact.objects.filter(customer=customer)])
            key = chance.choice(("marketing", "satisfaction", "care"))
            said_at = at - chance.randrange(900) * DAY
            channels = [chance.choice(purpose_of(key).channels)]
            state = chance.choice((GIVEN, WITHDRAWN))
            say(customer, state, purpose=key, channels=channels, contact=who, decided_at=said_at, at=at)
        customers.append(customer)
    return customers


def test_many_are_answered_as_one_by_one(tenant, agent, supervisor, now):
    chance = random.Random(20260301)
    customers = make_many(60, chance=chance, agent=agent, at=now)
    Purpose.objects.filter(key="marketing").update(lapses_after_months=12)
    Purpose.objects.filter(key="care").update(text_version=2, valid_from=2, channels=["phone", "email"])
    for customer in Customer.objects.filter(contacts__isnull=False).distinct().order_by("pk")[:3]:
        erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)
    kept, absorbed = Customer.objects.in_bulk([customers[10].pk, customers[11].pk]).values()
    merge_customers(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=supervisor, at=now)
    ids = [customer.pk for customer in customers]
    seen = set()

    for purpose in PURPOSES:
        for channel in Channel.values:
            together = may_contact_many(customers=ids, purpose=purpose, channel=channel, at=now)
            alone = {
                customer.pk: may_contact(customer=customer, purpose=purpose, channel=channel, at=now)
                for customer in Customer.objects.filter(pk__in=ids)
            }
            assert together == alone
            used = [decision.point_id for decision in alone.values() if decision.point_id]
            assert not any(is_opted_out_elsewhere(point_id) for point_id in used)
            seen |= {str(reason) for decision in alone.values() for reason in decision.reasons}

    assert len(alone) == 59
    assert seen == {
        "consented",
        "contract",
        "interest",
        "erased",
        "not_in_use",
        "not_covered",
        "no_consent",
        "withdrawn",
        "opted_out",
        "text_changed",
        "lapsed",
        "unreachable",
        "point_opted_out",
    }


@pytest.mark.parametrize("channel", ["sms", "visit"])
@pytest.mark.parametrize("count", [3, 300])
def test_many_ask_the_same_number_of_queries(tenant, now, channel, count, django_assert_num_queries):
    customers = [make_customer(number=f"M-{number}", at=now) for number in range(count)]
    ids = [customer.pk for customer in customers]

    with django_assert_num_queries(4):
        answers = may_contact_many(customers=ids, purpose="marketing", channel=channel, at=now)

    assert set(answers) == set(ids)


def test_customers_of_another_tenant_are_left_out(customer, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(number="C-1", at=now)

    answers = may_contact_many(customers=[customer.pk, theirs.pk], purpose="service", channel="sms", at=now)

    assert list(answers) == [customer.pk]
