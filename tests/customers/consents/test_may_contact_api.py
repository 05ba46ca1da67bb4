"""Asking over the API whether a customer may be contacted."""

import pytest
from django.test import Client

from customers.models import ContactPoint, Customer
from customers.services import NewContactPoint, add_contact, erase_customer, opt_out_point
from customers.services.erasure import ErasureReason
from tests.customers.consents.said import GIVEN, say
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

QUERIES = 9


@pytest.fixture
def partner(tenant):
    return Partner()


def asked(partner, customer, **question):
    question = {"purpose": "marketing", "channel": "sms", **question}
    question = {name: value for name, value in question.items() if value is not None}
    return partner.get(f"/customers/{customer.pk}/may-contact", question)


def test_partner_asks_and_is_told_why_and_by_what(partner, customer, contact, now):
    say(customer, GIVEN, at=now)

    answer = asked(partner, customer)

    check_described("/customers/{customer}/may-contact", answer.json())
    phone = contact.points.get(kind="phone")
    assert answer.json() == {
        "is_allowed": True,
        "channel": "sms",
        "reasons": ["consented"],
        "point_id": str(phone.pk),
        "against_preferred": [],
    }
    assert asked(partner, customer, channel="email").json() == {
        "is_allowed": False,
        "channel": "email",
        "reasons": ["no_consent"],
        "point_id": None,
        "against_preferred": [],
    }
    shown = partner.get(f"/customers/{customer.pk}/contacts/{contact.pk}").json()["points"]
    assert str(phone.pk) in {point["id"] for point in shown}


def test_opted_out_point_and_contact_that_cannot_be_reached(partner, customer, contact, agent, now):
    other = add_contact(customer=customer, name="Li Na", at=now)
    point = ContactPoint.objects.select_related("contact").get(kind="phone")
    opt_out_point(point=point, how="web", by=agent, at=now)

    answers = [
        asked(partner, customer, purpose="service", contact_id=who).json()["reasons"]
        for who in (None, str(contact.pk), str(other.pk))
    ]

    assert answers == [["point_opted_out"], ["point_opted_out"], ["unreachable"]]


@pytest.mark.parametrize(
    ("question", "faults"),
    [
        ({"purpose": None}, [("purpose", "required")]),
        ({"channel": "pigeon"}, [("channel", "invalid_choice")]),
        ({"contact_id": "nobody"}, [("contact_id", "invalid")]),
        ({"contact_id": "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"}, [("contact_id", "does_not_exist")]),
        ({"colour": "red"}, [("colour", "unknown_parameter")]),
        ({"fields": "reasons"}, [("fields", "unknown_parameter")]),
    ],
)
def test_what_is_not_understood_is_named(partner, customer, question, faults):
    answer = asked(partner, customer, **question)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameters")
    assert sorted((fault["parameter"], fault["code"]) for fault in answer.json()["errors"]) == faults


def test_channel_that_is_not_named_is_the_preferred_one_or_the_reason_why_not(partner, customer, agent, now):
    Customer.objects.filter(pk=customer.pk).update(preferred_channel="sms")
    say(customer, GIVEN, channels=["sms", "email"], at=now)

    preferred = asked(partner, customer, channel=None).json()
    opt_out_point(point=ContactPoint.objects.select_related("contact").get(kind="phone"), how="web", by=agent, at=now)
    other = asked(partner, customer, channel=None)
    nothing = asked(partner, customer, purpose="care", channel=None).json()

    check_described("/customers/{customer}/may-contact", other.json())
    columns = ("is_allowed", "channel", "reasons", "against_preferred")
    assert [[answer[name] for name in columns] for answer in (preferred, other.json(), nothing)] == [
        [True, "sms", ["consented"], []],
        [True, "email", ["consented"], ["point_opted_out"]],
        [False, None, ["point_opted_out", "no_consent"], ["point_opted_out", "no_consent"]],
    ]


def test_contact_of_another_customer_is_none_of_this_one(partner, customer, now):
    other = add_contact(customer=make_customer(number="C-2", at=now), name="Wei", at=now)

    answer = asked(partner, customer, contact_id=str(other.pk))

    assert [fault["code"] for fault in answer.json()["errors"]] == ["does_not_exist"]


def test_purpose_that_never_was_and_customer_that_was_erased(partner, customer, supervisor, now):
    assert asked(partner, customer, purpose="nothing").json()["reasons"] == ["not_in_use"]

    erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    assert asked(partner, customer, purpose="service").json()["reasons"] == ["erased"]


def test_another_tenants_customer_is_not_found(partner, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now)

    assert asked(partner, theirs).status_code == 404


def test_key_without_the_scope_is_refused(tenant, customer):
    refused = asked(Partner(name="Other", allowed=["customers:read"]), customer)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert asked(Partner(allowed=["consents:read"]), customer).status_code == 200


@pytest.mark.parametrize("contacts", [3, 30])
def test_it_asks_a_few_queries(customer, tenant, now, contacts, django_assert_num_queries):
    partner = Partner()
    for number in range(contacts):
        phone = NewContactPoint(kind="phone", value=f"+861390000{number:04}")
        add_contact(customer=customer, name="Li Na", points=[phone], at=now)
    asked(partner, customer)
    url = f"{API}/customers/{customer.pk}/may-contact"

    with outside(tenant), django_assert_num_queries(QUERIES):
        answer = Client().get(url, {"purpose": "service", "channel": "sms"}, headers=partner.headers)

    assert answer.json()["is_allowed"] is True
