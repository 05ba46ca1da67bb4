"""Service requests over the API."""

import pytest

from core.accounts.services import create_department
from core.audit.models import AuditEvent
from customers.services import add_contact
from service_requests.models import ServiceRequest
from shipments.models import Shipment
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described
from tests.factories.service_requests import open_for, open_many

LIST_QUERIES = 8
PATH = "/service-requests"


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def shipment(tenant, now):
    customer = make_customer(at=now, number="C-1")
    add_contact(customer=customer, name="Lin Mei", at=now)
    return Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)


@pytest.mark.parametrize("rows", [3, 200])
def test_list_asks_the_same_number_of_queries(partner, now, rows, django_assert_num_queries):
    open_many(rows, at=now)
    partner.get(PATH)

    with django_assert_num_queries(LIST_QUERIES):
        answer = partner.get(PATH, {"limit": "200"})

    assert len(answer.json()["data"]) == rows
    check_described(PATH, answer.json())


def test_partner_opens_a_request_by_waybill(partner, shipment, now):
    desk = create_department(name="Desk", by=None, at=now)
    body = {
        "kind": "redirect",
        "waybill_number": "W-1",
        "text": "Lin Mei asks; call 13812345678.",
        "department_id": str(desk.pk),
    }

    answer = partner.send("post", PATH, body)

    request = ServiceRequest.objects.get()
    assert answer.status_code == 201
    check_described(PATH, answer.json(), method="post", status=201)
    assert answer.headers["Location"] == f"{API}{PATH}/{request.pk}"
    assert (request.customer, request.shipment, request.department) == (shipment.customer, shipment, desk)
    assert (request.opened_by, request.opened_by_key) == (None, partner.key.pk)
    told = answer.json()
    assert (told["number"], told["state"], told["customer_number"]) == (request.number, "open", "C-1")
    assert told["text"] == "L****i asks; call 1******5678."
    assert partner.get(f"{PATH}/{request.pk}").json() == told
    assert partner.get(f"{PATH}/by-number/{request.number}").json() == told
    assert AuditEvent.objects.get(action="service_request.opened").actor_id == partner.key.pk


def test_the_same_key_opens_one(partner, shipment):
    body = {"kind": "chase", "customer_number": "C-1", "text": "Where?"}

    first = partner.send("post", PATH, body, Idempotency_Key="once-and-no-more")
    again = partner.send("post", PATH, body, Idempotency_Key="once-and-no-more")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ServiceRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"customer_number": None}, "#/customer_number"),
        ({"customer_number": "NONE"}, "#/customer_number"),
        ({"waybill_number": "NONE"}, "#/waybill_number"),
        ({"waybill_number": "W-2"}, "#/waybill_number"),
        ({"department_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, "#/department_id"),
        ({"kind": "complaint"}, "#/kind"),
        ({"text": " "}, "#/text"),
        ({"state": "done"}, "#/state"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_what_cannot_be_is_named(partner, shipment, now, changes, pointer):
    Shipment.objects.create(customer=make_customer(at=now), waybill_number="W-2", accepted_at=now)

    answer = partner.send("post", PATH, {"kind": "chase", "customer_number": "C-1", "text": "Where?", **changes})

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert ServiceRequest.objects.count() == 0


def test_nobody_named(partner):
    answer = partner.send("post", PATH, {"kind": "chase", "text": "Where?"})

    assert answer.status_code == 400
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("#/customer_id", "required")]


def test_list_is_filtered_and_sorted(partner, shipment, now):
    first = open_for(shipment.customer, at=now, kind="invoice", shipment=shipment)
    second = open_for(at=now, kind="booking")

    def found(**params):
        return [row["number"] for row in partner.get(PATH, params).json()["data"]]

    assert set(found()) == {first.number, second.number}
    assert found(sort="due_at") == [second.number, first.number]
    assert found(**{"filter[kind][eq]": "invoice"}) == [first.number]
    assert found(**{"filter[state][ne]": "open"}) == []
    assert found(**{"filter[customer_number][eq]": "C-1"}) == [first.number]
    assert found(**{"filter[waybill_number][eq]": "W-1"}) == [first.number]
    assert found(**{"filter[closed_at][is_null]": "false"}) == []


def test_key_that_reveals_reads_what_was_said_and_is_recorded(shipment, now):
    request = open_for(shipment.customer, at=now, text="Lin Mei asks")
    revealing = Partner(name="Revealing", allowed=["service_requests:read", "personal:read"])

    assert revealing.get(f"{PATH}/{request.pk}").json()["text"] == "Lin Mei asks"
    assert AuditEvent.objects.get(action="personal.read_by_key").details["records"] == 1


def test_another_tenants_request_is_not_there(partner, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        foreign = open_for(make_customer(at=now, number="THEIRS"), at=now)
    open_for(at=now)

    assert partner.get(f"{PATH}/{foreign.pk}").status_code == 404
    assert [row["id"] for row in partner.get(PATH).json()["data"]] != [str(foreign.pk)]
    body = {"kind": "chase", "customer_number": "THEIRS", "text": "Where?"}
    assert partner.send("post", PATH, body).status_code == 400
    # Numbers begin anew with each tenant.
    own = ServiceRequest.objects.get()
    assert own.number == foreign.number
    assert partner.get(f"{PATH}/by-number/{foreign.number}").json()["id"] == str(own.pk)
