"""An unknown anything is a 400 that names it: asked of every operation that the description knows."""

import re

import pytest

from core.partners.schema import description
from core.tenancy.ids import uuid7
from customers.models import CustomerMerge
from customers.services import add_address, add_contact, record_interaction
from customers.services.needs import add_need
from development.models import Opportunity
from lifecycle.models import Lead
from shipments.models import Shipment
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner
from tests.factories.service_requests import open_for

OPERATIONS = [
    (method, path.removeprefix(API), "requestBody" in operation)
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
    if "openapi" not in path
]
READING = [(method, path) for method, path, has_body in OPERATIONS if has_body]
BULK = [path for _method, path in READING if path.endswith("/bulk")]


def test_every_operation_is_asked():
    assert len(OPERATIONS) > 35
    assert len(READING) > 12
    assert len(BULK) == 4


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _has_body in OPERATIONS])
def test_unknown_parameter_is_named(tenant, method, path):
    """Before anything is looked for: the ids are nobody's."""
    place = re.sub(r"\{\w+\}", lambda _name: str(uuid7()), path)
    partner = Partner()

    if method == "get":
        answer = partner.get(place, {"colour": "red"})
    else:
        answer = partner.send(method, f"{place}?colour=red", {}, If_Match="*")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["parameter"], error["code"]) == ("#/query/colour", "colour", "unknown_parameter")


@pytest.fixture
def places(tenant, now):
    """Return a function that fills a path with the ids of records that are there."""
    partner = Partner()
    customer = make_customer(at=now, number="N-1")
    shipment = Shipment.objects.create(waybill_number="N-1", customer=customer, accepted_at=now)
    deal = {"closes_on": now.date(), "expected_freight": 0, "stage_since": now, "opened_at": now}
    parts = {
        "opportunities": Opportunity.objects.create(serial=1, number="N-1", customer=customer, **deal),
        "contacts": add_contact(customer=customer, name="Li Na", at=now),
        "addresses": add_address(customer=customer, street="1 Hill Road", at=now),
        "needs": add_need(customer=customer, kind="fragile", details={}, by=partner.key, at=now),
        "interactions": record_interaction(customer=customer, kind="note", text="Asked", by=partner.key, at=now),
        "customers": customer,
        "follow-ups": make_follow_up(customer=customer, at=now),
        "leads": Lead.objects.create(customer=customer, captured_at=now),
        "service-requests": open_for(customer, at=now),
        "merges": CustomerMerge.objects.create(kept=customer, absorbed=customer, merged_at=now),
    }

    def filled(path):
        kind = path.partition("/{id}")[0].rpartition("/")[2]
        ids = {"{customer}": customer.pk, "{shipment}": shipment.pk, "{number}": "N-1", "{id}": parts.get(kind)}
        for name, value in ids.items():
            path = path.replace(name, str(getattr(value, "pk", value)))
        return path

    return partner, filled


@pytest.mark.parametrize(("method", "path"), [each for each in READING if each[1] not in BULK])
def test_unknown_field_of_a_body_is_named(places, method, path):
    partner, filled = places

    answer = partner.send(method, filled(path), {"colour": "red"}, If_Match="*")

    assert answer.status_code == 400, answer.content
    assert ("#/colour", "unknown_field") in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", BULK)
def test_unknown_field_of_a_row_is_named(tenant, path):
    answer = Partner().send("post", f"{path}?wait=true", [{"colour": "red"}])

    (result,) = answer.json()["results"]
    assert result["status"] == "failed"
    errors = result["problem"]["errors"]
    assert ("#/colour", "unknown_field") in [(error["pointer"], error["code"]) for error in errors]
