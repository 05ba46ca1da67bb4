"""Customers found over the API by the numbers of what other rooms keep of them, as far as a key may see those."""

import pytest

from shipments.models import Shipment
from tests.development.made import make_opportunity
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.partners import Partner, check_described
from tests.factories.service_requests import open_for


@pytest.fixture
def customers(tenant, now):
    made = [make_customer(at=now, number=f"C-{number}", company_name=f"Kiln {number}") for number in range(3)]
    for number, customer in enumerate(made):
        Shipment.objects.create(customer=customer, waybill_number=f"SF10{number}", accepted_at=now)
    return made


def hits(partner: Partner, query: str, **asked) -> list[tuple[str, str]]:
    answer = partner.send("post", "/customers/search", {"query": query, **asked}).json()
    check_described("/customers/search", answer, method="post")
    return [(hit["customer"]["number"], hit["why"]["kind"]) for hit in answer["data"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SF101", [("C-1", "waybill")]),
        (" sf101 ", [("C-1", "waybill")]),
        ("ＳＦ101", [("C-1", "waybill")]),
        ("SF10", [("C-0", "waybill"), ("C-1", "waybill"), ("C-2", "waybill")]),
        ("SF109", []),
        ("F101", []),
    ],
)
def test_waybill_leads_to_its_customer(customers, query, found):
    assert hits(Partner(), query) == found


def test_whole_waybill_comes_before_names_and_a_begun_one_after_them(customers, now):
    make_customer(at=now, number="N-1", company_name="SF101 Logistics")

    partner, begun = Partner(), [("N-1", "name"), ("C-0", "waybill"), ("C-1", "waybill"), ("C-2", "waybill")]

    assert hits(partner, "SF101") == [("C-1", "waybill"), ("N-1", "name")]
    assert hits(partner, "SF10") == begun
    assert hits(partner, "SF10", limit=2) == begun[:2]


def test_customer_of_many_shipments_stands_there_once(customers, now):
    Shipment.objects.create(customer=customers[1], waybill_number="SF1011", accepted_at=now)

    assert hits(Partner(), "SF101") == [("C-1", "waybill")]


def test_requests_and_opportunities_lead_to_their_customer(customers, supervisor, now):
    request = open_for(customers[1], at=now)
    opportunity = make_opportunity(customers[2], by=supervisor, at=now)
    partner = Partner()

    assert hits(partner, request.number.lower()) == [("C-1", "service_request")]
    assert hits(partner, opportunity.number) == [("C-2", "opportunity")]


def test_key_without_the_scope_finds_nobody_by_waybill(customers):
    assert hits(Partner(name="A", allowed=["customers:read"]), "SF101") == []
    assert hits(Partner(name="B", allowed=["customers:read", "shipments:read"]), "SF101") == [("C-1", "waybill")]


def test_waybill_of_another_tenant_leads_nowhere(customers, other_tenant, now):
    partner = Partner()
    with inside(other_tenant, leaving=customers[0].tenant):
        theirs = make_customer(at=now, number="R-1")
        Shipment.objects.create(customer=theirs, waybill_number="ZZ900", accepted_at=now)
        assert hits(Partner(), "ZZ900") == [("R-1", "waybill")]

    assert hits(partner, "ZZ900") == []
