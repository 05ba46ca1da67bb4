from datetime import timedelta

import pytest
from django.test import Client

from core.crypto.masking import mask_address, mask_email, mask_name, mask_phone
from customers.enums import Channel, ContactPointKind, CustomerKind
from customers.models import ContactPoint, Customer
from customers.services import NewContactPoint, add_address, add_contact
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = 6
RECORD_QUERIES = 9
PHONE, EMAIL, NAME, STREET = "+8613812345678", "li.na@example.com", "Zhang Wei", "1 Harbour Road, Building 5"


def make_person(at, **facts):
    customer = make_customer(
        at=at,
        kind=CustomerKind.INDIVIDUAL,
        company_name="",
        person_name=NAME,
        special_needs="Ring twice",
        birthday="1990-02-03",
        **facts,
    )
    add_contact(
        customer=customer,
        name="Li Na Mei",
        position="Buyer",
        is_primary=True,
        points=[
            NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE),
            NewContactPoint(kind=ContactPointKind.EMAIL, value=EMAIL, is_preferred=True),
        ],
        at=at,
    )
    add_address(customer=customer, street=STREET, city="Bonn", region="NRW", is_primary=True, at=at)
    return customer


def test_customer_with_contacts_and_addresses(tenant, account_manager, now):
    customer = make_person(
        now,
        number="N-1",
        tags=["fragile"],
        preferred_channel=Channel.PHONE,
        account_manager=account_manager,
    )
    Customer.objects.update(
        tier="vip", tier_since=now.date(), contribution="-12.50", window_shipment_count=2, last_shipment_at=now
    )

    answer = Partner().get(f"/customers/{customer.pk}").json()

    check_described("/customers/{id}", answer)
    (contact,) = answer.pop("contacts")
    (address,) = answer.pop("addresses")
    contact_ids, address_ids = contact.pop("id"), address.pop("id")
    assert contact_ids != address_ids
    assert answer == {
        "id": str(customer.pk),
        "number": "N-1",
        "kind": "individual",
        "display_name": mask_name(NAME),
        "company_name": "",
        "person_name": mask_name(NAME),
        "industry": "",
        "region": "",
        "source": "",
        "group": "",
        "referrer": "",
        "tags": ["fragile"],
        "preferred_channel": "phone",
        "preferred_language": "",
        "account_manager_id": str(account_manager.pk),
        "custom_values": {},
        "tier": "vip",
        "tier_since": "2026-03-02",
        "segment": None,
        "self_service": None,
        "self_service_since": None,
        "stage": "lead",
        "stage_since": None,
        "contribution": {"amount": "-12.50", "currency": "CNY"},
        "window_shipment_count": 2,
        "shipment_count": 0,
        "first_shipment_at": None,
        "last_shipment_at": "2026-03-02T04:30:00Z",
        "created_at": "2026-03-02T04:30:00Z",
        "quality": 100,
        "version": 1,
        "special_needs": "****",
        "birthday": "****",
    }
    points = contact.pop("points")
    assert contact == {"name": mask_name("Li Na Mei"), "position": "Buyer", "is_primary": True, "version": 1}
    known = {"source": "hand", "added_at": "2026-03-02T04:30:00Z"}
    known |= dict.fromkeys(("verified_at", "verified_how", "opted_out_at", "opted_out_how"))
    ids = {str(pk) for pk in ContactPoint.objects.values_list("pk", flat=True)}
    assert {point.pop("id") for point in points} == ids
    assert sorted(points, key=lambda point: point["kind"]) == [
        {"kind": "email", "value": mask_email(EMAIL), "is_preferred": True, **known},
        {"kind": "phone", "value": mask_phone(PHONE), "is_preferred": False, **known},
    ]
    assert address == {
        "label": "",
        "country": "CN",
        "region": "NRW",
        "city": "Bonn",
        "district": "",
        "division_code": "",
        "street": mask_address(STREET),
        "postal_code": "",
        "is_primary": True,
        "notes": [],
        "version": 1,
    }


def test_list_of_customers_matches_its_description(tenant, now):
    make_customer(at=now, number="N-1")
    make_person(now + timedelta(days=1), number="N-2")

    answer = Partner().get("/customers").json()

    check_described("/customers", answer)
    assert [(row["number"], row["tier"], row["preferred_channel"]) for row in answer["data"]] == [
        ("N-2", None, None),
        ("N-1", None, None),
    ]
    assert "contacts" not in answer["data"][0]


def test_personal_data_never_leaks(tenant, now):
    customer = make_person(now, number="N-1")
    partner = Partner()
    answers = [
        partner.get(path, params)
        for path in ("/customers", f"/customers/{customer.pk}", "/tiers", f"/tiers/{customer.pk}")
        for params in ({}, {"filter[number][eq]": "N-1"}, {"fields": "special_needs"}, {"fields": "number"})
    ]

    bodies = "".join(answer.content.decode() for answer in answers)
    assert mask_phone(PHONE) in bodies
    for secret in (
        PHONE,
        PHONE[3:],
        PHONE[:8],
        EMAIL,
        NAME,
        "Zhang",
        "Li Na",
        "Building 5",
        "Ring twice",
        "1990-02-03",
    ):
        assert secret not in bodies


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, tenant, now, django_assert_num_queries):
    for index in range(rows):
        make_customer(at=now + timedelta(minutes=index), kind=CustomerKind.INDIVIDUAL, person_name=NAME)
    partner = Partner()
    partner.get("/customers")

    with outside(tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}/customers", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


@pytest.mark.parametrize("contacts", [3, 30])
def test_record_asks_the_same_number_of_queries(contacts, tenant, now, django_assert_num_queries):
    customer = make_customer(at=now)
    for _ in range(contacts):
        point = NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)
        add_contact(customer=customer, name="Li Na", points=[point], at=now)
        add_address(customer=customer, street=STREET, at=now)
    partner = Partner()
    partner.get("/customers")

    with outside(tenant), django_assert_num_queries(RECORD_QUERIES):
        answer = Client().get(f"{API}/customers/{customer.pk}", headers=partner.headers)

    assert len(answer.json()["contacts"]) == contacts
